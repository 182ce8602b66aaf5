"""Checks every order on its way out; the only module that builds an order to place or to amend.

Refusals are values with a reason, not exceptions. Cancels need no approval.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.effects import AmendOrder, PlaceOrder
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.position_sides import closed_by
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import OrderKind, PositionSide, Side


class RiskContext(Struct, frozen=True, gc=False):
    """What the checks look at, taken at the moment of the decision."""

    instrument: Instrument
    state: TradingState
    limits: Limits
    bid_ticks: int
    ask_ticks: int
    position_lots: int
    max_position_lots: int
    working_buy_lots: int
    """Lots that could still fill, the order in question left out."""
    working_sell_lots: int
    budget_left: int
    """Place and amend requests left in the window."""
    now_ns: int
    equity_quote: Decimal | None = None
    """Of the account; limits that are shares of it wait until it is known."""
    open_quote: Decimal = Decimal(0)
    """Value of all open orders of the account, the order in question left out."""
    others_gross_quote: Decimal = Decimal(0)
    """Worst-case positions of the other markets, without sign."""
    others_net_quote: Decimal = Decimal(0)
    """Positions of the other markets, with sign."""
    others_buy_quote: Decimal = Decimal(0)
    """What buys of the other markets could add to their net."""
    others_sell_quote: Decimal = Decimal(0)
    """What their sells could take from it."""
    sellable_lots: int | None = None
    """Spot: base currency owned, in lots; all sell orders together may not exceed it. None: no such bound."""
    spendable_quote: Decimal | None = None
    """Spot: quote currency free for this market's buy orders, working ones included. None: no such bound."""
    working_buy_quote: Decimal = Decimal(0)
    """Spot: what the working buy orders could still cost, the order in question left out."""
    closable_long_lots: int | None = None
    """Long and short apart: lots held long that no other order closes. None: the account nets."""
    closable_short_lots: int | None = None


class Refusal(Struct, frozen=True, gc=False):
    """Why an order may not go out, in a few words."""

    reason: str


def review_place(
    context: RiskContext,
    side: Side,
    price_ticks: int,
    size_lots: int,
    cl_ord_id: str,
    *,
    position_side: PositionSide = PositionSide.NET,
) -> PlaceOrder | Refusal:
    """Check a new post-only quote and build it.

    Where long and short are kept apart, closing orders reduce by nature and carry no reduce-only mark; spot
    knows none (OKX v5, place order).
    """
    problem = _side_problem(context, side, position_side, size_lots) or _problem(
        context, side, price_ticks, size_lots, size_lots
    )
    if problem:
        return Refusal(problem)
    has_mark = context.closable_long_lots is None and not context.instrument.is_spot
    return PlaceOrder(
        inst_id=context.instrument.inst_id,
        cl_ord_id=cl_ord_id,
        side=side,
        price_ticks=price_ticks,
        size_lots=size_lots,
        expire_ms=_expire_ms(context),
        reduce_only=has_mark and context.state is TradingState.REDUCING,
        position_side=position_side,
    )


def review_amend(
    context: RiskContext,
    side: Side,
    price_ticks: int,
    size_lots: int,
    *,
    filled_lots: int,
    cl_ord_id: str,
    req_id: str,
    position_side: PositionSide = PositionSide.NET,
) -> AmendOrder | Refusal:
    """Check an amend to a price and total size (filled part included) and build it."""
    adding_lots = size_lots - filled_lots
    problem = _side_problem(context, side, position_side, adding_lots) or _problem(
        context, side, price_ticks, size_lots, adding_lots
    )
    if problem:
        return Refusal(problem)
    return AmendOrder(
        inst_id=context.instrument.inst_id,
        cl_ord_id=cl_ord_id,
        req_id=req_id,
        price_ticks=price_ticks,
        size_lots=size_lots,
        expire_ms=_expire_ms(context),
    )


