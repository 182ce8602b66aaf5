"""The risk gate alone, under intents no strategy would have: what it approves keeps every limit.

Alignment and strategies respect most limits by themselves, so that an engine under random events seldom asks
for what must be refused. Here the gate is asked directly, in two ways. Each rule is tried right at its edge:
what is exactly on it passes, one step beyond is refused, and nothing else is wrong with the order. And of
random intents, whatever passes is checked against every rule, computed anew without ``core.risk``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from okxmm_tui.core.effects import AmendOrder, PlaceOrder
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.risk import Refusal, RiskContext, review_amend, review_close, review_place
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import OrderKind, PositionSide, Side
from tests.samples import START_NS, pair, swap

WIDE = Limits(
    max_order_notional_quote=Decimal(10**9),
    max_position_notional_quote=Decimal(10**9),
    max_gross_quote=Decimal(10**9),
    max_net_quote=Decimal(10**9),
    max_order_share=Decimal(10**6),
    max_open_share=Decimal(10**6),
    max_leverage=Decimal(10**6),
)
SOUND = RiskContext(
    instrument=swap(),
    state=TradingState.ACTIVE,
    limits=WIDE,
    bid_ticks=600_000,
    ask_ticks=600_001,
    position_lots=0,
    max_position_lots=10**9,
    working_buy_lots=0,
    working_sell_lots=0,
    budget_left=1,
    now_ns=START_NS,
    equity_quote=Decimal(10_000),
)
"""A hundred lots at 60 000 are worth 600 USDT: ``WORTH``."""
BID, ASK, LOTS, WORTH = 600_000, 600_001, 100, Decimal(600)
APART = {"closable_long_lots": LOTS, "closable_short_lots": LOTS}
SPOT = {"instrument": pair(min_size_lots=1), "sellable_lots": 10**9, "spendable_quote": Decimal(10**9)}


def limit(**changes: Decimal) -> dict[str, Any]:
    """Wide limits but for these."""
    return {"limits": structs.replace(WIDE, **changes)}


def order(side: Side = Side.BUY, price: int | None = None, lots: int = LOTS, **named: Any) -> dict[str, Any]:
    """An intent at the best price of its side."""
    best = BID if side is Side.BUY else ASK
    return {"side": side, "price_ticks": best if price is None else price, "size_lots": lots, **named}


SELL = order(Side.SELL, 600_000 + 1)
EDGES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # name: (context on the edge, intent on the edge, context beyond it, intent beyond it)
    "state PAUSED": ({}, order(), {"state": TradingState.PAUSED}, order()),
    "state HALTED": ({}, order(), {"state": TradingState.HALTED}, order()),
    "HALTED, though it would shrink": (
        {"state": TradingState.REDUCING, "position_lots": -LOTS}, order(),
        {"state": TradingState.HALTED, "position_lots": -LOTS}, order(),
    ),
    "reducing past zero": (
        {"state": TradingState.REDUCING, "position_lots": -LOTS}, order(),
        {"state": TradingState.REDUCING, "position_lots": -LOTS + 1}, order(),
    ),
    "reducing with others on the way": (
        {"state": TradingState.REDUCING, "position_lots": 3 * LOTS, "working_sell_lots": 2 * LOTS}, SELL,
        {"state": TradingState.REDUCING, "position_lots": 3 * LOTS, "working_sell_lots": 2 * LOTS + 1}, SELL,
    ),
    "instrument not live": ({}, order(), {"instrument": swap(state="preopen")}, order()),
    "price of nothing": (
        {**limit(price_collar_bps=Decimal(20_000)), "bid_ticks": 1, "ask_ticks": 2}, order(price=1),
        {**limit(price_collar_bps=Decimal(20_000)), "bid_ticks": 1, "ask_ticks": 2}, order(price=0),
    ),
    "smallest size": (
        {"instrument": swap(min_size_lots=LOTS)}, order(),
        {"instrument": swap(min_size_lots=LOTS + 1)}, order(),
    ),
    "largest size": (
        {"instrument": swap(max_limit_lots=LOTS)}, order(),
        {"instrument": swap(max_limit_lots=LOTS - 1)}, order(),
    ),
    "buying into the ask": ({}, order(price=ASK - 1), {}, order(price=ASK)),
    "selling into the bid": ({}, order(Side.SELL, BID + 1), {}, order(Side.SELL, BID)),
    "collar below": ({}, order(price=594_001), {}, order(price=594_000)),
    "collar above": ({}, order(Side.SELL, 606_000), {}, order(Side.SELL, 606_001)),
    "order worth": (
        limit(max_order_notional_quote=WORTH), order(),
        limit(max_order_notional_quote=WORTH - Decimal("0.01")), order(),
    ),
    "maximum position": ({"max_position_lots": LOTS}, order(), {"max_position_lots": LOTS - 1}, order()),
    "maximum position, held": (
        {"max_position_lots": 3 * LOTS, "position_lots": 2 * LOTS}, order(),
        {"max_position_lots": 3 * LOTS, "position_lots": 2 * LOTS + 1}, order(),
    ),
    "maximum position, short": (
        {"max_position_lots": 3 * LOTS, "position_lots": -2 * LOTS}, SELL,
        {"max_position_lots": 3 * LOTS, "position_lots": -2 * LOTS - 1}, SELL,
    ),
    "maximum position, bids working": (
        {"max_position_lots": 3 * LOTS, "working_buy_lots": 2 * LOTS}, order(),
        {"max_position_lots": 3 * LOTS, "working_buy_lots": 2 * LOTS + 1}, order(),
    ),
    "maximum position, asks working": (
        {"max_position_lots": 3 * LOTS, "working_sell_lots": 2 * LOTS}, SELL,
        {"max_position_lots": 3 * LOTS, "working_sell_lots": 2 * LOTS + 1}, SELL,
    ),
    "position worth": (
        limit(max_position_notional_quote=WORTH), order(),
        limit(max_position_notional_quote=WORTH - Decimal("0.01")), order(),
    ),
    "share of equity": (
        limit(max_order_share=Decimal("0.06")), order(), limit(max_order_share=Decimal("0.0599")), order(),
    ),
    "open share of equity": (
        {**limit(max_open_share=Decimal("0.1")), "open_quote": Decimal(400)}, order(),
        {**limit(max_open_share=Decimal("0.1")), "open_quote": Decimal("400.01")}, order(),
    ),
    "gross exposure": (
        {**limit(max_gross_quote=Decimal(1_000)), "others_gross_quote": Decimal(400)}, order(),
        {**limit(max_gross_quote=Decimal(1_000)), "others_gross_quote": Decimal("400.01")}, order(),
    ),
    "net exposure long": (
        {**limit(max_net_quote=Decimal(1_000)), "others_net_quote": Decimal(400)}, order(),
        {**limit(max_net_quote=Decimal(1_000)), "others_net_quote": Decimal("400.01")}, order(),
    ),
    "net exposure short": (
        {**limit(max_net_quote=Decimal(1_001)), "others_net_quote": Decimal(-400)}, SELL,
        {**limit(max_net_quote=Decimal(1_000)), "others_net_quote": Decimal(-400)}, SELL,
    ),
    "net exposure long with bids of other markets": (
        {**limit(max_net_quote=Decimal(1_000)), "others_buy_quote": Decimal(400)}, order(),
        {**limit(max_net_quote=Decimal(1_000)), "others_buy_quote": Decimal("400.01")}, order(),
    ),
    "net exposure short with asks of other markets": (
        {**limit(max_net_quote=Decimal(1_001)), "others_sell_quote": Decimal(400)}, SELL,
        {**limit(max_net_quote=Decimal(1_000)), "others_sell_quote": Decimal(400)}, SELL,
    ),
    "leverage": (
        limit(max_leverage=Decimal("0.06")), order(), limit(max_leverage=Decimal("0.0599")), order(),
    ),
    "leverage with other markets": (
        {**limit(max_leverage=Decimal("0.1")), "others_gross_quote": Decimal(400)}, order(),
        {**limit(max_leverage=Decimal("0.1")), "others_gross_quote": Decimal("400.01")}, order(),
    ),
    "order budget": ({}, order(), {"budget_left": 0}, order()),
    "selling what is owned": (
        {**SPOT, "sellable_lots": 3 * LOTS, "working_sell_lots": 2 * LOTS}, SELL,
        {**SPOT, "sellable_lots": 3 * LOTS, "working_sell_lots": 2 * LOTS + 1}, SELL,
    ),
    "buying what can be paid": (
        {**SPOT, "spendable_quote": Decimal("1.06"), "working_buy_quote": Decimal(1)}, order(),
        {**SPOT, "spendable_quote": Decimal("1.06"), "working_buy_quote": Decimal("1.01")}, order(),
    ),
    "a side where positions net": ({}, order(), {}, order(position_side=PositionSide.LONG)),
    "no side where they do not": (APART, order(position_side=PositionSide.LONG), APART, order()),
    "closing more than is held": (
        APART, order(position_side=PositionSide.SHORT),
        {**APART, "closable_short_lots": LOTS - 1}, order(position_side=PositionSide.SHORT),
    ),
    "closing more long than is held": (
        APART, {**SELL, "position_side": PositionSide.LONG},
        {**APART, "closable_long_lots": LOTS - 1}, {**SELL, "position_side": PositionSide.LONG},
    ),
    "opening while reducing": (
        {**APART, "state": TradingState.REDUCING, "position_lots": -LOTS},
        order(position_side=PositionSide.SHORT),
        {**APART, "state": TradingState.REDUCING, "position_lots": -LOTS},
        order(position_side=PositionSide.LONG),
    ),
}  # fmt: skip


def place(context: RiskContext, intent: dict[str, Any]) -> PlaceOrder | Refusal:
    """Ask for a new order."""
    wanted = dict(intent)
    named = {"position_side": wanted.pop("position_side", PositionSide.NET)}
    return review_place(context, **wanted, cl_ord_id="c1", **named)


def amend(context: RiskContext, intent: dict[str, Any], filled_lots: int = 0) -> AmendOrder | Refusal:
    """Ask for an amend to the same; the filled part is in the size and grows nothing."""
    return review_amend(context, **intent, filled_lots=filled_lots, cl_ord_id="c1", req_id="r1")


@pytest.mark.parametrize("ask", [place, amend])
@pytest.mark.parametrize("name", EDGES)
def test_every_rule_holds_exactly_at_its_edge(name, ask):
    """On the edge it passes, one step beyond it is refused; nothing else is wrong with the order."""
    near, intent, beyond, worse = EDGES[name]
    allowed = ask(structs.replace(SOUND, **near), intent)
    assert not isinstance(allowed, Refusal), allowed.reason
    refused = ask(structs.replace(SOUND, **beyond), worse)
    assert isinstance(refused, Refusal)
    assert refused.reason


def test_reducing_orders_say_so_to_the_venue():
    """Reduce-only while reducing, where the venue knows the mark; never else."""
    reducing = structs.replace(SOUND, state=TradingState.REDUCING, position_lots=-LOTS)
    apart = structs.replace(reducing, **APART)
    spot = structs.replace(reducing, **SPOT)
    asked = {
        "reducing": place(reducing, order()),
        "active": place(structs.replace(reducing, state=TradingState.ACTIVE), order()),
        "apart": place(apart, order(position_side=PositionSide.SHORT)),
        "spot": place(spot, order()),
    }
    marks = {name: each.reduce_only for name, each in asked.items() if isinstance(each, PlaceOrder)}
    assert marks == {"reducing": True, "active": False, "apart": False, "spot": False}


def test_what_shrinks_is_not_held_back_by_what_is_there_already():
    """A position far above every limit may be reduced."""
    narrow = limit(
        max_position_notional_quote=Decimal(1), max_gross_quote=Decimal(1), max_net_quote=Decimal(1),
        max_leverage=Decimal(0), max_order_share=Decimal(0), max_open_share=Decimal(0),
    )  # fmt: skip
    context = structs.replace(SOUND, **narrow, position_lots=10 * LOTS, max_position_lots=0)
    assert isinstance(place(context, SELL), PlaceOrder)
    assert isinstance(place(context, order()), Refusal)


def test_the_filled_part_of_an_amend_counts_once():
    """Sixty of a hundred are filled: forty more would be added, and the size limits see the hundred."""
    context = structs.replace(SOUND, max_position_lots=LOTS, position_lots=60)
    assert isinstance(amend(context, order(), filled_lots=60), AmendOrder)
    assert isinstance(amend(context, order(), filled_lots=59), Refusal)


# -- random intents ------------------------------------------------------------------------------------------

SMALL = st.integers(-3 * LOTS, 3 * LOTS)
COUNT = st.integers(0, 3 * LOTS)
MONEY = st.integers(0, 2_000).map(Decimal)
CONTEXTS = st.fixed_dictionaries(
    {
        "state": st.sampled_from(TradingState),
        "position_lots": SMALL,
        "max_position_lots": COUNT,
        "working_buy_lots": COUNT,
        "working_sell_lots": COUNT,
        "budget_left": st.integers(-1, 3),
        "equity_quote": st.none() | st.sampled_from([Decimal(1_000), Decimal(10_000)]),
        "open_quote": MONEY,
        "others_gross_quote": MONEY,
        "others_net_quote": st.integers(-2_000, 2_000).map(Decimal),
        "others_buy_quote": MONEY,
        "others_sell_quote": MONEY,
    }
)
LIMITS = st.fixed_dictionaries(
    {
        "max_order_notional_quote": MONEY,
        "max_position_notional_quote": MONEY,
        "max_gross_quote": MONEY,
        "max_net_quote": MONEY,
        "max_order_share": st.integers(0, 100).map(lambda n: Decimal(n) / 100),
        "max_open_share": st.integers(0, 100).map(lambda n: Decimal(n) / 100),
        "max_leverage": st.integers(0, 30).map(lambda n: Decimal(n) / 10),
        "price_collar_bps": st.sampled_from([Decimal(1), Decimal(20), Decimal(100)]),
    }
)
PRICES = st.integers(-2, 2).map(lambda n: BID + n) | st.integers(590_000, 610_000) | st.integers(-5, 5)


def worth(lots: int, price_ticks: int) -> Decimal:
    """Quote value of so many lots of BTC-USDT-SWAP: a contract is 0.01 BTC, a lot 0.01 contracts."""
    return Decimal(lots * price_ticks) / 100_000


def broken(c: RiskContext, side: Side, price: int, size: int, adding: int) -> list[str]:
    """Every rule an order would break."""
    working = c.working_buy_lots if side is Side.BUY else c.working_sell_lots
    worst = (c.position_lots if side is Side.BUY else -c.position_lots) + working + adding
    value, exposure, most = worth(size, price), worth(worst, price), c.limits
    net = c.others_net_quote + (exposure if side is Side.BUY else -exposure)
    equity = c.equity_quote
    rules = {
        "state": c.state in {TradingState.PAUSED, TradingState.HALTED},
        "reducing": c.state is TradingState.REDUCING and worst > 0,
        "price": price <= 0,
        "size": not c.instrument.min_size_lots <= size <= c.instrument.max_limit_lots,
        "crossing": price >= c.ask_ticks if side is Side.BUY else price <= c.bid_ticks,
        "collar": abs(Decimal(price) - Decimal("600000.5")) / Decimal("600000.5") * 10_000
        > most.price_collar_bps,
        "worth": value > most.max_order_notional_quote,
        "position": worst > c.max_position_lots,
        "budget": c.budget_left <= 0,
    }
    if worst > 0:
        rules["position worth"] = exposure > most.max_position_notional_quote
        rules["gross"] = c.others_gross_quote + exposure > most.max_gross_quote
        further = net + c.others_buy_quote if side is Side.BUY else net - c.others_sell_quote
        rules["net"] = max(abs(net), abs(further)) > most.max_net_quote
    if worst > 0 and equity is not None:
        rules["share"] = value > most.max_order_share * equity
        rules["open share"] = c.open_quote + value > most.max_open_share * equity
        rules["leverage"] = c.others_gross_quote + exposure > most.max_leverage * equity
    return [name for name, is_broken in rules.items() if is_broken]


@settings(max_examples=600, deadline=None)
@given(CONTEXTS, LIMITS, st.sampled_from(Side), PRICES, st.integers(-1, 3 * LOTS), COUNT)
def test_what_is_approved_breaks_no_rule_and_what_is_refused_breaks_one(  # noqa: PLR0917
    changes, limits, side, price, size, filled
):
    """The gate and the rules agree on every intent, in both directions, for orders and for amends."""
    context = structs.replace(SOUND, limits=structs.replace(WIDE, **limits), **changes)
    problems = broken(context, side, price, size, size)
    placed = review_place(context, side, price, size, "c1")
    assert isinstance(placed, Refusal) == bool(problems), problems
    if isinstance(placed, PlaceOrder):
        assert placed.order_kind is OrderKind.POST_ONLY
        assert placed.reduce_only == (context.state is TradingState.REDUCING)
        assert (placed.side, placed.price_ticks, placed.size_lots) == (side, price, size)
        assert placed.expire_ms == START_NS // 1_000_000 + WIDE.order_expire_ms
    problems = broken(context, side, price, size, size - filled)
    names: dict[str, Any] = {"filled_lots": filled, "cl_ord_id": "c1", "req_id": "r1"}
    amended = review_amend(context, side, price, size, **names)
    assert isinstance(amended, Refusal) == bool(problems), problems


HELD = st.integers(-5 * LOTS, 5 * LOTS)
CLOSE = {"position_lots": 3 * LOTS}
CLOSINGS: dict[str, tuple[dict[str, Any], int, int]] = {
    # name: (context, lots wanted, lots that may go)
    "all of it": (CLOSE, 3 * LOTS, 3 * LOTS),
    "no more than is held": (CLOSE, 4 * LOTS, 3 * LOTS),
    "a short is bought back, no more": ({"position_lots": -3 * LOTS}, 4 * LOTS, 3 * LOTS),
    "no more than one order may have": (
        {**CLOSE, "instrument": swap(max_limit_lots=LOTS)}, 3 * LOTS, LOTS,
    ),
    "no more than one order may be worth": (
        {**CLOSE, **limit(max_order_notional_quote=Decimal("598.8"))}, 3 * LOTS, LOTS,
    ),
    "no more long than is free": ({**CLOSE, **APART, "closable_long_lots": LOTS - 1}, 3 * LOTS, LOTS - 1),
    "no more short than is free": (
        {"position_lots": -3 * LOTS, **APART, "closable_short_lots": LOTS - 1}, 3 * LOTS, LOTS - 1,
    ),
    "as little as the venue takes": ({**CLOSE, "instrument": swap(min_size_lots=LOTS)}, LOTS, LOTS),
    "nothing smaller": ({**CLOSE, "instrument": swap(min_size_lots=LOTS)}, LOTS - 1, 0),
    "nothing when flat": ({}, LOTS, 0),
    "nothing without a bid": ({**CLOSE, "bid_ticks": 0}, LOTS, 0),
    "nothing in a crossed book": ({**CLOSE, "bid_ticks": ASK}, LOTS, 0),
    "nothing while suspended": ({**CLOSE, "instrument": swap(state="suspend")}, LOTS, 0),
    "nothing without budget": ({**CLOSE, "budget_left": 0}, LOTS, 0),
    "no more than others of its side leave": ({**CLOSE, "working_sell_lots": 2 * LOTS}, LOTS, LOTS),
}  # fmt: skip


@pytest.mark.parametrize("state", TradingState)
@pytest.mark.parametrize("name", CLOSINGS)
def test_every_bound_of_a_closing_order_holds_in_every_state(name, state):
    """One bound at a time, HALTED included."""
    changes, wanted, allowed = CLOSINGS[name]
    effect = review_close(structs.replace(SOUND, state=state, **changes), wanted, "c1")
    assert (effect.size_lots if isinstance(effect, PlaceOrder) else 0) == allowed


BESIDE = {**CLOSE, "working_sell_lots": 2 * LOTS}


@pytest.mark.parametrize(
    ("changes", "lots"),
    [
        ({"max_position_lots": 2 * LOTS}, 3 * LOTS),
        ({"max_position_lots": 2 * LOTS - 1}, LOTS),
        (limit(max_position_notional_quote=Decimal(1_197)), LOTS),
        (limit(max_position_notional_quote=Decimal(1_198)), 3 * LOTS),
        ({**limit(max_gross_quote=Decimal(1_500)), "others_gross_quote": Decimal(400)}, LOTS),
        ({"state": TradingState.REDUCING}, LOTS),
        ({"state": TradingState.HALTED}, LOTS),
        ({"working_sell_lots": 3 * LOTS, "state": TradingState.REDUCING}, 0),
        ({"working_sell_lots": 9 * LOTS, "max_position_lots": LOTS}, 0),
    ],
)
def test_what_closes_turns_the_position_within_the_limits_and_while_active_only(changes, lots):
    """Two hundred more may be sold by others: all three hundred held are closed, or what those leave."""
    effect = review_close(structs.replace(SOUND, **{**BESIDE, **changes}), 3 * LOTS, "c1")
    assert (effect.size_lots if isinstance(effect, PlaceOrder) else 0) == lots


def test_a_flat_book_is_told_from_a_small_one():
    """Why nothing is closed is said."""
    flat = review_close(SOUND, LOTS, "c1")
    assert isinstance(flat, Refusal)
    assert "no position" in flat.reason


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(TradingState), HELD, st.integers(0, 10 * LOTS), st.integers(-1, 1), MONEY,
    st.sampled_from([(BID, ASK), (0, ASK), (BID, 0), (ASK, BID)]), st.sampled_from(["live", "suspend"]),
    st.sampled_from([1, 50]), st.none() | st.tuples(COUNT, COUNT), st.sampled_from([10, 10**9]),
)  # fmt: skip
def test_what_closes_only_ever_shrinks_the_position(  # noqa: PLR0917
    state, held, wanted, budget, cap, best, listed, smallest, apart, largest
):
    """Whatever is asked for: at once or not at all, never more than is held, never far through the book."""
    closable = {} if apart is None else dict(zip(APART, apart, strict=True))
    context = structs.replace(
        SOUND, state=state, position_lots=held, budget_left=budget, bid_ticks=best[0], ask_ticks=best[1],
        instrument=swap(state=listed, min_size_lots=smallest, max_limit_lots=largest),
        limits=structs.replace(WIDE, max_order_notional_quote=cap), **closable,
    )  # fmt: skip
    effect = review_close(context, wanted, "c1")
    side = Side.SELL if held > 0 else Side.BUY
    price = 598_800 if side is Side.SELL else 601_201
    most = min(abs(held), wanted, largest, int(cap * 100_000 / price))
    if apart is not None:
        most = min(most, apart[0] if side is Side.SELL else apart[1])
    is_possible = best == (BID, ASK) and listed == "live" and budget > 0 and held and most >= smallest
    assert isinstance(effect, PlaceOrder) == bool(is_possible)
    if isinstance(effect, PlaceOrder):
        assert (effect.side, effect.size_lots, effect.price_ticks) == (side, most, price)
        assert effect.order_kind is OrderKind.IOC
        assert effect.reduce_only == (apart is None)
        closes = PositionSide.LONG if side is Side.SELL else PositionSide.SHORT
        assert effect.position_side is (PositionSide.NET if apart is None else closes)


@pytest.mark.parametrize(("owned", "closed"), [(0, 0), (LOTS - 1, LOTS - 1), (LOTS + 1, LOTS)])
def test_spot_closes_no_more_than_is_owned(owned, closed):
    """The books may say more than the wallet holds."""
    context = structs.replace(SOUND, **{**SPOT, "sellable_lots": owned}, position_lots=LOTS)
    effect = review_close(context, LOTS, "c1")
    assert (effect.size_lots if isinstance(effect, PlaceOrder) else 0) == closed
