"""The channels ``instruments`` and ``status``: nothing on subscribing, then whatever changed."""

from __future__ import annotations

from typing import Any

from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.state import VenueState

Row = dict[str, Any]


def change_instrument(state: VenueState, market: Market, fields: Row) -> None:
    """Change fields of an instrument's row and push that row alone (OKX v5, instruments channel)."""
    original = market.listing.row
    merged = {**market.changed_fields, **fields}
    market.changed_fields = {name: value for name, value in merged.items() if original.get(name) != value}
    inst_type = market.instrument.inst_type
    for wanted in (inst_type, "ANY"):
        arg = {"channel": "instruments", "instType": wanted}
        state.registry.push(("instruments", wanted), {"arg": arg, "data": [market.row()]}, state.now_ns)


def announce_status(state: VenueState, row: Row) -> None:
    """Keep a row of system/status and push it; a row of the same title and begin replaces the old one."""
    state.status = [
        one for one in state.status if (one["title"], one["begin"]) != (row["title"], row["begin"])
    ]
    state.status.append(row)
    state.registry.push(("status", ""), {"arg": {"channel": "status"}, "data": [row]}, state.now_ns)