def review_close(context: RiskContext, size_lots: int, cl_ord_id: str) -> PlaceOrder | Refusal:
    """Check an order that reduces the position as a taker, and build it reduce-only.

    It may pass in every trading state, HALTED included, because it can only shrink the position. Its price is
    the opposite best plus ``close_slippage_bps``; larger sizes than one order may have are cut. Together with
    orders of its side that may still fill it turns the position round only while ACTIVE, within the limits.
    """
    held, instrument, limits = context.position_lots, context.instrument, context.limits
    if held == 0:
        return Refusal("there is no position to close")
    if not 0 < context.bid_ticks < context.ask_ticks:
        return Refusal("the book has no two sides")
    if not instrument.is_tradable:
        return Refusal(f"instrument is {instrument.state}")
    if context.budget_left <= 0:
        return Refusal("order budget used up")
    side = Side.SELL if held > 0 else Side.BUY
    best = context.bid_ticks if side is Side.SELL else context.ask_ticks
    price_ticks = best + side.sign * int(best * limits.close_slippage_bps / 10_000)
    value = instrument.notional_quote(1, price_ticks)
    most = min(abs(held), instrument.max_limit_lots, int(limits.max_order_notional_quote / value))
    apart = context.closable_long_lots if side is Side.SELL else context.closable_short_lots
    if apart is not None:
        most = min(most, apart)
    if instrument.is_spot and side is Side.SELL and context.sellable_lots is not None:
        most = min(most, context.sellable_lots)
    lots = min(size_lots, most)
    if problem := _turning_problem(context, side, price_ticks, lots):
        lots = min(lots, -worst_case_lots(context, side, 0))
        if lots <= 0:
            return Refusal(f"orders of this side leave first: {problem}")
    if lots < max(1, instrument.min_size_lots):
        return Refusal(f"{instrument.size_text(max(0, lots))} is below the venue's minimum")
    return PlaceOrder(
        inst_id=instrument.inst_id,
        cl_ord_id=cl_ord_id,
        side=side,
        price_ticks=max(1, price_ticks),
        size_lots=lots,
        expire_ms=_expire_ms(context),
        order_kind=OrderKind.IOC,
        reduce_only=apart is None and not instrument.is_spot,
        position_side=PositionSide.NET if apart is None else closed_by(side),
    )


def _turning_problem(context: RiskContext, side: Side, price_ticks: int, adding_lots: int) -> str:
    """Why an order must not turn the position round together with the others of its side."""
    worst_lots = worst_case_lots(context, side, adding_lots)
    if worst_lots <= 0:
        return ""
    if context.state is not TradingState.ACTIVE:
        return "the position would turn round"
    return _position_problem(context, side, price_ticks, worst_lots)


def _expire_ms(context: RiskContext) -> int:
    return context.now_ns // 1_000_000 + context.limits.order_expire_ms


def worst_case_lots(context: RiskContext, side: Side, adding_lots: int) -> int:
    """Position if every same-side order filled, in the direction of ``side``."""
    working = context.working_buy_lots if side is Side.BUY else context.working_sell_lots
    return side.sign * context.position_lots + working + adding_lots


def _side_problem(context: RiskContext, side: Side, position_side: PositionSide, adding_lots: int) -> str:
    closable = context.closable_long_lots if side is Side.SELL else context.closable_short_lots
    if closable is None:
        return "" if position_side is PositionSide.NET else "the account nets its positions"
    if position_side is PositionSide.NET:
        return "an order must name the long or the short position"
    if position_side is not closed_by(side):
        is_reducing = context.state is TradingState.REDUCING
        return "only orders that shrink the position" if is_reducing else ""
    if adding_lots > closable:
        return f"only {context.instrument.size_text(max(0, closable))} left to close"
    return ""


def _problem(context: RiskContext, side: Side, price_ticks: int, size_lots: int, adding_lots: int) -> str:
    instrument = context.instrument
    if context.state not in {TradingState.ACTIVE, TradingState.REDUCING}:
        return f"trading is {context.state}"
    if context.state is TradingState.REDUCING and worst_case_lots(context, side, adding_lots) > 0:
        return "only orders that shrink the position"
    if not instrument.is_tradable:
        return f"instrument is {instrument.state}"
    if price_ticks <= 0:
        return "price not positive"
    if not instrument.min_size_lots <= size_lots <= instrument.max_limit_lots:
        return f"size {instrument.size_text(size_lots)} outside the venue's limits"
    if not 0 < context.bid_ticks < context.ask_ticks:
        return "the book has no two sides"
    return (
        _crossing_problem(context, side, price_ticks)
        or _collar_problem(context, price_ticks)
        or _value_problem(context, side, price_ticks, size_lots, adding_lots)
        or _funds_problem(context, side, price_ticks, adding_lots)
        or ("order budget used up" if context.budget_left <= 0 else "")
    )


