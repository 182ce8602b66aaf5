"""Margin of the account at one moment, per currency and, where the account pools them, in USD.

Initial margin of an instrument is its largest possible exposure (position alone, with all its opening
buys, or with all its opening sells filled) over the leverage; in long/short mode each side stands alone.
In spot and futures mode every currency answers for itself; in multi-currency and portfolio mode all
equity backs all positions, valued in USD without a discount. Portfolio mode uses the same figures: OKX's
scenario model for it is not public to the last detail and is not imitated.
Cash includes the margin set aside for isolated positions, which ``available`` leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.types import AccountLevel, PositionSide, Side
from okxmm_tui.exchange.accounts import Account, PositionKey
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.numbers import EXACT, ZERO, rounded, text
from okxmm_tui.exchange.orders import Order
from okxmm_tui.exchange.position_tiers import tier_of
from okxmm_tui.exchange.positions import ISOLATED, Position, worth

POOLED = frozenset({AccountLevel.MULTI_CURRENCY, AccountLevel.PORTFOLIO})
"""Account levels whose currencies back each other."""

DOLLARS = frozenset({"USD", "USDT", "USDC"})

LeverOf = Callable[[str, str, PositionSide], Decimal]
"""Leverage by instId, margin mode and position side."""


class CurrencyMargin(Struct):
    """Figures of one currency, in that currency."""

    ccy: str
    cash: Decimal = ZERO
    usd_price: Decimal = ZERO
    unrealised: Decimal = ZERO
    """Of cross positions."""
    notional: Decimal = ZERO
    """Value of cross positions."""
    positions_margin: Decimal = ZERO
    total_margin: Decimal = ZERO
    """Cross positions and every order that may open."""
    maintenance: Decimal = ZERO
    """Of cross positions."""
    held: Decimal = ZERO
    """Bound by resting spot orders."""
    isolated_margin: Decimal = ZERO
    isolated_unrealised: Decimal = ZERO

    @property
    def equity(self) -> Decimal:
        """Cash plus all unrealised PnL."""
        return EXACT.add(EXACT.add(self.cash, self.unrealised), self.isolated_unrealised)

    @property
    def cross_equity(self) -> Decimal:
        """What backs cross positions and new orders."""
        return self.cash - self.isolated_margin + self.unrealised

    @property
    def isolated_equity(self) -> Decimal:
        """What stands behind isolated positions."""
        return self.isolated_margin + self.isolated_unrealised

    @property
    def order_margin(self) -> Decimal:
        """Bound by pending orders."""
        return self.total_margin - self.positions_margin + self.held

    @property
    def bound(self) -> Decimal:
        """Bound by cross positions and orders."""
        return self.total_margin + self.held

    @property
    def available(self) -> Decimal:
        """Cross equity not bound, never below 0."""
        return max(ZERO, self.cross_equity - self.bound)

    @property
    def spendable(self) -> Decimal:
        """Cash that is there and not bound by spot orders or isolated positions, never below 0."""
        return max(ZERO, self.cash - self.held - self.isolated_margin)


class MarginView:
    """Figures of one moment; costs O(positions + pending orders)."""

    def __init__(
        self,
        account: Account,
        markets: Mapping[str, Market],
        pending: Iterable[Order],
        lever: LeverOf,
        *,
        level: AccountLevel,
        maintenance_rate: Decimal,
    ) -> None:
        self.level, self._rate, self._lever = level, maintenance_rate, lever
        self._markets = markets
        self._marks = {inst_id: market.mark_price() for inst_id, market in markets.items()}
        self.currencies: dict[str, CurrencyMargin] = {}
        for ccy, cash in account.balances.items():
            self.of(ccy).cash = cash
        exposures: dict[PositionKey, tuple[str, list[Decimal]]] = {}
        for position in account.positions.values():
            self._add_position(position, exposures)
        for order in pending:
            self._add_order(order, exposures)
        for (inst_id, side, mode), (ccy, (value, buys, sells)) in exposures.items():
            worst = max(abs(value), abs(value + buys), abs(value - sells))
            needed = worst if mode != ISOLATED else worst - abs(value)
            self.of(ccy).total_margin += needed / lever(inst_id, mode, side)

    def of(self, ccy: str) -> CurrencyMargin:
        """Figures of a currency."""
        if ccy not in self.currencies:
            self.currencies[ccy] = CurrencyMargin(ccy, usd_price=self._usd_price(ccy))
        return self.currencies[ccy]

    def shown(self) -> list[CurrencyMargin]:
        """Currencies with anything in them."""
        return [one for one in self.currencies.values() if one.cash or one.equity or one.bound]

    def _usd_price(self, ccy: str) -> Decimal:
        if ccy in DOLLARS:
            return Decimal(1)
        marks = (
            self._marks[inst_id] for inst_id, one in self._markets.items() if one.instrument.base_ccy == ccy
        )
        return next((mark for mark in marks if mark), ZERO)

    def _add_position(
        self, position: Position, exposures: dict[PositionKey, tuple[str, list[Decimal]]]
    ) -> None:
        ours = position.instrument
        mark, held = self._marks[ours.inst_id], self.of(ours.settle_ccy)
        value, unrealised = position.value(mark), position.unrealised(mark)
        if position.margin_mode == ISOLATED:
            held.isolated_margin += position.margin
            held.isolated_unrealised = EXACT.add(held.isolated_unrealised, unrealised)
        else:
            held.unrealised = EXACT.add(held.unrealised, unrealised)
            held.notional += value
            held.maintenance += self.position_maintenance(position)
            held.positions_margin += self.position_margin(position)
        signed = value if position.lots >= 0 else -value
        exposures[ours.inst_id, position.side, position.margin_mode] = (ours.settle_ccy, [signed, ZERO, ZERO])

    def _add_order(self, order: Order, exposures: dict[PositionKey, tuple[str, list[Decimal]]]) -> None:
        if order.is_spot:
            ccy, amount = spot_hold(order)
            self.of(ccy).held += amount
        elif not order.only_reduces:
            ours = order.listing.instrument
            key = (ours.inst_id, order.pos_side, order.td_mode)
            _, sides = exposures.setdefault(key, (ours.settle_ccy, [ZERO, ZERO, ZERO]))
            sides[1 if order.side is Side.BUY else 2] += order_value(order)

    @property
    def is_pooled(self) -> bool:
        """Whether all currencies back all positions."""
        return self.level in POOLED

    def total_usd(self, figure: Callable[[CurrencyMargin], Decimal]) -> Decimal:
        """Sum of a figure over the currencies, in USD."""
        return sum((figure(one) * one.usd_price for one in self.currencies.values()), ZERO)

    def backing(self, ccy: str) -> Decimal:
        """Equity that answers for cross positions settled in a currency, in that currency."""
        own = self.of(ccy)
        if not self.is_pooled:
            return own.cross_equity
        total = self.total_usd(lambda one: one.cross_equity)
        return total / own.usd_price if own.usd_price else own.cross_equity

    def needed(self, ccy: str) -> Decimal:
        """Bound by everything that shares the backing of a currency, in that currency."""
        own = self.of(ccy)
        if not self.is_pooled:
            return own.bound
        total = self.total_usd(lambda one: one.total_margin)
        return total / own.usd_price if own.usd_price else own.bound

    def available(self, ccy: str) -> Decimal:
        """Margin still free for contracts settled in a currency, never below 0."""
        return max(ZERO, self.backing(ccy) - self.needed(ccy))

    def spendable(self, ccy: str) -> Decimal:
        """Amount of a currency a spot order may still use; nothing is borrowed, never below 0."""
        own = self.of(ccy)
        return own.spendable if self.is_pooled else min(own.spendable, own.available)

    def lever(self, position: Position) -> Decimal:
        """Leverage of a position."""
        return self._lever(position.instrument.inst_id, position.margin_mode, position.side)

    def position_margin(self, position: Position) -> Decimal:
        """Initial margin of one position alone."""
        if position.margin_mode == ISOLATED:
            return position.margin
        return position.value(self._marks[position.instrument.inst_id]) / self.lever(position)

    def maintenance_rate(self, position: Position) -> Decimal:
        """Maintenance rate of a position's tier."""
        return self._rate * tier_of(self.value_usd(position)).rate_multiple

    def position_maintenance(self, position: Position) -> Decimal:
        """Maintenance margin of one position."""
        return position.value(self._marks[position.instrument.inst_id]) * self.maintenance_rate(position)

    def value_usd(self, position: Position) -> Decimal:
        """Absolute value of a position: the face of inverse contracts is in USD already."""
        if position.is_inverse:
            return position.face(abs(position.lots))
        return position.value(self._marks[position.instrument.inst_id])

    def ratio(self, ccy: str) -> Decimal | None:
        """Equity over maintenance margin of what backs a currency's cross positions; None without any."""
        if self.is_pooled:
            maintenance = self.total_usd(lambda one: one.maintenance)
            return self.total_usd(lambda one: one.cross_equity) / maintenance if maintenance else None
        own = self.of(ccy)
        return own.cross_equity / own.maintenance if own.maintenance else None

    def position_ratio(self, position: Position) -> Decimal | None:
        """Equity over maintenance margin of what backs one position; None when flat."""
        if position.margin_mode != ISOLATED:
            return self.ratio(position.instrument.settle_ccy)
        maintenance = self.position_maintenance(position)
        return self._position_backing(position) / maintenance if maintenance else None

    def _position_backing(self, position: Position) -> Decimal:
        if position.margin_mode == ISOLATED:
            return position.margin + position.unrealised(self._marks[position.instrument.inst_id])
        return self.backing(position.instrument.settle_ccy)

    def liquidation_price(self, position: Position) -> str:
        """Mark at which the backing would meet this position's maintenance margin, others unchanged."""
        if not position.lots:
            return ""
        sign = 1 if position.lots > 0 else -1
        face, rate = position.face(abs(position.lots)), self.maintenance_rate(position)
        mark = self._marks[position.instrument.inst_id]
        backing = self._position_backing(position)
        if position.is_inverse:
            denominator = backing + sign * face / mark if mark else ZERO
            price = face * (sign + rate) / denominator if denominator else ZERO
        else:
            price = (sign * face * mark - backing) / (face * (sign - rate))
        return text(rounded(price)) if price > 0 else ""


def order_value(order: Order) -> Decimal:
    """Worth of what is left of an order at its limit, in the settlement currency (quote of spot)."""
    ours = order.listing.instrument
    return worth(ours, order.remaining_lots, ours.price(order.price_ticks or 0))


def spot_hold(order: Order) -> tuple[str, Decimal]:
    """Currency and amount a pending spot order binds."""
    ours = order.listing.instrument
    if order.side is Side.SELL:
        return ours.base_ccy, ours.size(order.remaining_lots)
    return ours.quote_ccy, order_value(order)


def ratio_text(ratio: Decimal | None) -> str:
    """Write a margin ratio; empty for none."""
    return "" if ratio is None else text(rounded(ratio))
