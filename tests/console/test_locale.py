"""The catalogues against the sources: nothing is missing, nothing is left over, nothing is garbled."""

from __future__ import annotations

import re

import pytest

from okxmm_tui import languages
from okxmm_tui.console import language
from okxmm_tui.console.bindings import EXTRA_HELP, TABLE
from okxmm_tui.console.catalogue import PLACE, Catalogue, letters
from okxmm_tui.console.keymap import Keymap
from okxmm_tui.console.widgets.limits_table import limit_name
from okxmm_tui.core.limits import HIGHER_IS_SAFER, LOWER_IS_SAFER
from okxmm_tui.core.params import for_instrument
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import ContractKind, Mode
from okxmm_tui.engine.reconcile import FORCED_CATEGORIES
from okxmm_tui.okx import error_codes
from okxmm_tui.replay.keys import PREFACE, REPLAY_TABLE
from okxmm_tui.strategies.registry import STRATEGIES
from tests.console.words import PACKAGE, is_sentence, texts
from tests.samples import swap

NAMES = ("zh", "th")

SPOKEN = ("console", "core", "engine", "strategies", "okx", "replay/app.py", "replay/link.py")
"""Where texts come from that reach a panel."""

SILENT = {
    "console/catalogue.py": "patterns",
    "console/themes.py": "errors of files, told before the console opens",
    "console/keymap.py": "the same",
    "engine/journal.py": "names of files",
    "engine/store/accounts.py": "SQL",
    "engine/store/database.py": "SQL, and errors told before the console opens",
    "engine/store/reading.py": "SQL",
    "engine/store/recorder.py": "lines of the journal, which stays English",
    "engine/store/retention.py": "SQL",
    "engine/store/rows.py": "SQL",
    "engine/store/schema.py": "SQL",
    "engine/store/writer.py": "errors told before the console opens",
    "okx/emergency.py": "what `okxmm-tui kill` prints",
    "okx/emergency_flatten.py": "the same",
    "okx/error_table.py": "a table, looked at below",
    "okx/proof_loop.py": "what `okxmm-tui kill` prints",
    "okx/preparation.py": "errors that end the engine before it trades",
    "okx/trade_modes.py": "the same",
    "strategies/registry.py": "errors of an own strategy's file",
    "strategies/testing.py": "a harness for authors of strategies",
}
"""Files whose texts no panel shows, and why."""

UNSPOKEN = {
    "trade live", "flatten {0}",  # typed by the operator, the same in every language
    "nudge('spread', -1)", "nudge('spread', 1)", "nudge('size', -1)",
    "nudge('size', 1)", "nudge('skew', -1)", "nudge('skew', 1)",
    "nudge('limit', -1)", "nudge('limit', 1)", "nudge({0}, -1)", "nudge({0}, 1)",
    "step_draft('{0}', {1})",  # actions
    "Callable[[], object]", "dict[str, ModuleType | None]",
    "Opportunity | None", "bold {0}",  # types and a style
    "keys out of order or repeated", "keys and sizes differ", "empty level kept", "deeper than promised",
    "working index differs", "negative fill", "amend left on a done order",
    "unbooked index differs",  # broken invariants
    "one second", "the end", "the time",  # a note nobody draws, and the name of a flag
    "{0} stream: {1}", "({0} more like it)", "market data only",  # the log
}  # fmt: skip
"""Texts that look like sentences and that no panel shows."""

SQL = re.compile(r"SELECT |inst_id, ")

LAST = re.compile(r" \{\d\}$")
"""A place at the end: the program joins some sentences of a beginning and a reason."""

SHAPES = {"{0}; {1}", "{0}: {1}", "{0}, {1}", "{0} ({1})", "{0} or {1}", "{0} and {1}"}
"""How sentences are put together: punctuation is written as the language writes it."""

KEY_NAME = re.compile(r"(?<![A-Za-z{])(ctrl\+\w|F\d+|esc|enter|tab|space|\^[A-Z])(?![A-Za-z}])")


def _plain(key: str) -> str:
    """An entry's text without its sense."""
    return re.sub(r"(?<=\S)@[a-z]+$", "", key)


def _sources():
    for name in SPOKEN:
        place = PACKAGE / name
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


def _trimmed(text: str) -> str:
    """A text without the punctuation that joins it to the one before."""
    return text.lstrip(" :;,")


def _spoken() -> dict[str, str]:
    """Every sentence a panel may show, with the file it stands in."""
    found: dict[str, str] = {}
    for path in _sources():
        name = path.relative_to(PACKAGE).as_posix()
        if name in SILENT:
            continue
        for text in texts(path):
            if is_sentence(text) and text not in UNSPOKEN and not SQL.match(text):
                found.setdefault(_trimmed(text), name)
    return found


