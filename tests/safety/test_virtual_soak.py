"""Every fault of the exchange once, in an order of the dice, and not a cent is lost."""

from __future__ import annotations

import random

from okxmm_tui.exchange.faults.kinds import FAULTS
from tests.safety.fault_menu import ACTS, CARDS, deck
from tests.safety.virtual_soak import Soak


def test_the_deck_holds_every_fault_of_the_exchange():
    """A new fault needs a card; each card injects its own, and the deck deals each once a round."""
    assert set(CARDS) == set(FAULTS)
    dice = random.Random(1)
    for name, card in CARDS.items():
        assert name in {fault["fault"] for fault in card(dice)}
    cards = deck(dice)
    assert sorted(next(cards) for _ in range(len(CARDS) + len(ACTS))) == sorted([*CARDS, *ACTS])


def test_books_are_equal_after_a_whole_deck_of_faults(tmp_path):
    """Kills and restarts included: position, cash, fees, every fill and bill, the totals since inception."""
    soak = Soak(5, tmp_path)
    try:
        soak.run(len(CARDS) + len(ACTS))
    finally:
        soak.close()
    assert soak.failures == []
    assert soak.tally.missing() == []
    assert len(soak.account().own) > 20
