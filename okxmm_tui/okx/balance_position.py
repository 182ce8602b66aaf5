"""The quickest word on balances and positions, merged with the fuller one (OKX v5, balance_and_position).

Its rows carry cash and position only. What they leave out, such as equity or the liquidation price, is
taken from the last row of the account and positions channels; where there was none, they wait for it.
"""

from __future__ import annotations

from msgspec import structs

from okxmm_tui.core.messages import BalanceUpdate, PositionUpdate
from okxmm_tui.okx.convert import Instruments, balance_update, position_update
from okxmm_tui.okx.decoding import Scalar
from okxmm_tui.okx.messages import BalanceDetail, PositionRow


class BalancePosition:
    """Remembers the last full rows."""

    def __init__(self) -> None:
        self._balances: dict[str, BalanceUpdate] = {}
        self._positions: dict[str, PositionUpdate] = {}

    def note_balance(self, detail: BalanceDetail, pooled_ratio: Scalar = "") -> BalanceUpdate:
        """Read and keep a row of the account channel."""
        update = self._balances[detail.ccy] = balance_update(detail, pooled_ratio)
        return update

    def note_position(self, row: PositionRow, instruments: Instruments) -> PositionUpdate | None:
        """Read and keep a row of the positions channel."""
        update = position_update(row, instruments)
        if update is not None:
            self._positions[_key(update)] = update
        return update

    def balance(self, detail: BalanceDetail) -> BalanceUpdate | None:
        """Put newer cash into the last full row; equity and what is free follow with the account push."""
        new, old = balance_update(detail), self._balances.get(detail.ccy)
        if old is None or new.update_ms <= old.update_ms:
            return None
        merged = self._balances[detail.ccy] = structs.replace(old, cash=new.cash, update_ms=new.update_ms)
        return merged

    def position(self, row: PositionRow, instruments: Instruments) -> PositionUpdate | None:
        """Put a newer position into the last full row."""
        new = position_update(row, instruments)
        if new is None:
            return None
        old = self._positions.get(_key(new))
        if old is not None:
            if new.update_ms <= old.update_ms:
                return None
            new = structs.replace(new, mark_price=old.mark_price, liquidation_price=old.liquidation_price)
        self._positions[_key(new)] = new
        return new


def _key(update: PositionUpdate) -> str:
    return f"{update.inst_id} {update.position_side}"
