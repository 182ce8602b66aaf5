"""Carries what the engine sees into the books: fills, bills, balances, order events and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from okxmm_tui.core.account import DOLLARS
from okxmm_tui.core.accounting.account import AccountBook
from okxmm_tui.core.accounting.activity import OrderEvent
from okxmm_tui.core.accounting.curve import EquityCurve
from okxmm_tui.core.accounting.fill_ratio import order_weight
from okxmm_tui.core.accounting.markouts import Rank
from okxmm_tui.core.accounting.presence import QuoteState
from okxmm_tui.core.accounting.quality import Context
from okxmm_tui.core.effects import AmendOrder, AnyEffect, CancelOrder, PlaceOrder
from okxmm_tui.core.ledger import BookedFill
from okxmm_tui.core.messages import AccountBill, BalanceUpdate, Fill, TruthFetched
from okxmm_tui.core.orders import OrderStatus, OwnOrder
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import ContractKind, Severity, Side, VenueOrderState
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

NS_PER_MS = 1_000_000
EVERY_NS = 1_000_000_000
LATE_MS = 1_000
"""Market data may be this late before a horizon is settled without it."""
BAND_BPS = 50
"""A quote further from the mid than this is no presence in the market."""
IN_THE_BOOK = frozenset({VenueOrderState.LIVE, VenueOrderState.PARTIALLY_FILLED, VenueOrderState.FILLED})
ORDER_EVENTS = {PlaceOrder: OrderEvent.NEW, AmendOrder: OrderEvent.AMEND, CancelOrder: OrderEvent.CANCEL}


class Bookkeeper:
    """Feeds the account's books and every market's trading quality; decides nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._start_ms = session.now_ns // NS_PER_MS
        self._next_ns = session.now_ns
        markets = tuple(session.markets.values())
        ccy = markets[0].instrument.quote_ccy if markets else "USDT"
        self.account = AccountBook(ccy, DOLLARS if ccy in DOLLARS else ())
        if ccy not in DOLLARS:
            text = f"PnL and every limit of this session are in {ccy}: the defaults are meant in dollars"
            session.raise_alarm("quote-currency", Severity.CRITICAL, text)
        for market in markets:
            self.account.add(market.instrument, market.ledger)
        self.curve = EquityCurve()
        self.want_truth: Callable[[str], None] = lambda why: None
        """Has the venue's state read again, with a reason; set by the reducer."""

    # -- orders and fills ------------------------------------------------------------------------

    def on_effects(self, effects: Sequence[AnyEffect]) -> None:
        """Count the requests that leave."""
        for effect in effects:
            if isinstance(effect, PlaceOrder | AmendOrder | CancelOrder):
                market = self._session.markets.get(effect.inst_id)
                if market is not None:
                    market.quality.activity.on_order_event(ORDER_EVENTS[type(effect)], effect.cl_ord_id)

    def on_order(self, market: Market, order: OwnOrder, state: VenueOrderState) -> None:
        """Count an order of ours the venue has taken into its book."""
        if state in IN_THE_BOOK and not order.is_adopted:
            activity = market.quality.activity
            activity.on_order_event(OrderEvent.ACCEPTED, order.cl_ord_id, order.size_lots)

    def on_fill(self, market: Market, booked: BookedFill) -> None:
        """Take a fill the ledger has just booked, with what is known of its order."""
        fill, signals = booked.fill, market.signals.summary()
        context = Context(volatility_bps=signals.volatility_per_sqrt_s * 1e4)
        order = market.orders.find(fill.cl_ord_id, fill.ord_id)
        if order is not None:
            self.on_order(market, order, VenueOrderState.FILLED)
            context = Context(
                level=_level(market, order),
                age_ms=max(0, fill.venue_ms - order.created_ns // NS_PER_MS),
                volatility_bps=context.volatility_bps,
                rank=_rank(market, order, fill),
            )
        market.quality.on_fill(booked, context)
        self._price(market)
        self.account.on_fill(fill.inst_id, booked)
        self._follow_inventory(market)

    @property
    def turnover(self) -> float:
        """Notional traded in the session, all markets together, in quote currency."""
        return sum(market.quality.activity.notional for market in self._session.markets.values())

    @property
    def fill_ratio(self) -> float | None:
        """OKX's own, over all markets; None before the first order, or where one is not in dollars."""
        markets = self._session.markets.values()
        if any(market.instrument.quote_ccy not in DOLLARS for market in markets):
            return None
        orders = sum(
            order_weight(market.instrument) * market.quality.activity.orders_counted for market in markets
        )
        return self.turnover / orders if orders else None

    # -- bills and balances ------------------------------------------------------------------------

    def on_truth(self, event: TruthFetched) -> None:
        """Take bills and balances of a merge, after its fills were booked."""
        for bill in event.bills:
            market = self._session.markets.get(bill.inst_id)
            is_missed = market is not None and market.is_carried_on and bill.venue_ms >= market.carried_to_ms
            if bill.venue_ms >= self._start_ms or is_missed:
                self._on_bill(bill)
        trust = self.account.trust
        if event.is_complete:
            trust.fill("pages")
        else:
            trust.miss("pages", "some fills or bills could not be read back yet")
        for balance in event.balances:
            self.on_balance(balance)

    def _on_bill(self, bill: AccountBill) -> None:
        market = self._session.markets.get(bill.inst_id)
        if market is not None:
            self._price(market)
        flow = self.account.on_bill(bill)
        if flow is not None and market is not None and bill.ccy == market.instrument.settle_ccy:
            market.quality.on_bill(flow, bill.change)

    def on_balance(self, balance: BalanceUpdate) -> None:
        """Open the books with the first complete list, then compare with each report."""
        session = self._session
        for market in session.markets.values():
            self._price(market)
            if market.instrument.settle_ccy == balance.ccy and balance.equity > 0:
                used = float(1 - balance.available / balance.equity)
                market.quality.activity.on_capital(session.now_ns, used)
        if self.account.is_open:
            self.account.on_balance(balance)
        elif session.is_merged:
            self.account.open(session.balances.values())

    def _price(self, market: Market) -> None:
        if (price := market.valuation_price) is not None:
            self.account.on_price(market.instrument.inst_id, price)

    @property
    def venue_ms(self) -> int:
        """The venue's time now, Unix ms; ours while its clock was not measured."""
        clock = self._session.clock
        return (self._session.now_ns + (clock.offset_ns if clock else 0)) // NS_PER_MS

    # -- time ------------------------------------------------------------------------------------------

    def on_tick(self, fault: Callable[[Market], str]) -> None:
        """Measure presence; once a second settle horizons, value inventory and check the identity.

        Args:
            fault: Why a market is not fit to be quoted now; empty when it is.
        """
        now_ns = self._session.now_ns
        for market in self._session.markets.values():
            state = self._presence(market, fault(market))
            market.quality.presence.on_quote_state(now_ns, state, _depth(market, state))
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + EVERY_NS
        clock, venue_ms = self._session.clock, self.venue_ms
        for market in self._session.markets.values():
            market.quality.advance(venue_ms - LATE_MS)
            market.signals.advance(venue_ms - LATE_MS)
            market.quality.follow(market.mid_price)
            if clock is not None:  # a wrong clock would begin a day that no event of today belongs to
                market.ledger.periods.roll(venue_ms)
            self._price(market)
            self._follow_inventory(market)
        self._check()

    def _check(self) -> None:
        session, trust = self._session, self.account.trust
        breaches = trust.breaches
        identity = self.account.check(session.now_ns)
        if identity is None:
            return
        if trust.breaches > breaches:
            # Funding and transfers move the balance at once; the bill that explains them has to be fetched.
            self.want_truth("equity differs from the books")
        self.curve.on_equity(session.now_ns, float(identity.equity - identity.transfers))
        if identity.reason:
            session.raise_alarm("pnl", Severity.CRITICAL, identity.reason)
        else:
            session.clear_alarm("pnl", "the PnL agrees with the venue's equity again")

    @staticmethod
    def _value(market: Market) -> Decimal:
        held = abs(market.ledger.position.quantity)
        if market.instrument.kind is ContractKind.INVERSE:
            return held
        return held * (market.valuation_price or Decimal(0))

    def _follow_inventory(self, market: Market) -> None:
        lots = market.ledger.position.size_lots
        market.quality.activity.on_inventory(self._session.now_ns, lots, float(self._value(market)))

    def _presence(self, market: Market, fault: str) -> QuoteState:
        if not market.instrument.is_tradable:
            return QuoteState.CLOSED
        state = self._session.machine.state
        if state in {TradingState.PAUSED, TradingState.HALTED}:
            return QuoteState.PAUSED_BY_RISK
        if fault:
            return QuoteState.PAUSED_BY_FAULT
        sides = sum(_is_present(market, side) for side in Side)
        return (self._absence(market), QuoteState.ONE_SIDED, QuoteState.TWO_SIDED)[sides]

    def _absence(self, market: Market) -> QuoteState:
        """What to call it that nothing stands there: somebody's will, a doubt, or nobody's."""
        if self._session.freezes.reason(market.instrument.inst_id):
            return QuoteState.PAUSED_BY_FAULT
        is_reducing = self._session.machine.state is TradingState.REDUCING
        if is_reducing or market.blocked or market.only_reduce:
            return QuoteState.PAUSED_BY_RISK
        return QuoteState.ABSENT


def _near_lots(market: Market, side: Side) -> int:
    """Lots of live orders of a side within the band."""
    half_ticks = market.bid_ticks + market.ask_ticks
    return sum(
        order.remaining_lots
        for order in market.orders.side(side)
        if order.status is OrderStatus.LIVE
        and abs(2 * order.price_ticks - half_ticks) * 10_000 <= BAND_BPS * half_ticks
    )


def _is_present(market: Market, side: Side) -> bool:
    """Whether live orders within the band add up to the minimum size."""
    return _near_lots(market, side) >= max(1, market.instrument.min_size_lots)


def _depth(market: Market, state: QuoteState) -> float | None:
    """Share of the configured order size that stands on both sides; None for a strategy that has none."""
    size = market.params.values.get("order_size")
    target_lots = int(size / market.instrument.lot_size) if size else 0
    if not target_lots:
        return None
    if state is not QuoteState.TWO_SIDED:
        return 0.0
    return min(target_lots, *(_near_lots(market, side) for side in Side)) / target_lots


def _rank(market: Market, order: OwnOrder, fill: Fill) -> Rank:
    """Whether anything was estimated to stand ahead of an order just before a fill of it."""
    place = market.queues.get(order.cl_ord_id)
    if place is None or order.price_ticks != fill.price_ticks:
        return Rank.UNKNOWN
    ahead_lots = place.ahead_before(fill.venue_ms)
    if ahead_lots is None:
        return Rank.UNKNOWN
    return Rank.BEHIND if ahead_lots else Rank.FRONT


def _level(market: Market, order: OwnOrder) -> int:
    """Own orders of the side that stand nearer to the mid."""
    sign = order.side.sign
    return sum(sign * (each.price_ticks - order.price_ticks) > 0 for each in market.orders.side(order.side))
