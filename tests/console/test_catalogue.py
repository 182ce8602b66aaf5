"""Sentences against templates: the right entry, its parts, and nothing where nothing fits."""

from __future__ import annotations

import pytest

from okxmm_tui.console.catalogue import MOST_KNOWN, Catalogue

ENTRIES = {
    "HOLD": "BLEIB",
    "HOLD {0}": "BLEIB {0}",
    "{0} ticks off target, {1} allowed": "um {0} daneben, {1} erlaubt",
    "{0}: no order book for {1} s": "{0} hat seit {1} s kein Buch",
    "{0}: {1}": "{0} ~ {1}",
    "{0}, {1}": "{0} & {1}",
    "{0} open": "{0} auf",
    "quotes pulled": "Quotes gezogen",
    "press a, then r": "erst {arm}, dann {resume}",
    "live": "auf",
    "live@book": "frisch",
}


@pytest.fixture
def catalogue():
    """A catalogue of few words."""
    return Catalogue(ENTRIES, {"arm": "F9", "resume": "r"})


@pytest.mark.parametrize(
    ("english", "words"),
    [
        ("HOLD", "BLEIB"),
        ("BTC-USDT: no order book for 3.0 s", "BTC-USDT hat seit 3.0 s kein Buch"),
        ("4 open, quotes pulled", "4 auf & Quotes gezogen"),
        ("x: quotes pulled", "x ~ Quotes gezogen"),
        ("4 open", "4 auf"),
        ("1 ticks off target, 3 allowed", "um 1 daneben, 3 erlaubt"),
        ("HOLD 1 ticks off target, 3 allowed", "BLEIB um 1 daneben, 3 erlaubt"),
        ("press a, then r", "erst F9, dann r"),
        (" HOLD  ", " BLEIB  "),
    ],
)
def test_sentences_find_their_entry(catalogue, english, words):
    """Exactly, by template, nested, with keys, and with the blanks around them."""
    assert catalogue.text(english) == words
    assert catalogue.text(english) == words


@pytest.mark.parametrize(
    "english", ["", "  ", "3.14", "x: y", "nobody knows this", "a b open", "the gate was open"]
)
def test_what_fits_nothing_stays_english(catalogue, english):
    """Numbers, unknown sentences, a short template that would swallow a phrase, and punctuation alone."""
    assert catalogue.text(english) == english


def test_a_sense_falls_back_to_the_text(catalogue):
    """An entry for the sense first, else the plain one."""
    assert catalogue.text("live", "book") == "frisch"
    assert catalogue.text("live", "order") == "auf"


def test_memory_of_sentences_is_bounded(catalogue):
    """Sentences with figures in them are without number."""
    for number in range(2 * MOST_KNOWN):
        assert catalogue.text(f"{number} open") == f"{number} auf"
    assert len(catalogue._known) <= MOST_KNOWN
