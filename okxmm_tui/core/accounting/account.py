"""The account's books over all instruments and currencies, held against the venue's equity.

    equity(t) - equity(0) - net transfers = realised + change of unrealised + fees + funding + interest
        + liquidation/ADL + conversion + revaluation + residual  (docs/definitions.md, Identity)

The check is made by currency: what a currency's equity must be follows from its opening, the cash that
fills and bills moved, and unrealised PnL on the mark; the residual is what the venue reports beyond that.
In the reporting currency each flow is converted when it is booked, and revaluation is what the coins held
have gained since.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.accounting.bills import Flow, flow_of
from okxmm_tui.core.accounting.seen import SeenIds
from okxmm_tui.core.accounting.trust import Trust
from okxmm_tui.core.accounting.views import IdentityView
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.ledger import BookedFill, Ledger
from okxmm_tui.core.messages import AccountBill, BalanceUpdate
from okxmm_tui.core.position import COST_STEP, rounded
from okxmm_tui.core.types import ContractKind

ZERO = Decimal(0)


class _Opening(Struct):
    """Where a currency's books start."""

    equity: Decimal = ZERO
    update_ms: int = 0
    cash: Decimal = ZERO
    unrealised: Decimal = ZERO
    price: Decimal | None = None


class _Books(Struct):
    """One instrument in the account."""

    instrument: Instrument
    ledger: Ledger
    price: Decimal | None = None
    opening: Decimal = ZERO
    """Unrealised when the books were opened, in settlement currency."""
    held: Decimal = ZERO
    """Contracts held then, signed; what spot holds is among the balances."""
    opening_price: Decimal = ZERO

    @property
    def unrealised(self) -> Decimal:
        return self.ledger.unrealised(self.price)


