"""Instruments and shared data folders for the OKX client's tests."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import ContractKind
from okxmm_tui.okx import rest as rest_module

SHARED = Path(__file__).parents[2].parent / "shared"


def make_instrument(
    inst_id: str = "BTC-USDT-SWAP", tick: str = "0.1", lot: str = "0.01", **changes
) -> Instrument:
    """An instrument with everything a test does not care about filled in."""
    fields = {
        "inst_id": inst_id, "inst_type": "SWAP", "kind": ContractKind.LINEAR, "code": 10459,
        "tick_size": Decimal(tick), "lot_size": Decimal(lot), "min_size_lots": 1, "max_limit_lots": 10**9,
        "contract_value": Decimal("0.01"), "base_ccy": "BTC", "quote_ccy": "USDT", "settle_ccy": "USDT",
    }  # fmt: skip
    return Instrument(**(fields | changes))


@pytest.fixture
def instrument() -> Instrument:
    """BTC-USDT-SWAP as in production."""
    return make_instrument()


def shared(*parts: str) -> Path:
    """A folder of the shared reference data; the test is skipped where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    return path


@pytest.fixture
def waited(monkeypatch):
    """The pauses a request made, in seconds; they take no time."""
    pauses = []

    async def sleep(delay_s):
        pauses.append(delay_s)

    monkeypatch.setattr(rest_module, "RETRY_DELAY_S", 0.3)
    monkeypatch.setattr(rest_module.asyncio, "sleep", sleep)
    return pauses
