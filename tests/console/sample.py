"""Realistic snapshots with a fixed clock, for tests and for pictures."""

from __future__ import annotations

import math
from decimal import Decimal
from random import Random

from msgspec import structs

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.market_views import (
    FillView,
    FlattenView,
    GaugeView,
    GhostView,
    MarketView,
    OrderView,
    ParamChangeView,
    ParamView,
    SideView,
    TradeView,
)
from okxmm_tui.core.opportunity_views import PartsView
from okxmm_tui.core.preflight import CheckState, CheckView, DifferenceView, PreflightView
from okxmm_tui.core.snapshot import (
    AccountView,
    AlarmView,
    DeadManView,
    HealthView,
    KillView,
    LatencyView,
    LimitView,
    LogLine,
    Snapshot,
)
from okxmm_tui.core.types import ContractKind, Levels, Liquidity, Mode, Severity, Side
from tests.console.sample_books import books, identity, performance

NOW_NS = 1_763_728_265_400_000_000
"""2025-11-21 12:31:05.4 UTC."""
SECOND = 1_000_000_000
MID_TICKS = 965_123

INSTRUMENT = Instrument(
    inst_id="BTC-USDT-SWAP",
    inst_type="SWAP",
    kind=ContractKind.LINEAR,
    code=10459,
    tick_size=Decimal("0.1"),
    lot_size=Decimal("0.01"),
    min_size_lots=1,
    max_limit_lots=10_000_000_000,
    contract_value=Decimal("0.01"),
    base_ccy="BTC",
    quote_ccy="USDT",
    settle_ccy="USDT",
)

PARAMS = (
    ParamView("base_spread_bps", "half-spread", Decimal("2.5"), "bps", Decimal("0.5"), Decimal(50),
              Decimal("0.5"), "Distance of a quote from the fair price before skew and volatility.",
              lever="spread"),
    ParamView("order_size", "order size", Decimal("0.50"), "ct", Decimal("0.01"), Decimal(10), Decimal("0.1"),
              "Contracts per quote.", lever="size"),
    ParamView("inventory_skew", "inventory skew", Decimal("0.4"), "", Decimal(0), Decimal(2), Decimal("0.1"),
              "How far a full position moves both quotes, in half-spreads.", lever="skew"),
    ParamView("max_position", "max position", Decimal(40), "ct", Decimal(1), Decimal(100), Decimal(1),
              "The side that would exceed it is held.", lever="limit"),
    ParamView("volatility_mult", "volatility mult", Decimal("1.5"), "x", Decimal(0), Decimal(10),
              Decimal("0.1"), "How much the spread widens with volatility."),
    ParamView("refresh_ms", "refresh", Decimal(250), "ms", Decimal(50), Decimal(5_000), Decimal(50),
              "Least time between two amendments of a quote."),
)  # fmt: skip


RISKS = {"base_spread_bps": "down", "order_size": "up", "max_position": "up"}
PARAMS = tuple(structs.replace(each, risk=RISKS.get(each.name, "none")) for each in PARAMS)


def levels(side: Side, best_ticks: int, seed: int, count: int = 60) -> Levels:
    """Book levels with the gaps and lumps of a real book."""
    random = Random(seed * 2 + (side is Side.BUY))
    result: list[tuple[int, int]] = []
    price = best_ticks
    for rank in range(count):
        lots = round(random.lognormvariate(5.5 + min(rank, 20) * 0.06, 1.1)) + 1
        result.append((price, lots))
        price -= side.sign * random.choice((1, 1, 1, 2, 3))
    return tuple(result)


def order(
    side: Side, price_ticks: int, *, status: str = "live", queue: int | None = 1230, age: float = 14
) -> OrderView:
    """One own order."""
    return OrderView(
        cl_ord_id=f"o{side.value}{price_ticks}",
        side=side,
        price_ticks=price_ticks,
        size_lots=50,
        filled_lots=0,
        status=status,
        created_ns=NOW_NS - int(age * SECOND),
        queue_ahead_lots=queue,
        decision="HOLD 1 tick off target, 3 allowed",
        params_version=7,
        fill_probability=None if queue is None else round(1 / (1 + queue / 200), 2),
    )


