"""The dead-man's switch: cancel-all-after timers per tag (OKX v5, trade/cancel-all-after)."""

from __future__ import annotations

from msgspec import Struct

from okxmm_tui.exchange.api_error import ApiError, missing, wrong
from okxmm_tui.exchange.numbers import is_whole
from okxmm_tui.exchange.order_desk import OrderDesk
from okxmm_tui.exchange.orders import CancelSource
from okxmm_tui.exchange.state import VenueState

STAGGER_NS = 5_000_000
"""On trigger, orders are canceled one by one."""

MAX_TAGS = 20


class ArmedTimer(Struct, frozen=True):
    """One armed timer; each call replaces it."""

    trigger_ns: int
    serial: int


class DeadMan:
    """Armed timers of the account."""

    def __init__(self, state: VenueState, desk: OrderDesk) -> None:
        self._state = state
        self._desk = desk
        self._serial = 0
        self.armed: dict[str, ArmedTimer] = {}

    def set(self, time_out: object, tag: str) -> dict[str, str]:
        """Arm, replace or disarm the timer of a tag; an empty tag means every order.

        Raises:
            ApiError: The time is neither 0 nor 10..120 seconds, or too many tags are armed.
        """
        seconds = _seconds(time_out)
        state = self._state
        if not seconds:
            self.armed.pop(tag, None)
            return {"triggerTime": "0", "tag": tag, "ts": str(state.now_ms)}
        if tag and tag not in self.armed and sum(1 for name in self.armed if name) >= MAX_TAGS:
            raise ApiError("51071", "More than 20 tags have a cancel-all-after timer.")
        self._serial += 1
        timer = ArmedTimer(state.now_ns + seconds * 1_000_000_000, self._serial)
        self.armed[tag] = timer
        state.timers.at(timer.trigger_ns, lambda: self._trigger(tag, timer))
        shown_ms = state.now_ms + seconds * 1000
        return {"triggerTime": str(shown_ms), "tag": tag, "ts": str(state.now_ms)}

    def _trigger(self, tag: str, timer: ArmedTimer) -> None:
        if self.armed.get(tag) != timer:
            return
        del self.armed[tag]
        victims = [one.order_id for one in self._state.store.pending.values() if not tag or one.tag == tag]
        for place, order_id in enumerate(victims):
            due_ns = self._state.now_ns + place * STAGGER_NS
            self._state.timers.at(due_ns, lambda order_id=order_id: self._cancel(order_id))

    def _cancel(self, order_id: str) -> None:
        order = self._state.store.pending.get(order_id)
        if order is not None:
            self._desk.cancel_order(order, CancelSource.DEAD_MAN)


def _seconds(value: object) -> int:
    if value is None or value == "":
        raise missing("timeOut")
    text = str(value)
    if not is_whole(text) or isinstance(value, bool) or not (int(text) == 0 or 10 <= int(text) <= 120):
        raise wrong("timeOut", "must be 0 or 10 to 120 seconds")
    return int(text)
