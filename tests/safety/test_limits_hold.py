"""No sequence of events makes the engine send an order that breaks a limit, or anything new once HALTED.

The checks are computed here anew from the venue's side of the story: what was sent, confirmed and filled.
They share no code with ``core.risk``. ``test_risk_gate`` asks the gate itself for what no strategy would.
"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import structs

from okxmm_tui.core.commands import (
    Arm,
    FlattenPositions,
    Kill,
    Pause,
    PlaceManual,
    Reduce,
    Resume,
    SetLimit,
    SetParam,
    Widen,
)
from okxmm_tui.core.effects import AmendOrder, AnyEffect, CancelOrder, PlaceOrder, PollPending
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import (
    AnyEvent,
    BalanceUpdate,
    ClockMeasured,
    JournalFailed,
    MarkPrice,
    OrderBudget,
    OrderOutcomeUnknown,
    OrderRefused,
    PositionUpdate,
    StreamDown,
    StreamUp,
)
from okxmm_tui.core.types import OrderKind, Side, VenueOrderState
from tests.engine.desk import Desk
from tests.samples import INST, fill, order_update

EQUITY = Decimal(40_000)
CONTRACT = Decimal("0.01")
LOT = Decimal("0.01")
TICK = Decimal("0.1")
LOOSE = Limits(
    is_headless=True,
    max_order_share=Decimal(1),
    max_open_share=Decimal(10),
    price_collar_bps=Decimal(1_000),
)
TIGHT: tuple[dict[str, Decimal], ...] = (
    {"max_order_notional_quote": Decimal(1_500)},
    {"max_order_share": Decimal("0.035")},
    {"max_open_share": Decimal("0.06")},
    {"max_position_notional_quote": Decimal(2_500)},
    {"max_gross_quote": Decimal(2_500)},
    {"max_net_quote": Decimal(2_500)},
    {"max_leverage": Decimal("0.06")},
    {"price_collar_bps": Decimal(20)},
    {"max_position": Decimal(2)},
)
"""One limit at a time is the narrow one, so that none hides behind another."""


class _Sent:
    """One order as the venue would know it."""

    def __init__(self, effect: PlaceOrder) -> None:
        self.side = effect.side
        self.price = effect.price_ticks
        self.size = effect.size_lots
        self.asked_size = effect.size_lots
        self.asked_price = effect.price_ticks
        self.filled = 0
        self.is_live = False
        self.is_over = False
        self.kind = effect.order_kind

    @property
    def remaining(self) -> int:
        """Lots that could still fill, an amend on its way counted with the larger size."""
        return 0 if self.is_over else max(self.size, self.asked_size) - self.filled


def worth(lots: int, price_ticks: int) -> Decimal:
    """Quote value of so many lots of BTC-USDT-SWAP."""
    return lots * LOT * CONTRACT * price_ticks * TICK


class LimitsHold(RuleBasedStateMachine):
    """A reducer under random events, and an accountant beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, _Sent] = {}
        self.position = 0
        self.trades = 0
        self.max_position = 0
        self.bid, self.ask = 600_000, 600_001

    @initialize(tight=st.sampled_from(TIGHT), contracts=st.sampled_from([1, 3]))
    def begin(self, tight: dict[str, Decimal], contracts: int) -> None:
        """Connected, merged, armed, with a book."""
        most = tight.get("max_position", Decimal(20))
        self.max_position = int(most / LOT)
        limits = structs.replace(LOOSE, **{name: tight[name] for name in tight if name != "max_position"})
        params = {"order_size": min(Decimal(contracts), most), "max_position": most}
        self.desk = Desk(limits=limits, params=params)
        self.desk.connect()
        balance = BalanceUpdate("USDT", EQUITY, EQUITY, EQUITY, 1)
        self.apply(balance)
        self.check(self.desk.book())

    def apply(self, event: AnyEvent, after_ms: int = 1) -> None:
        """Feed an event and check all that follows."""
        self.check(self.desk.feed(event, after_ms))

    # -- the accountant ------------------------------------------------------------------------------

    def check(self, effects: list[AnyEffect]) -> None:
        """Judge every effect by figures of our own."""
        state = self.desk.state
        for effect in effects:
            match effect:
                case PlaceOrder():
                    self.judge_place(effect, state)
                case AmendOrder():
                    assert state in {"ACTIVE", "REDUCING"}, state
                    order = self.sent[effect.cl_ord_id]
                    price, size = effect.price_ticks or order.price, effect.size_lots or order.size
                    self.judge(order.side, price, size, size - order.filled, leaving_out=order)
                    order.asked_price, order.asked_size = price, max(size, order.asked_size)
                case _:
                    pass

    def judge_place(self, effect: PlaceOrder, state: str) -> None:
        """A new order."""
        assert effect.cl_ord_id not in self.sent
        shrinks = self.position * effect.side.sign < 0 and effect.size_lots <= abs(self.position)
        if effect.order_kind is OrderKind.IOC:
            assert effect.reduce_only
            assert shrinks
            limits = self.desk.reducer.session.limits
            assert worth(effect.size_lots, effect.price_ticks) <= limits.max_order_notional_quote
            beside = sum(o.remaining for o in self.sent.values() if o.side is effect.side)
            worst = effect.side.sign * self.position + beside + effect.size_lots
            assert worst <= (self.max_position if state == "ACTIVE" else 0)
        else:
            assert state in {"ACTIVE", "REDUCING"}, f"placed while {state}"
            if state == "REDUCING":
                assert effect.reduce_only
                assert shrinks
            self.judge(effect.side, effect.price_ticks, effect.size_lots, effect.size_lots)
        self.sent[effect.cl_ord_id] = _Sent(effect)

    def judge(self, side: Side, price: int, size: int, adding: int, leaving_out: _Sent | None = None) -> None:
        """Size, collar, position and shares."""
        limits = self.desk.reducer.session.limits
        assert price > 0
        assert worth(size, price) <= limits.max_order_notional_quote
        assert worth(size, price) <= limits.max_order_share * EQUITY
        mid = (self.bid + self.ask) / 2
        assert abs(price - mid) / mid * 1e4 <= float(limits.price_collar_bps) + 1e-6
        assert price < self.ask if side is Side.BUY else price > self.bid
        others = [o for o in self.sent.values() if o is not leaving_out and not o.is_over]
        same = sum(o.remaining for o in others if o.side is side)
        worst = side.sign * self.position + same + adding
        assert worst <= self.max_position
        if worst > 0:
            exposure = worth(worst, price)
            assert exposure <= limits.max_position_notional_quote
            assert exposure <= limits.max_gross_quote
            assert exposure <= limits.max_net_quote
            assert exposure <= limits.max_leverage * EQUITY
            resting = [o for o in others if o.kind is not OrderKind.IOC]  # what closes is not open
            open_value = sum((worth(o.remaining, o.price) for o in resting), Decimal(0)) + worth(size, price)
            assert open_value <= limits.max_open_share * EQUITY

    @invariant()
    def halted_is_silent(self) -> None:
        """HALTED keeps no quote wanted."""
        if self.desk.state == "HALTED":
            assert all(not side.quotes for side in self.desk.market.sides.values())

    # -- what the venue does -------------------------------------------------------------------------

    def pick(self, number: int) -> tuple[str, _Sent] | None:
        """One of the orders that are not over."""
        going = [(key, order) for key, order in self.sent.items() if not order.is_over]
        return going[number % len(going)] if going else None

    @rule(number=st.integers(0, 9))
    def confirm(self, number: int) -> None:
        """The venue says live, at what was last asked for."""
        if (picked := self.pick(number)) is not None:
            key, order = picked
            order.is_live = True
            amend = self.desk.market.orders.get(key)
            req_id = amend.amend.req_id if amend is not None and amend.amend is not None else ""
            order.price, order.size = order.asked_price, order.asked_size
            update = order_update(
                key, order.side, order.price, order.size, filled_lots=order.filled,
                amend_result="0" if req_id else "", req_id=req_id,
            )  # fmt: skip
            self.apply(update)

    @rule(number=st.integers(0, 9), share=st.sampled_from([1, 2, 5]))
    def trade(self, number: int, share: int) -> None:
        """An order fills, partly or whole."""
        picked = self.pick(number)
        if picked is None:
            return
        key, order = picked
        lots = max(1, (order.size - order.filled) // share)
        order.filled += lots
        order.is_over = order.filled >= order.size
        self.position += order.side.sign * lots
        self.trades += 1
        price = str(order.price * TICK)
        report = fill(
            order.side, price, str(lots * LOT), cl_ord_id=key, trade_id=str(self.trades), fee="-0.01"
        )
        state = VenueOrderState.FILLED if order.is_over else VenueOrderState.PARTIALLY_FILLED
        self.apply(
            order_update(
                key, order.side, order.price, order.size, filled_lots=order.filled, state=state, fill=report
            )
        )
        self.apply(PositionUpdate(INST, self.position, Decimal(60_000), None, None, 0))

    @rule(number=st.integers(0, 9), source=st.sampled_from(["1", "31", "20", "32"]))
    def cancel(self, number: int, source: str) -> None:
        """An order ends without a fill."""
        if (picked := self.pick(number)) is not None:
            key, order = picked
            order.is_over = True
            update = order_update(
                key, order.side, order.price, order.size, filled_lots=order.filled,
                state=VenueOrderState.CANCELED, cancel_source=source,
            )  # fmt: skip
            self.apply(update)

    @rule(number=st.integers(0, 9), code=st.sampled_from(["51008", "51121", "50011"]))
    def refuse(self, number: int, code: str) -> None:
        """A place is refused."""
        picked = self.pick(number)
        if picked is not None and not picked[1].is_live and not picked[1].filled:
            picked[1].is_over = True
            self.apply(OrderRefused("place", INST, picked[0], code, "no"))

    @rule(number=st.integers(0, 9))
    def lose_answer(self, number: int) -> None:
        """Nobody knows what has become of an order: it still counts."""
        if (picked := self.pick(number)) is not None:
            self.apply(OrderOutcomeUnknown("place", INST, picked[0], "timeout"))

    @rule(ticks=st.integers(-900, 900), spread=st.sampled_from([1, 5, 200]), is_marked=st.booleans())
    def move(self, ticks: int, spread: int, is_marked: bool) -> None:  # noqa: FBT001 - a rule's argument
        """The book moves."""
        self.bid += ticks
        self.ask = self.bid + spread
        self.check(self.desk.book(self.bid, self.ask, updates=3))
        if is_marked:  # so that a position may lose enough to be closed as a taker
            self.apply(MarkPrice(INST, self.bid * TICK, 0))

    @rule(
        event=st.sampled_from(
            [
                OrderBudget(45, 51), OrderBudget(0, 51), StreamDown("private", "x"),
                StreamDown("public", "x"), StreamUp("public"), ClockMeasured(2 * 10**9, 0),
                ClockMeasured(0, 0), ClockMeasured(4 * 10**8, 0),
                JournalFailed("full"), JournalFailed(""), MarkPrice(INST, Decimal(60_000), 0),
            ]
        )
    )  # fmt: skip
    def happen(self, event: AnyEvent) -> None:
        """Anything else."""
        self.apply(event)

    @rule()
    def log_in(self) -> None:
        """The private stream returns and everything is merged."""
        self.apply(StreamUp("private"))
        orders = tuple(
            order_update(key, o.side, o.price, o.size, filled_lots=o.filled)
            for key, o in self.sent.items()
            if not o.is_over and o.is_live
        )
        position = PositionUpdate(INST, self.position, Decimal(60_000), None, None, 0)
        self.check(self.desk.answer_truth(orders=orders, positions=(position,)))
        self.desk.arm_dead_man()

    @rule(
        command=st.sampled_from(
            [
                Pause(), Resume(), Reduce(), Kill("test"), Arm(), FlattenPositions(""), Widen(is_on=True),
                Widen(is_on=False), SetLimit("price_collar_bps", Decimal(40)),
                SetParam(INST, "order_size", Decimal(3), "test"),
                SetParam(INST, "order_size", Decimal(1), "test"),
                SetParam(INST, "base_spread_bps", Decimal(60), "test"),
            ]
        )
    )  # fmt: skip
    def command(self, command: object) -> None:
        """The operator does something."""
        self.check(self.desk.command(command))  # pyright: ignore[reportArgumentType]

    @rule()
    def cancels_take(self) -> None:
        """The venue carries out every cancel that was asked for."""
        for order in self.desk.market.orders.working:
            sent = self.sent.get(order.cl_ord_id)
            if order.cancel_sent_ns is not None and sent is not None and not sent.is_over:
                sent.is_over = True
                self.apply(
                    order_update(
                        order.cl_ord_id, sent.side, sent.price, sent.size, filled_lots=sent.filled,
                        state=VenueOrderState.CANCELED, cancel_source="1",
                    )
                )  # fmt: skip

    @rule()
    def prove_and_resume(self) -> None:
        """A kill comes to its end, and the operator goes on."""
        self.cancels_take()
        if self.desk.taken(PollPending) and not any(not each.is_over for each in self.sent.values()):
            for _ in range(2):
                self.check(self.desk.answer_poll())
                self.check(self.desk.run(250))
        self.command(Arm())
        self.command(Resume())

    @rule()
    def flatten(self) -> None:
        """The operator closes everything, and the quotes leave."""
        self.command(Arm())
        self.command(FlattenPositions(""))
        self.cancels_take()
        self.wait(0.6, 0)

    @rule()
    def lose(self) -> None:
        """The market runs against what is held, by more than a position may lose."""
        if self.position:
            for _ in range(2):
                self.move(-900 if self.position > 0 else 900, 1, is_marked=True)
            self.wait(0.6, 0)

    @rule(
        side=st.sampled_from(Side),
        away=st.sampled_from([-2, 0, 1, 900, 1_300, 5_900, 6_100, 700_000]),
        lots=st.sampled_from([0, 1, 100, 250, 700, 2_500]),
    )
    def order_by_hand(self, side: Side, away: int, lots: int) -> None:
        """The operator wants an order no strategy would place."""
        best = self.bid if side is Side.BUY else self.ask
        self.command(PlaceManual(INST, side, best - side.sign * away, lots))

    @rule(seconds=st.sampled_from([0.1, 0.6, 2.5]), lag_ms=st.sampled_from([0, 0, 0, 400]))
    def wait(self, seconds: float, lag_ms: int) -> None:
        """Time passes, with the switch renewed."""
        for _ in range(int(seconds / 0.1)):
            self.check(self.desk.tick(100, lag_ms))
        self.desk.arm_dead_man()


LimitsHold.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLimitsHold = LimitsHold.TestCase


def test_a_halted_desk_sends_cancels_and_nothing_else():
    """Whatever comes in after a kill."""
    machine = LimitsHold()
    machine.begin({}, 1)
    machine.command(Kill("test"))
    before = len(machine.sent)
    for ticks in (-300, 200, 100):
        machine.move(ticks, 1, is_marked=True)
        machine.wait(0.6, 0)
        machine.log_in()
    assert len(machine.sent) == before
    assert machine.desk.taken(CancelOrder)