def history(length: int = 240) -> tuple[float, ...]:
    """A session that began badly and ended well."""
    return tuple(
        round(-28 + 0.42 * t + 22 * math.sin(t / 17) + 4 * math.sin(t / 3), 2) for t in range(length)
    )


def fills(count: int = 24) -> tuple[FillView, ...]:
    """Fills on both sides, newest first."""
    return tuple(
        FillView(
            venue_ms=(NOW_NS // 1_000_000) - 9_000 - index * 23_700,
            side=Side.BUY if index % 3 else Side.SELL,
            price_ticks=MID_TICKS - 60 + (index * 37) % 120,
            size_lots=50 - (index * 7) % 40,
            fee=Decimal("-0.0965") if index % 7 else Decimal("-0.2413"),
            fee_ccy="USDT",
            liquidity=Liquidity.MAKER if index % 7 else Liquidity.TAKER,
            realised_quote=Decimal(index * 31 % 17 - 6) / 4,
            trade_id=str(740_112_930 - index * 3),
            cl_ord_id=f"o{'buy' if index % 3 else 'sell'}{MID_TICKS - 60 + (index * 37) % 120}",
        )
        for index in range(count)
    )


def trades(mid: int = MID_TICKS, count: int = 50) -> tuple[TradeView, ...]:
    """Public prints on both sides, newest first; one of them reached our ask."""
    random = Random(5)
    prints: list[TradeView] = []
    for index in range(count):
        side = random.choice((Side.BUY, Side.SELL, Side.BUY))
        price = mid + 5 if index == 3 else mid + side.sign * random.choice((1, 1, 1, 2, 4))
        at_ms = NOW_NS // 1_000_000 - index * 410 - 90
        prints.append(
            TradeView(
                at_ms,
                Side.BUY if index == 3 else side,
                price,
                round(random.lognormvariate(3, 1.2)) + 1,
                mid - 4 if index < 30 else None,
                mid + 5,
            )
        )
    return tuple(prints)


def flow() -> tuple[tuple[int, int], ...]:
    """A minute that began calm, then sold, then bought."""
    random = Random(11)
    return tuple(
        (round(random.lognormvariate(3 + second / 40, 1)), round(random.lognormvariate(4 - second / 40, 1)))
        if random.random() < 0.85
        else (0, 0)
        for second in range(60)
    )


LOG_TEXTS = (
    (Severity.INFO, "fill", "buy 0.50 @ 96509.8, fee -0.0965, BTC-USDT-SWAP"),
    (Severity.INFO, "param", "BTC-USDT-SWAP: base_spread_bps 2 -> 2.5 by key (version 7)"),
    (Severity.INFO, "fill", "sell 0.43 @ 96511.0, fee -0.0830, BTC-USDT-SWAP"),
    (Severity.WARNING, "alarm", "order answers take 312 ms (p95), limit 250 ms"),
    (Severity.INFO, "notice", "orders, fills and positions agree with the venue"),
    (Severity.INFO, "notice", "BTC-USDT-SWAP: order book live"),
    (Severity.INFO, "state", "ACTIVE: resumed by the operator"),
    (
        Severity.WARNING,
        "alarm",
        "BTC-USDT-SWAP: order book broken (checksum 7 did not match); quotes pulled, resubscribing",
    ),
    (Severity.INFO, "state", "PAUSED: paused by the operator"),
)


def log(count: int = 40) -> tuple[LogLine, ...]:
    """Event log, oldest first."""
    lines: list[LogLine] = []
    for index in range(count):
        severity, kind, text = LOG_TEXTS[(count - 1 - index) % len(LOG_TEXTS)]
        lines.append(LogLine(index + 1, NOW_NS - (count - index) * 3 * SECOND, severity, kind, text))
    return tuple(lines)


def market(seed: int = 1, mid: int = MID_TICKS) -> MarketView:
    """A market quoting on both sides."""
    return MarketView(
        instrument=INSTRUMENT,
        book_state="live",
        book_age_ms=80,
        bids=levels(Side.BUY, mid - 1, seed),
        asks=levels(Side.SELL, mid + 1, seed),
        mark_price=Decimal("96512.9"),
        last_trade_ticks=mid + 1,
        last_trade_side=Side.BUY,
        fair_ticks=mid + 0.37,
        half_spread_bps=2.5,
        volatility_bps=0.83,
        bid=SideView(True, "quoting", NOW_NS - 14 * SECOND, mid - 4, 50),  # noqa: FBT003
        ask=SideView(True, "quoting", NOW_NS - 65 * SECOND, mid + 5, 50),  # noqa: FBT003
        bid_parts=PartsView(2.5, 0.3, 0.2, 0.0, 0.0, -0.04, 2.96),
        ask_parts=PartsView(2.5, 0.3, -0.2, 0.0, 0.0, 0.04, 2.64),
        orders=(
            order(Side.BUY, mid - 4),
            order(Side.BUY, mid - 9, queue=None, age=3),
            order(Side.SELL, mid + 5, queue=415, age=65),
            order(Side.SELL, mid + 11, status="amending", queue=80, age=0.3),
        ),
        fills=fills(),
        fill_count=1_284,
        position_lots=1_250,
        average_price=Decimal("96480.12"),
        realised_quote=Decimal("120.1"),
        unrealised_quote=Decimal("4.04"),
        fees_quote=Decimal("-31.74"),
        net_quote=Decimal("92.4"),
        pnl_history=history(),
        params=PARAMS,
        params_version=7,
        strategy="inventory_skew",
        trades=trades(mid),
        flow=flow(),
        accounting=books(),
        mark_age_ms=180,
        opportunities=(
            ("inventory_skew", ""),
            ("spread_capture", "spread 0.0002 % < 0.1 %"),
            ("avellaneda_stoikov", ""),
            ("glft", ""),
            ("ladder", ""),
        ),
        gauges=(
            GaugeView("position", 0.31, "12.50 / 40.00 ct"),
            GaugeView("notional", 0.74, "36,900 / 50,000 USDT"),
            GaugeView("book age", 0.03, "0.08 / 3.00 s"),
            GaugeView("spread", 0.02, "0.2 / 10.0 bps"),
            GaugeView("depth", 0.12, "8,400 / ≥1,000 within 10 bps"),
        ),
    )


HEALTH = HealthView(
    public_up=True,
    private_up=True,
    loop_lag_ms=0.4,
    events_per_s=812.0,
    order_budget_used=22,
    order_budget_limit=60,
    post_only_cancels=3,
    rejects=0,
    reconciled_ns=NOW_NS - 2 * SECOND,
    reconciled_text="4 / 4 agree",
    latencies=(
        LatencyView("place", 3.1, 5.8, 9.4, 412),
        LatencyView("amend", 2.9, 5.1, 8.8, 9_214),
        LatencyView("cancel", 3.0, 5.5, 12.1, 377),
    ),
    clock_offset_ms=1.4,
    clock_uncertainty_ms=0.6,
    feed_received=1_204,
    feed_conflated=391,
    feed_oldest_ms=2.2,
    venue_delay_ms=11.8,
)


def quoting(mode: Mode = Mode.SIM) -> Snapshot:
    """Both sides quoting, nothing wrong."""
    return Snapshot(
        seq=4_242,
        at_ns=NOW_NS,
        session_id=1_763_720_000,
        mode=mode,
        account="mm1",
        tag="okxmm",
        strategy="inventory_skew",
        trading_state="ACTIVE",
        state_reason="resumed by the operator",
        state_since_ns=NOW_NS - 184 * SECOND,
        armed_until_ns=None,
        markets=(market(),),
        account_view=AccountView(
            "USDT",
            Decimal("100092.40"),
            Decimal("98211.07"),
            Decimal("92.4"),
            (GaugeView("daily loss", 0.0, "0 / 1,000"), GaugeView("drawdown", 0.08, "82 / 1,000")),
        ),
        alarms=(),
        health=HEALTH,
        dead_man=DeadManView(True, NOW_NS + 17 * SECOND, 20, ""),  # noqa: FBT003
        kill=None,
        log=log(),
        consoles=1,
        limits=LIMITS,
        identity=identity(),
        performance=performance(),
        strategies=("avellaneda_stoikov", "glft", "inventory_skew", "ladder", "spread_capture"),
    )


LIMITS = (
    LimitView("max_order_notional_quote", Decimal(5_000), True),  # noqa: FBT003
    LimitView("max_position_notional_quote", Decimal(50_000), True),  # noqa: FBT003
    LimitView("max_daily_loss_quote", Decimal(1_000), True),  # noqa: FBT003
    LimitView("price_collar_bps", Decimal(100), True),  # noqa: FBT003
    LimitView("min_depth_quote", Decimal(1_000), False),  # noqa: FBT003
    LimitView("book_stale_ms", Decimal(3_000), True),  # noqa: FBT003
)


def with_market(snapshot: Snapshot, **changes: object) -> Snapshot:
    """The snapshot with fields of its market replaced."""
    return structs.replace(snapshot, markets=(structs.replace(snapshot.markets[0], **changes),))


def one_side_held() -> Snapshot:
    """The bid is held by the position limit."""
    held = SideView(False, "position limit reached", NOW_NS - 14 * SECOND, None, None)  # noqa: FBT003
    snapshot = quoting()
    orders = tuple(each for each in snapshot.markets[0].orders if each.side is Side.SELL)
    gauges = (GaugeView("position", 1.0, "40.00 / 40.00 ct"), *snapshot.markets[0].gauges[1:])
    return with_market(snapshot, bid=held, orders=orders, position_lots=4_000, gauges=gauges)


def stale() -> Snapshot:
    """The book stopped."""
    held = SideView(False, "book is stale", NOW_NS - 4 * SECOND, None, None)  # noqa: FBT003
    return with_market(
        quoting(Mode.DEMO), book_state="stale", book_age_ms=7_400, bid=held, ask=held, orders=()
    )


def alarmed() -> Snapshot:
    """Three alarms, one of them seen."""
    alarms = (
        AlarmView("unknown-order", Severity.CRITICAL, "order o7 is UNKNOWN: no answer to its amendment",
                  NOW_NS - 3 * SECOND, 1, False, False),  # noqa: FBT003
        AlarmView("rate", Severity.WARNING, "the venue refused 2 orders: rate limit", NOW_NS - 63 * SECOND, 2,
                  False, True),  # noqa: FBT003
        AlarmView("clock", Severity.INFO, "clock is 210 ms ahead of the venue", NOW_NS - 900 * SECOND, 1,
                  True, False),  # noqa: FBT003
    )  # fmt: skip
    base = quoting()
    orders = (order(Side.BUY, MID_TICKS - 4, status="unknown"), *base.markets[0].orders[1:])
    return structs.replace(with_market(base, orders=orders), alarms=alarms)


def _killed(kill: KillView, orders: tuple[OrderView, ...]) -> Snapshot:
    held = SideView(False, "halted", NOW_NS - 2 * SECOND, None, None)  # noqa: FBT003
    return structs.replace(
        with_market(quoting(), bid=held, ask=held, orders=orders),
        trading_state="HALTED",
        state_reason="kill: operator",
        state_since_ns=NOW_NS - 2 * SECOND,
        kill=kill,
    )


def killed() -> Snapshot:
    """Killed, and proven."""
    start = NOW_NS - 2 * SECOND
    return _killed(KillView(start, "operator: ctrl+k", 4, 4, 2, (), True, start + SECOND * 8 // 10, ""), ())  # noqa: FBT003


def kill_not_proven() -> Snapshot:
    """Killed, and two orders still reported by the venue."""
    residual = ("buy 0.50 @ 96511.9", "sell 0.50 @ 96512.8")
    kill = KillView(NOW_NS - 6 * SECOND, "operator: f12", 4, 9, 0, residual, False, None,  # noqa: FBT003
                    "REST did not answer for 4 s; trying again")  # fmt: skip
    return _killed(kill, quoting().markets[0].orders[:2])


def waiting() -> Snapshot:
    """Connected to the engine, no market data yet."""
    side = SideView(False, "waiting for the order book", NOW_NS - SECOND, None, None)  # noqa: FBT003
    snapshot = with_market(
        quoting(Mode.PAPER),
        book_state="waiting", book_age_ms=None, bids=(), asks=(), trades=(), flow=(), accounting=None,
        mark_price=None, mark_age_ms=None, last_trade_ticks=None,
        last_trade_side=None, fair_ticks=None, half_spread_bps=None, volatility_bps=None, bid=side, ask=side,
        orders=(), fills=(), fill_count=0, position_lots=0, average_price=None, realised_quote=Decimal(0),
        unrealised_quote=Decimal(0), fees_quote=Decimal(0), net_quote=Decimal(0), pnl_history=(), gauges=(),
    )  # fmt: skip
    return structs.replace(
        snapshot,
        trading_state="PAUSED",
        state_reason="start-up",
        log=(),
        account_view=AccountView("USDT", None, None, Decimal(0)),
        dead_man=DeadManView(False, None, 20, ""),  # noqa: FBT003
        health=structs.replace(HEALTH, private_up=False, reconciled_ns=None, reconciled_text=""),
    )


def live_paused() -> Snapshot:
    """Real money, waiting for its phrase."""
    return structs.replace(
        with_market(quoting(Mode.LIVE), orders=()),
        trading_state="PAUSED",
        state_reason="type the phrase to start",
        needs_phrase=True,
    )


def armed() -> Snapshot:
    """Halted, armed for seven more seconds."""
    return structs.replace(killed(), armed_until_ns=NOW_NS + 7 * SECOND)


def previewed() -> Snapshot:
    """A position that could be flattened, an order by hand, and ghosts of a draft."""
    base = quoting()
    by_hand = structs.replace(
        order(Side.BUY, MID_TICKS - 6, queue=300), is_manual=True, decision="MANUAL placed by the operator"
    )
    return with_market(
        base,
        orders=(*base.markets[0].orders, by_hand),
        ghosts=(GhostView(Side.BUY, MID_TICKS - 7, 60), GhostView(Side.SELL, MID_TICKS + 8, 60)),
        flatten=FlattenView(False, 1_250, 1_250, 1_250, MID_TICKS - 3.2, 0.4, 3),  # noqa: FBT003
        param_changes=(
            ParamChangeView(NOW_NS - 61 * SECOND, "key", "inventory_skew", "base_spread_bps 2 -> 2.5", 7),
        ),
    )


CHECKS = (
    CheckView("connection", CheckState.GOOD, "market data connected"),
    CheckView("login", CheckState.GOOD, "logged in, orders and account followed"),
    CheckView("clock", CheckState.GOOD, "+12 ms to the venue's, 250 ms allowed"),
    CheckView("instruments", CheckState.GOOD, "BTC-USDT-SWAP: live"),
    CheckView("fees", CheckState.GOOD, "maker 2 bps, taker 5 bps"),
    CheckView("account", CheckState.GOOD, "desk-7, futures mode, net positions"),
    CheckView("dead-man's switch", CheckState.WAITING, "armed after the answer: it would cancel leftovers"),
    CheckView("journal", CheckState.BAD, "cannot be written: no space left on device"),
    CheckView("orders", CheckState.DIFFERENT, "2 different, see below"),
    CheckView("positions", CheckState.DIFFERENT, "1 different, see below"),
    CheckView("balances", CheckState.GOOD, "USDT 104,223.18"),
)
DIFFERENCES = (
    DifferenceView("BTC-USDT-SWAP", "order", "an earlier session's", "buy 0.50 @ 96511.9"),
    DifferenceView("BTC-USDT-SWAP", "order", "no record", "sell 0.50 @ 96512.8"),
    DifferenceView("BTC-USDT-SWAP", "position", "0.50 ct", "12.50 ct"),
)


def asking() -> Snapshot:
    """The venue holds what the journal does not explain: nothing is quoted before the answer."""
    why = "preflight: waiting for the operator's answer"
    held = SideView(False, why, NOW_NS - 4 * SECOND, None, None)  # noqa: FBT003
    return structs.replace(
        with_market(quoting(Mode.DEMO), bid=held, ask=held, orders=()),
        preflight=PreflightView(True, "", CHECKS, DIFFERENCES),  # noqa: FBT003
    )


def equal() -> Snapshot:
    """Quoting; the preflight found nothing to ask."""
    good = tuple(structs.replace(each, state=CheckState.GOOD) for each in CHECKS[:6])
    agreed = tuple(CheckView(name, CheckState.GOOD, "equal") for name in ("orders", "positions"))
    return structs.replace(quoting(), preflight=PreflightView(False, "equal", (*good, *agreed)))  # noqa: FBT003


STATES = {
    "asking": asking,
    "equal": equal,
    "previewed": previewed,
    "quoting": quoting,
    "one_side_held": one_side_held,
    "stale": stale,
    "alarmed": alarmed,
    "killed": killed,
    "kill_not_proven": kill_not_proven,
    "waiting": waiting,
    "live_paused": live_paused,
    "armed": armed,
}
