"""The table of faults: every name and its parameters, validated as they are declared."""

from __future__ import annotations

from okxmm_tui.exchange.faults import kinds_market, kinds_orders, kinds_wire
from okxmm_tui.exchange.faults.when import Fault

FAULTS: dict[str, type[Fault]] = {**kinds_wire.KINDS, **kinds_orders.KINDS, **kinds_market.KINDS}
"""Faults by name, in the order they are described."""

NAMES: dict[type[Fault], str] = {kind: name for name, kind in FAULTS.items()}
"""Names by kind."""