def _tables() -> set[str]:
    """Words that are looked up out of tables, which no reader of sources finds."""
    words = {text for spec in (*TABLE, *REPLAY_TABLE) for text in (spec.label, spec.help, spec.group)}
    words |= {spec.hint for spec in (*TABLE, *REPLAY_TABLE) if spec.hint}
    words |= {text for _, text, _ in EXTRA_HELP} | {PREFACE}
    words |= {spec.label for each in STRATEGIES.values() for spec in each.specs}
    words |= {spec.help for each in STRATEGIES.values() for spec in each.specs}
    words |= (
        {mode.value.upper() for mode in Mode}
        | {"live", "demo"}
        | {state.value.lower() for state in TradingState}
    )
    words |= {limit_name(name) for name in LOWER_IS_SAFER | HIGHER_IS_SAFER}
    words |= {name.replace("_", " ") for name in FORCED_CATEGORIES}
    for table in (error_codes._SOURCES, error_codes._CLOSES):
        words |= set(table.values())
    return words | {entry.text for entry in error_codes._ENTRIES.values()}


@pytest.mark.parametrize("name", NAMES)
def test_every_sentence_of_the_program_has_words(name):
    """What an operator may read is in the catalogue, wherever in the program it is written."""
    known = {_plain(key) for key in language.entries(name)}
    known |= {LAST.sub("", key) for key in known}
    missing = {text: place for text, place in _spoken().items() if text not in known}
    assert not missing
    assert not _tables() - known


@pytest.mark.parametrize("name", NAMES)
def test_no_entry_is_left_over(name):
    """Every entry is a text that stands in the sources."""
    written = {_trimmed(text) for path in PACKAGE.rglob("*.py") for text in texts(path)} | _tables() | SHAPES
    written |= {text.replace("contracts", "{0}") for text in written}  # a spot market's own unit
    left = [
        key
        for key in map(_plain, language.entries(name))
        if not written & {key, LAST.sub("", key), key.removeprefix("{0} ")}
    ]
    assert not left


def test_both_catalogues_hold_the_same_texts():
    """In the same order, so that they can be read side by side."""
    assert list(language.entries("zh")) == list(language.entries("th"))


@pytest.mark.parametrize("name", NAMES)
def test_places_are_kept(name):
    """Nothing a sentence tells is lost or told twice; a key that is named is one that exists."""
    keys = {*Keymap().texts, *language.FIXED_KEYS}
    for english, words in language.entries(name).items():
        there = sorted(place for place in PLACE.findall(words) if place.isdigit())
        assert there == sorted(PLACE.findall(english)), english
        named = {place for place in PLACE.findall(words) if not place.isdigit()}
        assert named <= keys, english


@pytest.mark.parametrize("name", NAMES)
def test_keys_are_named_by_places_only(name):
    """A key that was moved must not be named by its old place; what the English names, the words name."""
    texts_of_keys = {**Keymap().texts, **language.FIXED_KEYS}
    for english, words in language.entries(name).items():
        assert not KEY_NAME.search(words), english
        for place in (place for place in PLACE.findall(words) if not place.isdigit()):
            shown = texts_of_keys[place]
            assert re.search(rf"(?<!\w){re.escape(shown)}(?!\w)", english, re.IGNORECASE), (english, shown)


@pytest.mark.parametrize("name", NAMES)
def test_words_are_words(name):
    """No entry is empty, padded, or left in English by mistake."""
    script = {"zh": "[\u4e00-\u9fff]", "th": "[\u0e00-\u0e7f]"}[name]
    entries = language.entries(name)
    for english, words in entries.items():
        assert words
        assert words == words.strip(), english
    same = {
        english for english, words in entries.items() if letters(english) > 3 and not re.search(script, words)
    }
    assert same <= {
        "taker", "gamma", "long", "short", "sharpe", "fair", "mark", "{0} ms (± {1} ms)",
        "{0} ({1} long, {2} short)", "{0}, bid / ask", "maker {0} bps, taker {1} bps",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_entry_hides_another(name):
    """A sentence made from an entry is read by that entry, whatever other templates there are."""
    entries = language.entries(name)
    catalogue = Catalogue(entries, {})
    for english, words in entries.items():
        if "@" in english.replace(" @ ", "") or not PLACE.search(english) or not letters(english):
            continue
        filled, wanted = (re.sub(r"\{(\d)\}", r"X\g<1>9", each) for each in (english, words))
        assert catalogue.text(filled) == wanted, english


def test_units_of_spot_sizes_are_told():
    """The help of a size in base currency is translated with the currency in its place."""
    spot = swap("BTC-USDT", kind=ContractKind.SPOT)
    language.use("zh")
    specs = for_instrument(STRATEGIES["inventory_skew"].specs, spot)
    assert any(spec.unit == spot.base_ccy for spec in specs)
    for spec in specs:
        assert language.tr(spec.help) != spec.help
    language.use(languages.ENGLISH)