class AccountBook:
    """Equity by currency, booked flows in the reporting currency, and whether both agree.

    Args:
        reporting_ccy: Currency of every figure; its price is 1.
        at_par: Currencies that count as the same.
    """

    def __init__(self, reporting_ccy: str, at_par: Iterable[str] = ()) -> None:
        self.reporting_ccy = reporting_ccy
        self.trust = Trust(reporting_ccy)
        self.is_open = False
        self._books: dict[str, _Books] = {}
        self._prices = dict.fromkeys((reporting_ccy, *at_par), Decimal(1))
        self._pricing: dict[str, str] = {}
        """Which instrument prices a coin: the first, rather one in the reporting currency itself."""
        self._openings: dict[str, _Opening] = {}
        self._opened_ms = 0
        self._cash: dict[str, Decimal] = {}
        self._bills = SeenIds()
        self._booked = dict.fromkeys(Flow, ZERO)
        self._unpriced: dict[tuple[Flow, str], Decimal] = {}
        self._residuals: dict[str, Decimal] = {}

    def add(self, instrument: Instrument, ledger: Ledger) -> None:
        """Take an instrument's ledger in."""
        self._books[instrument.inst_id] = _Books(instrument, ledger)
        base, quote = instrument.base_ccy, instrument.quote_ccy
        known = self._books.get(self._pricing.get(base, ""))
        is_better = known is None or known.instrument.quote_ccy != quote == self.reporting_ccy
        if quote in self._prices and is_better:
            self._pricing[base] = instrument.inst_id

    # -- prices ----------------------------------------------------------------------------------

    def on_price(self, inst_id: str, price: Decimal) -> None:
        """Valuation price of an instrument: the mark, or the mid where there is none."""
        books = self._books.get(inst_id)
        if books is None or price <= 0:
            return
        books.price = price
        if self._pricing.get(books.instrument.base_ccy) == inst_id:
            self._on_currency_price(books.instrument.base_ccy, price)

    def _on_currency_price(self, ccy: str, price: Decimal) -> None:
        is_first = ccy not in self._prices
        self._prices[ccy] = price
        if not is_first or not self.is_open:
            return
        if ccy in self._openings:
            self._openings[ccy].price = price
        for key in [key for key in self._unpriced if key[1] == ccy]:
            self._booked[key[0]] += rounded(self._unpriced.pop(key) * price, COST_STEP)

    def price_of(self, ccy: str) -> Decimal | None:
        """One unit of a currency in the reporting currency; None when not known."""
        return self._prices.get(ccy)

    # -- booking -----------------------------------------------------------------------------------

    def on_fill(self, inst_id: str, booked: BookedFill) -> None:
        """Take a fill its ledger has just booked."""
        if not self.is_open or (books := self._books.get(inst_id)) is None:
            return
        settle_ccy = books.instrument.settle_ccy
        self._book(Flow.REALISED, settle_ccy, booked.realised)
        if not books.ledger.split_fee(booked.fill)[1]:  # a fee in base currency is in the cost
            self._book(Flow.FEES, booked.fill.fee_ccy or settle_ccy, booked.fill.fee)

    def on_bill(self, bill: AccountBill) -> Flow | None:
        """Book a bill once, here and in its instrument's ledger; None when it was known."""
        if not self._bills.add(bill.bill_id):
            return None
        books, flow = self._books.get(bill.inst_id), flow_of(bill.bill_type)
        if books is not None:
            if books.ledger.book_bill(bill, books.price) is None:
                return None  # an earlier session booked it
        elif flow is not Flow.NONE:
            self._cash[bill.ccy] = self._cash.get(bill.ccy, ZERO) + bill.change
        if flow is Flow.NONE or not self.is_open:
            return flow
        opening = self._opening(bill.ccy)
        if bill.venue_ms <= opening.update_ms:  # the opening balance held it already
            opening.cash += bill.change
        else:
            self._book(flow, bill.ccy, bill.change)
        return flow

    def _book(self, flow: Flow, ccy: str, amount: Decimal) -> None:
        price = self._prices.get(ccy)
        if price is None:
            self._unpriced[flow, ccy] = self._unpriced.get((flow, ccy), ZERO) + amount
        else:
            self._booked[flow] += rounded(amount * price, COST_STEP)

    # -- the venue's equity --------------------------------------------------------------------------

    def open(self, balances: Iterable[BalanceUpdate]) -> bool:
        """Start the books from a complete list of balances; False while an open position has no price yet."""
        if any(each.ledger.position.quantity and each.price is None for each in self._books.values()):
            return False
        self.is_open = False
        self._openings.clear()
        self._residuals.clear()
        self._unpriced.clear()
        self._booked = dict.fromkeys(Flow, ZERO)
        for books in self._books.values():
            books.opening = books.unrealised
            is_spot = books.instrument.kind is ContractKind.SPOT
            books.held = ZERO if is_spot else books.ledger.position.quantity
            books.opening_price = books.price or ZERO
        listed = tuple(balances)
        self._opened_ms = max((balance.update_ms for balance in listed), default=0)
        for balance in listed:
            opening = self._opening(balance.ccy)
            opening.equity, opening.update_ms = balance.equity, balance.update_ms
        for ccy in self._moved():
            self._opening(ccy)
        self.is_open = True
        return True

    def on_balance(self, balance: BalanceUpdate) -> None:
        """Hold what the venue reports against what the books say it must be."""
        if self.is_open:
            self._residuals[balance.ccy] = balance.equity - self.expected(balance.ccy)
            self.trust.on_evidence()

    def expected(self, ccy: str) -> Decimal:
        """Equity of a currency as the books have it."""
        opening = self._opening(ccy)
        cash, unrealised = self._cash_of(ccy), self._unrealised_of(ccy)
        return opening.equity + (cash - opening.cash) + (unrealised - opening.unrealised)

    def _opening(self, ccy: str) -> _Opening:
        if ccy not in self._openings:
            # A currency the opening list did not name was not held: its books start from nothing.
            is_new = self.is_open
            self._openings[ccy] = _Opening(
                update_ms=self._opened_ms,
                cash=ZERO if is_new else self._cash_of(ccy),
                unrealised=ZERO if is_new else self._unrealised_of(ccy),
                price=self._prices.get(ccy),
            )
        return self._openings[ccy]

    def _cash_of(self, ccy: str) -> Decimal:
        moved = (books.ledger.cash.get(ccy, ZERO) for books in self._books.values())
        return sum(moved, self._cash.get(ccy, ZERO))

    def _unrealised_of(self, ccy: str) -> Decimal:
        """Spot has none: what it holds is equity of its own currencies."""
        return sum(
            (
                books.unrealised
                for books in self._books.values()
                if books.instrument.settle_ccy == ccy and books.instrument.kind is not ContractKind.SPOT
            ),
            ZERO,
        )

    def _moved(self) -> set[str]:
        ccys = {ccy for books in self._books.values() for ccy in books.ledger.cash}
        ccys |= {books.instrument.settle_ccy for books in self._books.values()}
        return ccys | set(self._cash) | set(self._openings)

    # -- figures -------------------------------------------------------------------------------------

    def check(self, at_ns: int) -> IdentityView | None:
        """Look at the residual as the trust rule asks for it; None before the books are open."""
        identity = self.identity()
        if identity is not None and self.trust.is_due(at_ns):
            self.trust.judge(at_ns, identity.residual, identity.equity)
            return self.identity()
        return identity

    def identity(self) -> IdentityView | None:
        """The identity as it stands; None before the books are open."""
        if not self.is_open:
            return None
        opening = expected = residual = ZERO
        unpriced: set[str] = set()
        for ccy in sorted(self._moved()):
            price, start = self._prices.get(ccy), self._opening(ccy)
            if price is None or start.price is None:
                if self._residuals.get(ccy) or self.expected(ccy) != start.equity:
                    unpriced.add(ccy)
                continue
            opening += rounded(start.equity * start.price, COST_STEP)
            expected += rounded(self.expected(ccy) * price, COST_STEP)
            residual += rounded(self._residuals.get(ccy, ZERO) * price, COST_STEP)
        unrealised = self._unrealised_change()
        booked = self._booked
        explained = unrealised + sum((booked[flow] for flow in Flow), ZERO)
        equity = expected + residual
        return IdentityView(
            ccy=self.reporting_ccy,
            equity=equity,
            opening=opening,
            transfers=booked[Flow.TRANSFER],
            realised=booked[Flow.REALISED],
            unrealised=unrealised,
            fees=booked[Flow.FEES],
            funding=booked[Flow.FUNDING],
            interest=booked[Flow.INTEREST],
            forced=booked[Flow.FORCED],
            conversion=booked[Flow.CONVERSION],
            revaluation=expected - opening - explained,
            residual=residual,
            tolerance=self.trust.tolerance(equity),
            residuals=tuple((ccy, each) for ccy, each in sorted(self._residuals.items()) if each),
            unpriced=tuple(sorted(unpriced)),
            is_trustworthy=self.trust.is_trustworthy,
            reason=self.trust.reason,
            incomplete=self.trust.incomplete,
            holding=self._holding(),
        )

    def _holding(self) -> Decimal:
        """Gain of the opening portfolio, coins and contracts, had it been left alone."""
        total = ZERO
        for ccy, opening in self._openings.items():
            price = self._prices.get(ccy)
            if price is not None and opening.price is not None:
                total += rounded(opening.equity * (price - opening.price), COST_STEP)
        for books in self._books.values():
            price = self._prices.get(books.instrument.settle_ccy)
            if books.held and books.price is not None and price is not None:
                worth = books.ledger.position.worth
                moved = worth(books.held, books.price) - worth(books.held, books.opening_price)
                total += rounded(moved * price, COST_STEP)
        return total

    def _unrealised_change(self) -> Decimal:
        total = ZERO
        for books in self._books.values():
            ccy = books.instrument.settle_ccy
            price, start = self._prices.get(ccy), self._opening(ccy).price
            if price is not None and start is not None:
                total += rounded(books.unrealised * price, COST_STEP)
                total -= rounded(books.opening * start, COST_STEP)
        return total
