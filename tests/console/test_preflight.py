"""The preflight on screen: it opens when asked, takes one of three answers, and lets every kill through."""

from __future__ import annotations

import pytest
from msgspec import structs

from okxmm_tui.console.screens.preflight import PreflightScreen
from okxmm_tui.core.commands import AnswerPreflight
from okxmm_tui.core.types import Mode
from tests.console import sample
from tests.console.harness import SIZES, Bench, running
from tests.console.plain_picture import rows_of, text_of


def lines(bench: Bench) -> str:
    """What the checklist says."""
    panel = bench.app.screen.query_one("#preflight-lines")
    return "\n".join("".join(text for text, _ in line) for line in panel._lines)


@pytest.mark.parametrize("size", SIZES)
async def test_opens_by_itself_and_names_every_difference(size):
    """Each line of the list, each difference with both figures, each answer with its key."""
    async with running(sample.asking(), size=size) as bench:
        assert isinstance(bench.app.screen, PreflightScreen)
        text = lines(bench)
        for check in sample.CHECKS:
            assert check.name in text
        for words in ("buy 0.50 @ 96511.9", "journal: no record", "position 12.50 ct, journal: 0.50 ct"):
            assert words in text
        for words in ("A adopt", "C cancel", "E abort"):
            assert words in " ".join(text.split())


@pytest.mark.parametrize("size", SIZES)
async def test_leaves_banner_and_messages_in_sight(size):
    """However few rows there are, mode, state and kill key stand above it and the last line below."""
    async with running(sample.asking(), size=size) as bench:
        rows = text_of(rows_of(bench.app))
        assert "DEMO BTC-USDT-SWAP" in rows[0]
        assert rows[0].rstrip().endswith("KILL")
        assert "kill" in rows[-1]


@pytest.mark.parametrize(("key", "answer"), [("A", "adopt"), ("C", "cancel"), ("E", "abort")])
async def test_answers_with_one_key(key, answer):
    """The answer is sent once and the screen waits for the engine to take it."""
    async with running(sample.asking()) as bench:
        await bench.press(key)
        assert bench.link.sent == [AnswerPreflight(answer)]
        assert isinstance(bench.app.screen, PreflightScreen)
        await bench.show(sample.equal())
        assert bench.app.screen is bench.app.dashboard


@pytest.mark.parametrize("key", ["a", "c", "e", "enter", "space"])
async def test_other_keys_answer_nothing(key):
    """What an operator presses by habit is no answer."""
    async with running(sample.asking()) as bench:
        await bench.press(key)
        assert not [each for each in bench.link.sent if isinstance(each, AnswerPreflight)]


@pytest.mark.parametrize("size", [*SIZES, (40, 10)])
@pytest.mark.parametrize("key", ["ctrl+k", "f12"])
async def test_both_kill_keys_work_on_it(key, size):
    """One kill each, and the view is cleared for the proof; the question does not cover it again."""
    async with running(sample.asking(), size=size) as bench:
        await bench.press(key)
        assert len(bench.link.kills) == 1
        await bench.show(structs.replace(sample.killed(), preflight=sample.asking().preflight))
        assert bench.app.screen is bench.app.dashboard


async def test_closed_it_comes_back_by_its_key_alone():
    """Esc closes it and the question stands; 0 opens it again."""
    async with running(sample.asking()) as bench:
        await bench.press("escape")
        await bench.show(sample.asking())
        assert bench.app.screen is bench.app.dashboard
        await bench.press("0")
        assert isinstance(bench.app.screen, PreflightScreen)


async def test_a_refusal_is_said_on_it():
    """What the engine does not do is read where the answer was given."""
    async with running(sample.asking()) as bench:
        await bench.press("A")
        bench.link.reply(1, ok=False, text="trading is PAUSED: resume first")
        await bench.settle()
        assert "trading is PAUSED: resume first" in lines(bench)


async def test_without_a_difference_nothing_is_asked():
    """The list says equal, and the answers' keys send nothing."""
    async with running(sample.equal()) as bench:
        assert bench.app.screen is bench.app.dashboard
        await bench.press("0", "A", "C", "E")
        assert "equal" in lines(bench)
        assert bench.link.sent == []


async def test_a_console_that_may_only_watch_sees_it_and_cannot_answer():
    """Read-only: the question is shown, the answer is not sent."""
    async with running(sample.asking(), is_read_only=True) as bench:
        assert "another console must answer" in lines(bench)
        await bench.press("C")
        assert bench.link.sent == []


async def test_real_money_is_asked_for_its_phrase_first():
    """One question at a time: the phrase, then the preflight."""
    live = structs.replace(sample.live_paused(), preflight=sample.asking().preflight)
    assert live.mode is Mode.LIVE
    async with running(live) as bench:
        assert not isinstance(bench.app.screen, PreflightScreen)
        await bench.press("escape")
        await bench.show(live)
        assert isinstance(bench.app.screen, PreflightScreen)
