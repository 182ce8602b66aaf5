"""Acts by hand: orders at the cursor, sides muted, risk taken off step by step, parameters drafted."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from okxmm_tui.console.desk import floored
from okxmm_tui.console.operator import Operator
from okxmm_tui.console.state import ConsoleState
from okxmm_tui.console.widgets.levels import cursor_row
from okxmm_tui.core.commands import (
    Arm,
    CancelOne,
    FlattenPositions,
    MoveOrder,
    MuteSide,
    PlaceManual,
    PreviewParams,
    Reduce,
    SetLimit,
    SetParams,
    StopFlatten,
    SwitchStrategy,
    Widen,
)
from okxmm_tui.core.market_views import MarketView, OrderView
from okxmm_tui.core.params import plain
from okxmm_tui.core.types import Side

SIZE_PARAM = "order_size"


class Hand:
    """Turns the operator's acts into commands; what the engine thinks of them comes back as replies."""

    def __init__(self, operator: Operator, state: ConsoleState) -> None:
        self._operator = operator
        self._state = state

    # -- orders -------------------------------------------------------------------------------------

    def place(self, side: Side) -> None:
        """Place a post-only order of the strategy's order size at the cursor."""
        market, state = self._state.market, self._state
        if market is None or state.desk.cursor_ticks is None:
            state.say("put the cursor on a price first: tab to the book, then up and down", "alarm-2")
            return
        param = self._operator.param(SIZE_PARAM)
        size = param.value if param is not None else market.instrument.size(market.instrument.min_size_lots)
        lots = max(market.instrument.min_size_lots, int(size / market.instrument.lot_size))
        price = cursor_row(market, state.desk.cursor_ticks, state.desk.group)
        name = f"{side.value} {market.instrument.size_text(lots)} @ {market.instrument.price_text(price)}"
        self._operator.send(PlaceManual(market.instrument.inst_id, side, price, lots), name)

    def move(self, market: MarketView | None, order: OrderView | None, ticks: int) -> None:
        """Move an order of a market by some ticks."""
        if market is None or order is None:
            self._state.say("no order to move")
            return
        price = order.price_ticks + ticks
        name = f"move to {market.instrument.price_text(price)}"
        self._operator.send(MoveOrder(market.instrument.inst_id, order.cl_ord_id, price), name)

    def order_at_cursor(self) -> OrderView | None:
        """Own order of the ladder's cursor row, the oldest where there are several."""
        market, desk = self._state.market, self._state.desk
        if market is None or desk.cursor_ticks is None:
            return None
        row, group = cursor_row(market, desk.cursor_ticks, desk.group), desk.group
        on_row = (
            each
            for each in market.orders
            if floored(each.price_ticks, group, is_up=each.side is Side.SELL) == row
        )
        return min(on_row, key=lambda each: each.created_ns, default=None)

    def cancel_all(self, side: Side | None) -> None:
        """Cancel every order of the market in focus, or of one side of it."""
        market = self._state.market
        orders = self._cancellable(market, side) if market else ()
        count = 0
        for order in orders:
            if (
                market is None
                or self._operator.send(
                    CancelOne(market.instrument.inst_id, order.cl_ord_id), "cancel", is_quiet=True
                )
                is None
            ):
                return
            count += 1
        what = {None: "orders", Side.BUY: "bids", Side.SELL: "asks"}[side]
        self._state.say(f"{count} {what} asked to be cancelled" if count else f"no {what} to cancel")

    @staticmethod
    def _cancellable(market: MarketView, side: Side | None) -> Iterable[OrderView]:
        return [each for each in market.orders if side in {None, each.side} and each.status != "cancelling"]

    def toggle_side(self, side: Side) -> None:
        """Mute a side, or have it quoted again."""
        market = self._state.market
        if market is None:
            self._state.say("no engine yet")
            return
        state = market.bid if side is Side.BUY else market.ask
        name = f"unmute {side.value}" if state.is_muted else f"mute {side.value}"
        command = MuteSide(market.instrument.inst_id, side, is_muted=not state.is_muted)
        self._operator.send(command, name)

    # -- taking risk off ------------------------------------------------------------------------------

    def widen(self) -> None:
        """Quote at twice the distance, or at the usual one again."""
        snapshot = self._state.snapshot
        if snapshot is None:
            self._state.say("no engine yet")
        else:
            self._operator.send(Widen(is_on=not snapshot.is_widened), "widen")

    def reduce(self) -> None:
        """From now on only orders that shrink positions."""
        self._operator.send(Reduce(), "reduce")

    def flatten(self, *, by_echo: bool) -> bool:
        """Close the position of the market in focus; True if it was asked for."""
        market = self._state.market
        if market is None or market.flatten is None:
            self._state.say((market and market.hedge_text) or "there is no position to close")
            return False
        if by_echo:
            # The typed echo is the confirmation; it takes longer than an arming lasts.
            self._operator.send(Arm(), "arm")
        elif not self._operator.is_armed:
            self._state.say("flatten: press a to arm first, then enter within ten seconds", "alarm-2")
            return False
        return self._operator.send(FlattenPositions(market.instrument.inst_id), "flatten") is not None

    def stop_flatten(self) -> None:
        """Call a run off."""
        self._operator.send(StopFlatten(), "call off")

    def set_limit(self, name: str, text: str) -> str:
        """Ask for another value of a limit; returns what is wrong with the text, or nothing."""
        try:
            value = Decimal(text)
        except ArithmeticError:
            return f"{text!r} is no number"
        if not value.is_finite() or value < 0:
            return "a limit is a number from 0"
        self._operator.send(SetLimit(name, value), f"limit {name}")
        return ""

    # -- the draft --------------------------------------------------------------------------------------

    def step_draft(self, name: str, steps: int) -> None:
        """Move one value of the draft and show where it would quote."""
        param = self._operator.param(name)
        if param is None:
            return
        base = self._state.desk.draft.get(name, param.value)
        self._draft(name, max(param.minimum, min(param.maximum, base + steps * param.step)))

    def type_draft(self, name: str, text: str) -> str:
        """Set one value of the draft; returns what is wrong with the text, or nothing."""
        value = self._operator.parsed(name, text)
        if isinstance(value, str):
            return value
        self._draft(name, value)
        return ""

    def load_draft(self, values: dict[str, Decimal]) -> str:
        """Draft a whole preset; returns what is wrong with it, or nothing."""
        for name, value in values.items():
            checked = self._operator.parsed(name, str(value))
            if isinstance(checked, str):
                return checked
        desk = self._state.desk
        if not desk.draft:
            desk.draft_source = "preset"
        for name, value in values.items():
            desk.draft[name] = value
            self._prune(name)
        self._preview()
        return ""

    def apply_draft(self) -> None:
        """Have the engine take the whole draft, or none of it."""
        market, draft, source = self._state.market, self._state.desk.draft, self._state.desk.draft_source
        if market is None or not draft:
            self._state.say("nothing is drafted")
            return
        command = SetParams(market.instrument.inst_id, dict(draft), source)
        if self._operator.send(command, "apply") is not None:
            texts = ", ".join(f"{name} {plain(value)}" for name, value in draft.items())
            self._state.say(f"{texts}, asked for", "armed")
            draft.clear()

    def drop_draft(self) -> None:
        """Forget the draft and its ghosts."""
        if self._state.desk.draft:
            self._state.desk.draft.clear()
            self._preview()
            self._state.say("draft dropped; nothing was changed")

    def switch_strategy(self, name: str) -> str:
        """Ask for another strategy; returns what is wrong with the name, or nothing."""
        market, snapshot = self._state.market, self._state.snapshot
        if market is None or snapshot is None:
            return "no engine yet"
        if name not in snapshot.strategies:
            return f"{name or 'the name'} is none of the strategies"
        self._state.desk.draft.clear()
        self._operator.send(SwitchStrategy(market.instrument.inst_id, name), f"switch to {name}")
        return ""

    def _draft(self, name: str, value: Decimal) -> None:
        self._state.desk.draft[name] = value
        self._state.desk.draft_source = "editor"
        self._prune(name)
        self._preview()

    def _prune(self, name: str) -> None:
        param = self._operator.param(name)
        if param is not None and self._state.desk.draft.get(name) == param.value:
            del self._state.desk.draft[name]

    def _preview(self) -> None:
        market = self._state.market
        if market is not None:
            command = PreviewParams(market.instrument.inst_id, dict(self._state.desk.draft))
            self._operator.send(command, "preview", is_quiet=True)
