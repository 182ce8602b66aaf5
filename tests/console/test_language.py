"""The language of the console: how it is chosen, and what it does to a text."""

from __future__ import annotations

import pytest

from okxmm_tui import languages
from okxmm_tui.console import language
from okxmm_tui.console.bindings import KILL_KEYS
from okxmm_tui.console.comfort import Comfort
from okxmm_tui.console.keymap import Keymap
from okxmm_tui.settings import Settings
from tests.console import sample
from tests.console.harness import running


@pytest.fixture(autouse=True)
def _english_again():
    yield
    language.use(languages.ENGLISH)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "th_TH.UTF-8"}, "th"),
        ({"LANG": "th"}, "th"),
        ({"LANG": "zh-Hans"}, "zh"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "th_TH.UTF-8"}, "th"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "th_TH.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
    ],
)
def test_the_locale_chooses_where_the_setting_does_not(environ, name):
    """LC_ALL before LC_MESSAGES before LANG, empty is unset; one we have no words for is English."""
    assert language.resolved("auto", environ) == name
    assert language.resolved("en", environ) == "en"


def test_the_setting_knows_the_languages_there_are():
    """What may be set is what there are catalogues for, and ``auto``."""
    allowed = Settings.model_fields["language"].annotation
    assert allowed is not None
    assert allowed.__args__ == (languages.AUTO, *languages.LANGUAGES)
    assert {path.stem for path in language.FOLDER.glob("*.json")} == {*languages.LANGUAGES} - {"en"}


def test_english_changes_nothing():
    """No catalogue, no lookup: the very object comes back."""
    language.use("en")
    text = "no such text anywhere"
    assert language.tr(text) is text
    assert language.both(text) is text


def test_blanks_around_a_text_stay():
    """Columns are set with blanks; a translation keeps them."""
    language.use("zh")
    assert language.tr("  as a taker ") == "  以吃单方式 "


def test_a_sense_tells_one_english_word_from_the_other():
    """LIVE is real money in the banner and a fresh book above the ladder."""
    language.use("zh")
    assert language.tr("LIVE") == "实盘"
    assert language.tr("LIVE", "book") == "实时"
    assert language.tr("spread", "short") == language.tr("spread")


def test_texts_name_the_keys_in_force():
    """A key that was moved is named where a translation speaks of it; the kill key is what it is."""
    language.use("th", Keymap.of({"arm": "f9"}).texts)
    assert "F9" in language.tr("flatten: press a to arm first, then enter within ten seconds")
    assert language.FIXED_KEYS["kill_key"] == KILL_KEYS[0]


def test_names_of_keys_stay():
    """Only the word between two keys is translated."""
    language.use("zh")
    assert language.keys_text("ctrl+k or f12") == "ctrl+k 或 f12"
    assert language.keys_text("end or space") == "end 或 space"


def test_both_finds_a_text_by_either_language():
    """A filter may be typed in the language of the screen or in that of the journal."""
    language.use("zh")
    assert language.both("cancelled") == "cancelled 已撤销"
    assert language.both("BTC-USDT-SWAP") == "BTC-USDT-SWAP"


@pytest.mark.parametrize(("name", "word"), [("zh", "停机锁定"), ("th", "หยุดล็อก"), ("en", "HALTED")])
async def test_a_console_speaks_the_language_of_its_settings(name, word):
    """State, kill panel and status line; the next console is English again unless told otherwise."""
    async with running(sample.STATES["killed"](), comfort=Comfort(language=name)) as bench:
        assert word in bench.text("#banner")
        assert language.tr("orders found") in bench.text("#kill")
    async with running(sample.quoting()) as bench:
        assert "ACTIVE" in bench.text("#banner")


async def test_the_kill_key_is_named_in_every_language():
    """The banner ends with the key itself, which no language changes."""
    for name in languages.LANGUAGES:
        async with running(sample.quoting(), size=(80, 24), comfort=Comfort(language=name)) as bench:
            assert bench.text("#banner").rstrip().endswith(f"^K {language.tr('KILL')}")


@pytest.mark.parametrize("name", ["zh", "th"])
@pytest.mark.parametrize(
    "line",
    [
        "ACTIVE: resumed by the operator",
        "PAUSED: paused by the operator",
        "REDUCING: reducing, by the operator",
    ],
)
def test_a_state_and_its_reason_are_two_sentences(line, name):
    """What stands after ACTIVE: is looked up as it is where it stands alone."""
    language.use(name)
    state, reason = line.split(": ")
    said = language.tr(line)
    assert said.startswith(language.tr(state))
    assert said.endswith(language.tr(reason))
    assert "resumed" not in said