def _crossing_problem(context: RiskContext, side: Side, price_ticks: int) -> str:
    if side is Side.BUY and price_ticks >= context.ask_ticks:
        return "would cross the best ask"
    if side is Side.SELL and price_ticks <= context.bid_ticks:
        return "would cross the best bid"
    return ""


def _collar_problem(context: RiskContext, price_ticks: int) -> str:
    doubled_mid = context.bid_ticks + context.ask_ticks
    distance_bps = Decimal(abs(2 * price_ticks - doubled_mid)) * 10_000 / doubled_mid
    if distance_bps > context.limits.price_collar_bps:
        return f"{distance_bps:.0f} bps from mid, collar {context.limits.price_collar_bps} bps"
    return ""


def _value_problem(
    context: RiskContext, side: Side, price_ticks: int, size_lots: int, adding_lots: int
) -> str:
    instrument, limits = context.instrument, context.limits
    notional = instrument.notional_quote(size_lots, price_ticks)
    if notional > limits.max_order_notional_quote:
        return f"order worth {notional:.0f} above limit {limits.max_order_notional_quote:f}"
    worst_lots = worst_case_lots(context, side, adding_lots)
    problem = _position_problem(context, side, price_ticks, worst_lots)
    if problem or worst_lots <= 0:
        return problem  # what only shrinks the position is never held back by shares of equity
    return _share_problem(context, notional)


def _position_problem(context: RiskContext, side: Side, price_ticks: int, worst_lots: int) -> str:
    """Why the position may not become so large; what only shrinks it is never held back by exposure."""
    limits = context.limits
    if worst_lots > context.max_position_lots:
        return "maximum position"
    if worst_lots <= 0:
        return ""
    worst = context.instrument.notional_quote(worst_lots, price_ticks)
    if worst > limits.max_position_notional_quote:
        return f"position worth {worst:.0f} above limit {limits.max_position_notional_quote:f}"
    return _exposure_problem(context, side, worst)


def _share_problem(context: RiskContext, notional: Decimal) -> str:
    equity, limits = context.equity_quote, context.limits
    if equity is None:
        return ""
    if notional > limits.max_order_share * equity:
        return f"order worth {notional:.0f} above {limits.max_order_share * 100:f} % of equity {equity:.0f}"
    total = context.open_quote + notional
    if total > limits.max_open_share * equity:
        return f"open orders worth {total:.0f} above {limits.max_open_share * 100:f} % of equity {equity:.0f}"
    return ""


def _exposure_problem(context: RiskContext, side: Side, worst: Decimal) -> str:
    limits = context.limits
    gross = context.others_gross_quote + worst
    if gross > limits.max_gross_quote:
        return f"gross exposure {gross:.0f} above limit {limits.max_gross_quote:f}"
    held = context.others_net_quote + side.sign * worst
    beside = context.others_buy_quote if side is Side.BUY else context.others_sell_quote
    net = max(abs(held), abs(held + side.sign * beside))
    if net > limits.max_net_quote:
        return f"net exposure {net:.0f} above limit {limits.max_net_quote:f}"
    if context.equity_quote is not None and gross > limits.max_leverage * context.equity_quote:
        return f"exposure {gross:.0f} above {limits.max_leverage:f} times equity {context.equity_quote:.0f}"
    return ""


def _funds_problem(context: RiskContext, side: Side, price_ticks: int, adding_lots: int) -> str:
    """Spot may sell what is owned and buy what can be paid, all working orders of ours counted."""
    instrument = context.instrument
    if side is Side.SELL:
        sellable = context.sellable_lots
        if sellable is not None and context.working_sell_lots + adding_lots > sellable:
            return f"only {instrument.size_text(max(0, sellable))} {instrument.base_ccy} owned"
        return ""
    spendable = context.spendable_quote
    if spendable is None:
        return ""
    cost = context.working_buy_quote + instrument.notional_quote(adding_lots, price_ticks)
    return (
        f"only {max(spendable, Decimal(0)):.2f} {instrument.quote_ccy} to spend" if cost > spendable else ""
    )
