"""Events nobody thought of, made from their types, and a venue that keeps the engine trading between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import EnumType
from itertools import chain
from random import Random
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Struct, structs

from okxmm_tui.core.account import FeeRates
from okxmm_tui.core.commands import (
    AcknowledgeAlarms,
    AnswerPreflight,
    AnyCommand,
    Arm,
    Kill,
    Quit,
    Resume,
    SetLimit,
    SetParam,
)
from okxmm_tui.core.effects import AnyEffect, FetchTruth, PlaceOrder, PollPending
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.limits import LOWER_IS_SAFER, Limits
from okxmm_tui.core.messages import (
    AnyEvent,
    BalanceUpdate,
    BookSnapshot,
    BookUpdate,
    ClockMeasured,
    DeadManArmed,
    Fill,
    JournalFailed,
    OperatorCommand,
    OrderBudget,
    OrderUpdate,
    PendingPolled,
    PositionUpdate,
    SessionStarted,
    StreamDown,
    StreamUp,
    Tick,
    TruthFetched,
)
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.preflight import PreflightPolicy
from okxmm_tui.core.types import ContractKind, Liquidity, Mode, PositionMode, Side, VenueOrderState
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.strategies.registry import STRATEGIES
from tests.engine.desk import MS
from tests.samples import START_NS, TAG, inverse, pair, started, swap

KINDS = [kind for kind in get_args(AnyEvent) if kind is not SessionStarted]
COMMANDS = get_args(AnyCommand)
PAUSES_MS = (0, 0, 1, 1, 3, 5, 10, 20, 50, 100, 900)
CHANGES: tuple[dict[str, Any], ...] = (
    *([{}] * 12),
    {"tick_size": Decimal("0.2")},
    {"lot_size": Decimal("0.1")},
    {"min_size_lots": 50},
    {"max_limit_lots": 5},
)


class AnyEventSource:
    """A session of random settings, and what happens to it; the same seed gives the same story."""

    def __init__(self, seed: int) -> None:
        self._random = random = Random(seed)
        self._instruments = tuple(random.sample([swap(), inverse(), pair()], random.randint(1, 3)))
        fees = FeeRates(Decimal("0.0002"), Decimal("0.0005"))
        self.now_ns = START_NS
        limits = Limits(is_headless=random.random() < 0.5, preflight=random.choice(list(PreflightPolicy)))
        self.reducer = Reducer(
            started(
                limits=limits,
                mode=random.choice([Mode.SIM, Mode.DEMO, Mode.LIVE]),
                instruments=self._instruments,
                strategy=random.choice(sorted(STRATEGIES)),
                position_mode=random.choice(list(PositionMode)),
                fees={each.inst_id: fees for each in self._instruments},
            ),
            START_NS,
        )
        self._mids = {each.inst_id: 600_000 for each in self._instruments}
        self._wildness = random.choice([0.1, 0.2, 0.5])
        self._placed: list[PlaceOrder] = []
        self._left_over: list[OrderUpdate] = []
        self._streams: set[str] = set()
        self._asked: list[FetchTruth | PollPending] = []
        self._count = 0

    def step(self) -> tuple[AnyEvent, list[AnyEffect]]:
        """Let one thing happen."""
        event = self._wild() if self._random.random() < self._wildness else self._friendly()
        self.now_ns += self._random.choice(PAUSES_MS) * MS
        effects = self.reducer.apply(event, self.now_ns)
        self._placed += [each for each in effects if isinstance(each, PlaceOrder)]
        self._asked += [each for each in effects if isinstance(each, FetchTruth | PollPending)]
        match event:
            case StreamUp(stream):
                self._streams.add(stream)
            case StreamDown(stream):
                self._streams.discard(stream)
            case _:
                pass
        return event, effects

    # -- a venue that works ----------------------------------------------------------------------------

    def _friendly(self) -> AnyEvent:
        if self._asked:
            return self._answer(self._asked.pop())
        if self.reducer.session.machine.state.value != "ACTIVE" and self._random.random() < 0.2:
            command = self._random.choice(
                [Arm(), Resume(), Resume(), AnswerPreflight("adopt"), AcknowledgeAlarms()]
            )
            return OperatorCommand("test", self._next(), command)
        acts: list[Callable[[], AnyEvent]] = [
            self._connected, self._calm, self._book, self._book, *([self._progress] * 3)
        ]  # fmt: skip
        return self._random.choice(acts)()

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _answer(self, request: FetchTruth | PollPending) -> AnyEvent:
        if not self._placed and not self._left_over and self._random.random() < 0.5:
            self._left_over = [self._leftover() for _ in range(2)]
            orders = tuple(self._left_over)
        else:
            orders = tuple(
                self._update(market, order, VenueOrderState.LIVE)
                for market, order in self._working()
                if self._random.random() < 0.7
            )
        if isinstance(request, PollPending):
            return PendingPolled(request.request_id, orders)
        money = tuple(BalanceUpdate(ccy, *[Decimal(40_000)] * 3, self._now_ms) for ccy in ("USDT", "BTC"))
        return TruthFetched(request.request_id, orders, (), tuple(self._positions()), money)

    @property
    def _now_ms(self) -> int:
        return self.now_ns // MS

    def _leftover(self) -> OrderUpdate:
        side, number = self._random.choice(list(Side)), self._next()
        inst_id = self._random.choice(self._instruments).inst_id
        price_ticks = self._mids[inst_id] - 5 * side.sign
        return OrderUpdate(
            inst_id, f"o-left{number}", f"left{number}", TAG, side, price_ticks, 1_000, 0,
            VenueOrderState.LIVE, self._now_ms,
        )  # fmt: skip

    def _positions(self) -> Iterator[PositionUpdate]:
        for market in self.reducer.session.markets.values():
            if market.instrument.kind is not ContractKind.SPOT:
                price = Decimal(60_000)
                yield PositionUpdate(
                    market.instrument.inst_id, market.position_lots, price, price, None, self._now_ms
                )

    def _connected(self) -> AnyEvent:
        down = sorted({"public", "private"} - self._streams)
        return StreamUp(down[0]) if down else DeadManArmed(self._now_ms + 20_000)

    def _calm(self) -> AnyEvent:
        return self._random.choice([Tick(0), OrderBudget(0, 60), ClockMeasured(0, 0), JournalFailed("")])

    def _book(self) -> AnyEvent:
        inst_id = self._random.choice(self._instruments).inst_id
        mid, number = self._mids[inst_id], self._next()
        if self._random.random() < 0.5:
            bids, asks = (tuple((mid + sign * n, 500) for n in range(1, 11)) for sign in (-1, 1))
            return BookSnapshot(inst_id, bids, asks, number, self._now_ms)
        away = self._random.randint(1, 6)
        return BookUpdate(inst_id, ((mid - away, 400),), ((mid + away, 400),), number, self._now_ms)

    def _working(self) -> list[tuple[Market, OwnOrder]]:
        return [
            (market, order)
            for market in self.reducer.session.markets.values()
            for order in market.orders.working
        ]

    def _progress(self) -> AnyEvent:
        """One of our orders is confirmed, filled or, where it was asked for, cancelled."""
        working = self._working()
        if not working:
            return Tick(0)
        market, order = self._random.choice(working)
        choice = self._random.random()
        if choice < 0.5:
            return self._update(market, order, VenueOrderState.LIVE)
        if choice < 0.75 and order.cancel_sent_ns is not None:
            return self._update(market, order, VenueOrderState.CANCELED)
        return self._filled(market, order)

    @staticmethod
    def _update(market: Market, order: OwnOrder, state: VenueOrderState, **changes: Any) -> OrderUpdate:
        amend = order.amend
        update = OrderUpdate(
            inst_id=market.instrument.inst_id,
            ord_id="o-" + order.cl_ord_id,
            cl_ord_id=order.cl_ord_id,
            tag=TAG,
            side=order.side,
            price_ticks=amend.price_ticks if amend else order.price_ticks,
            size_lots=amend.size_lots if amend else order.size_lots,
            filled_lots=order.filled_lots,
            state=state,
            update_ms=START_NS // MS,
            cancel_source="1" if state is VenueOrderState.CANCELED else "",
            amend_result="0" if amend else "",
            req_id=amend.req_id if amend else "",
            position_side=order.position_side,
        )
        return structs.replace(update, **changes)

    def _filled(self, market: Market, order: OwnOrder) -> AnyEvent:
        update = self._update(market, order, VenueOrderState.FILLED)
        left = update.size_lots - order.filled_lots
        if left <= 0:
            return Tick(0)
        lots = min(left, self._random.choice([1, 50, left]))
        kind = market.instrument.kind
        in_coin = kind is ContractKind.INVERSE or (kind is ContractKind.SPOT and order.side is Side.BUY)
        fill = Fill(
            market.instrument.inst_id, f"t{self._next()}", update.ord_id, order.cl_ord_id, order.side,
            update.price_ticks, lots, Decimal("-0.001"), "BTC" if in_coin else "USDT", Liquidity.MAKER,
            self._now_ms, TAG,
        )  # fmt: skip
        state = VenueOrderState.FILLED if lots == left else VenueOrderState.PARTIALLY_FILLED
        return structs.replace(update, state=state, filled_lots=order.filled_lots + lots, fill=fill)

    # -- anything ----------------------------------------------------------------------------------------

    def _wild(self) -> AnyEvent:
        random = self._random
        if random.random() < 0.4:
            return OperatorCommand("test", self._next(), self._command())
        inst_id = random.choice(self._instruments).inst_id
        self._mids[inst_id] = max(10_000, self._mids[inst_id] + random.choice([0, 1, -1, 30, -30, 2_000]))
        return self.made(random.choice(KINDS), "")

    def _command(self) -> AnyCommand:
        """Any, ends of the session seldom; limits and parameters often near what they are."""
        if self._random.random() < 0.2:
            return self._narrower()
        kind = self._random.choice(COMMANDS)
        return Arm() if kind in {Kill, Quit} and self._random.random() < 0.9 else self.made(kind, "")

    def _narrower(self) -> AnyCommand:
        if self._random.random() < 0.5:
            name = self._random.choice(sorted(LOWER_IS_SAFER))
            return SetLimit(name, getattr(self.reducer.session.limits, name) / Decimal(2))
        market = self._random.choice(list(self.reducer.session.markets.values()))
        name = self._random.choice(sorted(market.params.values))
        factor = self._random.choice([Decimal("0.5"), Decimal("1.1"), Decimal(2)])
        return SetParam(market.instrument.inst_id, name, market.params.values[name] * factor)

    def made(self, kind: Any, name: str) -> Any:
        """Any value of a type that a field of this name could hold."""
        random, origin = self._random, get_origin(kind)
        if pool := getattr(self, "_any_" + name, None):
            return pool()
        if kind is Instrument:
            return structs.replace(random.choice(self._instruments), **random.choice(CHANGES))
        if origin in {Union, UnionType}:
            return self.made(random.choice(get_args(kind)), name)
        if origin is Literal:
            return random.choice(get_args(kind))
        if origin is tuple:
            parts = get_args(kind)
            if parts[-1] is not ...:
                return tuple(self.made(part, name) for part in parts)
            return tuple(self.made(parts[0], name) for _ in range(random.choice([0, 0, 1, 3])))
        if origin is dict:
            key, value = get_args(kind)
            return {
                self.made(key, "name"): self.made(value, "value") for _ in range(random.choice([0, 1, 2]))
            }
        if isinstance(kind, EnumType):
            return random.choice(list(kind))
        if isinstance(kind, type) and issubclass(kind, Struct):
            hints = get_type_hints(kind)
            fields = {each.name: self.made(hints[each.name], each.name) for each in structs.fields(kind)}
            if kind is Fill:  # the wire refuses others
                fields["price_ticks"], fields["size_lots"] = (
                    max(1, fields[name]) for name in ("price_ticks", "size_lots")
                )
            return kind(**fields)
        return self._plain(kind)

    def _plain(self, kind: Any) -> Any:
        random = self._random
        if kind is NoneType:
            return None
        if kind is bool:
            return random.random() < 0.5
        if kind is int:
            return random.choice([0, 1, 1, 100, random.randint(1, 10_000), 10**9])
        if kind is Decimal:
            return random.choice(
                [
                    Decimal(0),
                    Decimal(1),
                    Decimal("0.5"),
                    Decimal("1e-9"),
                    Decimal(60_000),
                    Decimal(-3),
                    Decimal(10**9),
                ]
            )
        assert kind is str, kind
        return random.choice(["", "0", "1", "31", "51008", "54109", "public", "private", "x"])

    def _any_inst_id(self) -> str:
        return self._random.choice([*(each.inst_id for each in self._instruments), "ETH-USDT-SWAP"])

    def _any_cl_ord_id(self) -> str:
        return self._random.choice([*(each.cl_ord_id for each in self._placed[-8:]), "left1", "foreign", ""])

    def _any_ord_id(self) -> str:
        return "o-" + self._any_cl_ord_id()

    def _any_request_id(self) -> int:
        return self._random.randint(1, 20)

    def _any_tag(self) -> str:
        return self._random.choice([TAG, TAG, ""])

    def _any_price_ticks(self) -> int:
        if self._random.random() < 0.04:
            return self._random.choice([0, -1])
        mid = self._random.choice(list(self._mids.values()))
        return max(1, mid + self._random.choice([0, 1, -1, 300, -300, self._random.randint(-3_000, 3_000)]))

    _any_bid_ticks = _any_ask_ticks = _any_price_ticks

    def _any_bids(self) -> tuple[tuple[int, int], ...]:
        count = self._random.choice([0, 1, 3])
        return tuple(
            {self._any_price_ticks(): self._random.choice([0, 1, 500]) for _ in range(count)}.items()
        )

    _any_asks = _any_bids

    def _any_size_lots(self) -> int:
        return self._random.choice([0, 1, 100, self._random.randint(1, 10_000)])

    def _any_venue_ms(self) -> int:
        return self._now_ms + self._random.choice([0, 0, 0, -5, 5, -10_000, 10_000, -172_800_000, 86_400_000])

    _any_update_ms = _any_begin_ms = _any_end_ms = _any_funding_ms = _any_trigger_ms = _any_venue_ms

    def _any_next_funding_ms(self) -> int:
        return self._any_venue_ms() + 28_800_000

    def _any_exact_price(self) -> Decimal | None:
        return self._random.choice([None, None, Decimal("60000.16")])

    def _any_rest(self) -> Decimal:
        return self._random.choice([Decimal(0), Decimal(0), Decimal("0.001")])

    def _any_bid(self) -> Decimal:
        return Decimal(self._random.randint(1, 100))

    def _any_ask(self) -> Decimal:
        return Decimal(self._random.randint(101, 200))

    def _any_lag_ns(self) -> int:
        return self._random.choice([0, 0, 400 * MS])

    def _any_name(self) -> str:
        markets = self.reducer.session.markets.values()
        names = chain(
            Limits.__struct_fields__, *(market.params.values for market in markets), STRATEGIES, ["x"]
        )
        return self._random.choice(list(names))
