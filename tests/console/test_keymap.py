"""Keys of the operator's own: what moves, what stays, and what is refused with all its reasons."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.console import bindings
from okxmm_tui.console.bindings import HINTS, KILL_KEYS, NUDGE_KEYS, TABLE
from okxmm_tui.console.comfort import Comfort
from okxmm_tui.console.keymap import TAKEN, Keymap
from okxmm_tui.core.commands import Pause, SetParam
from okxmm_tui.errors import UsageError
from tests.console import sample
from tests.console.harness import running

MOVED = Keymap.of(
    {
        "pause": "f9",
        "safe_quit": "ctrl+x",
        "spread_up": ">",
        "arm": "j,ctrl+g",
        "help": "f10",
        "size_down": ",",
    }
    | {"skew_down": "q"}
)


def test_without_changes_it_is_the_table():
    """Nothing asked for, nothing moved."""
    assert Keymap.of({}) == Keymap()
    assert Keymap().table == TABLE
    assert Keymap().hints == HINTS
    assert Keymap().nudge_keys == NUDGE_KEYS


def test_every_action_has_a_name_of_its_own():
    """A line of [keys] means one row."""
    names = [spec.name for spec in TABLE]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


async def test_a_moved_key_acts_and_the_old_one_does_not():
    """The new key, both of two, and characters written as themselves."""
    async with running(sample.quoting(), comfort=Comfort(MOVED)) as bench:
        await bench.press("p", "]", "ctrl+q")
        assert bench.link.sent == []
        await bench.press("f9", ">")
        assert [type(command) for command in bench.link.sent] == [Pause, SetParam]
        await bench.press("j")
        await bench.press("ctrl+g")
        assert len(bench.link.sent) == 4


async def test_kill_works_whatever_is_moved():
    """Both kill keys, from the dashboard and from a dialog; plain k reminds."""
    async with running(sample.quoting(), comfort=Comfort(MOVED)) as bench:
        for opener in ((), ("f10",), ("e",), ("ctrl+o",)):
            for key in KILL_KEYS:
                before = len(bench.link.kills)
                await bench.press(*opener, key)
                assert len(bench.link.kills) == before + 1
        await bench.press("k")
        assert "ctrl+k or f12" in bench.text("#status")


async def test_no_text_names_a_key_that_has_moved():
    """Foot, help, palette, parameters, alarms and messages all speak of the keys in force."""
    keymap = Keymap.of(
        {"arm": "j", "acknowledge": "f11", "safe_quit": "ctrl+x", "spread_up": ">", "pause": "f9"}
    )
    async with running(sample.alarmed(), size=(200, 60), comfort=Comfort(keymap)) as bench:
        assert "F11: seen" in bench.text("#alarms")
        assert "^X quit" in bench.text("#status")
        assert "F9 pause" in bench.text("#status")
        assert "[ > " in bench.text("#params")
        await bench.press("ctrl+c")
        assert "ctrl+x quits safely" in bench.text("#status")
        await bench.show(sample.killed())
        await bench.press("r")
        assert "press j to arm first" in bench.text("#status")
        bench.link.die()
        await bench.settle()
        assert "ctrl+x leaves" in bench.text("#alarms")


async def test_help_and_hints_equal_what_is_bound():
    """After a remap too: every bound key is helped, and nothing else is."""
    async with running(sample.quoting(), comfort=Comfort(MOVED)) as bench:
        bound = set(bench.app._bindings.key_to_bindings) - {"ctrl+p"}
        assert bound == {key for spec in MOVED.table for key in spec.keys.split(",")}
        helped = {key for _, key, _ in MOVED.help_lines}
        assert helped == {spec.key_text for spec in MOVED.table} | {"tab", "ctrl+p"}
        texts = [bindings.short(spec.key_text) for spec in MOVED.table]
        shown = {*texts, "tab", "^P", "^K"}
        assert {key for hint, _ in MOVED.hints for key in hint.split(" ")} <= shown


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"kill": "f9"}, ["kill stays on ctrl+k or f12"]),
        ({"remind_kill": "f9"}, ["remind_kill stays on k"]),
        ({"pause": "ctrl+k"}, ["pause cannot have ctrl+k, which kills"]),
        ({"pause": "f9,F12"}, ["pause cannot have f12, which kills"]),
        ({"pause": "k"}, ["only reminds of the kill keys"]),
        ({"pause": "tab"}, ["moves the focus"]),
        ({"puase": "f9"}, ["no action 'puase'", "did you mean 'pause'"]),
        ({"pause": "a"}, ["a is wanted by arm and pause"]),
        ({"pause": "f9", "resume": "f9"}, ["F9 is wanted by pause and resume"]),
        ({"pause": "hyperspace"}, ["'hyperspace', which is no key"]),
        ({"pause": "ctrl+"}, ["no key"]),
        ({"pause": ""}, ["no key"]),
        ({"safe_quit": "z"}, ["works in input fields too"]),
        ({"pause": "a", "kill": "z", "nope": "y"}, ["a is wanted by", "kill stays", "no action 'nope'"]),
    ],
)
def test_every_problem_is_named_at_once(changes, reasons):
    """Which keys, which actions, and where to correct it."""
    with pytest.raises(UsageError) as refused:
        Keymap.of(changes)
    said = str(refused.value)
    for reason in (*reasons, "[keys]"):
        assert reason in " ".join([said, *(said.replace("pause and arm", "arm and pause"),)])


def test_two_actions_may_change_places():
    """A clash is judged when all have moved."""
    keymap = Keymap.of({"pause": "a", "arm": "p"})
    assert (keymap.text("pause"), keymap.text("arm")) == ("a", "p")


@given(st.dictionaries(st.sampled_from([spec.name for spec in TABLE]), st.text(max_size=12), max_size=4))
def test_no_configuration_whatever_takes_the_kill_away(changes):
    """Either it is refused, or kill is where it was and nothing else is bound there."""
    try:
        table = Keymap.of(changes).table
    except UsageError:
        return
    (kill,) = (spec for spec in table if spec.action == "kill")
    assert kill == replace(next(spec for spec in TABLE if spec.action == "kill"))
    others = {key for spec in table if spec is not kill for key in spec.keys.split(",")}
    assert not others & set(KILL_KEYS)
    moved = {key for spec in table if spec.name in changes for key in spec.keys.split(",")}
    assert not moved & set(TAKEN)
