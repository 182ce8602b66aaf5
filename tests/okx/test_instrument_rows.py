"""Instrument rows to instruments."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from okxmm_tui.core.types import ContractKind
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.messages import InstrumentRow
from tests.okx.fake_venue import COIN_FUTURE, FUTURE, INVERSE, SPOT, SWAP

TICK, MARKET = {"param": "tickSz", "newValue": "1"}, {"param": "maxMktSz", "newValue": "9"}


@pytest.mark.parametrize(
    ("announced", "expected"),
    [
        ([], None),
        (None, None),
        ("soon", None),
        ([TICK | {"effTime": "200"}, TICK | {"effTime": 100}], 100),
        ([MARKET | {"effTime": "100"}], None),
        ([MARKET | {"effTime": "100"}, TICK | {"effTime": "300"}], 300),
        ([TICK | {"effTime": "noon"}, 7, None, TICK | {"effTime": "300"}], 300),
        ([TICK | {"effTime": ""}, TICK | {"effTime": "0"}], None),
        ([{"effTime": "300"}], 300),
    ],
)
def test_the_next_announced_change_of_what_we_trade_by(announced, expected):
    """The soonest counts; an odd entry hides no other, and the size of market orders is none of ours."""
    row = msgspec.convert(SWAP | {"upcChg": announced}, InstrumentRow)
    assert instrument_of(row).changes_ms == expected


def test_instruments_of_three_kinds():
    """Linear, inverse and spot rows name base, quote and contract value as the engine counts them."""
    linear, inverse, spot = (
        instrument_of(msgspec.convert(row, InstrumentRow)) for row in (SWAP, INVERSE, SPOT)
    )
    assert (linear.kind, linear.base_ccy, linear.quote_ccy, linear.settle_ccy) == (
        ContractKind.LINEAR, "BTC", "USDT", "USDT",
    )  # fmt: skip
    assert (linear.contract_value, linear.min_size_lots, linear.code) == (Decimal("0.01"), 1, 10459)
    assert (inverse.kind, inverse.base_ccy, inverse.quote_ccy) == (ContractKind.INVERSE, "BTC", "USD")
    assert (spot.kind, spot.contract_value, spot.code) == (ContractKind.SPOT, 1, 3)


def test_new_listing_has_no_metadata_yet():
    """Rows of announced instruments have empty fields and are not instruments yet."""
    assert instrument_of(InstrumentRow("NEW-USDT-SWAP", tick_sz="", lot_sz="")) is None


def test_minimum_size_rounds_up_to_a_lot():
    """A minimum between two lots means the larger one."""
    row = msgspec.convert(SWAP | {"minSz": "0.015"}, InstrumentRow)
    assert instrument_of(row).min_size_lots == 2


def test_demo_codes_need_64_bits():
    """Demo instrument codes have sixteen digits."""
    row = msgspec.convert(SWAP | {"instIdCode": 2021032601102993}, InstrumentRow)
    assert instrument_of(row).code == 2021032601102993


@pytest.mark.parametrize(
    ("row", "kind", "face"),
    [
        (FUTURE, ContractKind.LINEAR, "0.01"),
        (COIN_FUTURE, ContractKind.INVERSE, "100"),
        (SPOT, ContractKind.SPOT, "1"),
    ],
)
def test_every_kind_of_instrument(row, kind, face):
    """Contract type decides linear or inverse; a pair has a contract value of 1."""
    instrument = instrument_of(msgspec.convert(row, InstrumentRow))
    assert (instrument.kind, instrument.contract_value) == (kind, Decimal(face))


@pytest.mark.parametrize("changes", [{"ctType": ""}, {"ctType": "quanto"}, {"ctVal": ""}, {"ctVal": "0"}])
def test_half_listed_derivative_is_not_taken_for_spot(changes):
    """Without contract type or value a swap has no meaning yet."""
    assert instrument_of(msgspec.convert(SWAP | changes, InstrumentRow)) is None
