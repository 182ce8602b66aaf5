"""The books of account of one instrument: every trade and every bill booked once, money in ``Decimal``."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from msgspec import Struct, structs

from okxmm_tui.core.accounting.bills import Flow, flow_of
from okxmm_tui.core.accounting.recent import RecentFills, Step
from okxmm_tui.core.accounting.seen import SeenIds
from okxmm_tui.core.accounting.totals import Periods, Totals
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AccountBill, Fill
from okxmm_tui.core.position import Position
from okxmm_tui.core.restored import LedgerState
from okxmm_tui.core.types import ContractKind, Liquidity

ROWS_KEPT = 200
IDS_SAVED = 5_000
STEPS_SAVED = 50
ZERO = Decimal(0)


class BookedFill(Struct, frozen=True):
    """A fill and what it did to the books."""

    fill: Fill
    realised_quote: Decimal
    """Converted at the fill's price for inverse contracts."""
    realised: Decimal = ZERO
    """In settlement currency."""
    held_before: Decimal = ZERO
    """Signed quantity before the fill: base currency, or USD face for inverse."""
    held_after: Decimal = ZERO


class Ledger:
    """Position, realised PnL, fees and bills of one instrument.

    Fees keep the OKX sign: negative is charged, positive is a rebate. Names ending in ``_quote`` are quote
    currency, where inverse contracts are converted at the price of each booking; names without a unit are the
    settlement currency (coin for inverse). For linear and spot both are the same.
    """

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._trades = SeenIds()
        self._bills = SeenIds()
        self._lot = instrument.lot_size * instrument.contract_value
        self.position = Position(self._lot, instrument.kind)
        self._recent = RecentFills(self.position)
        self.periods = Periods()
        self.other_fees: dict[str, Decimal] = {}
        """Fees in currencies the books are not kept in; shown, converted by whoever knows a price."""
        self.cash: dict[str, Decimal] = {}
        """What fills and bills moved since the session began, by currency; unrealised PnL is not in it."""
        self.rows: deque[AccountBill] = deque(maxlen=ROWS_KEPT)

    @classmethod
    def from_state(cls, instrument: Instrument, state: LedgerState) -> Ledger:
        """Books that go on where saved ones ended; the session's own figures start at zero."""
        ledger = cls(instrument)
        ledger.position.restore(state.quantity, state.basis)
        ledger._recent = RecentFills(ledger.position)
        if state.lot == ledger._lot:  # counts of other lots would mean other sizes now
            ledger._recent.restore(state.recent)
        ledger.periods = Periods(
            structs.replace(state.inception), structs.replace(state.day), state.day_number
        )
        ledger._trades, ledger._bills = SeenIds(state.trade_ids), SeenIds(state.bill_ids)
        ledger.other_fees = dict(state.other_fees)
        return ledger

    def state(self) -> LedgerState:
        """What to save."""
        return LedgerState(
            inst_id=self._instrument.inst_id,
            quantity=self.position.quantity,
            basis=self.position.basis,
            inception=structs.replace(self.periods.inception),
            day=structs.replace(self.periods.day),
            day_number=self.periods.day_number,
            trade_ids=self._trades.newest(IDS_SAVED),
            bill_ids=self._bills.newest(IDS_SAVED),
            other_fees=dict(self.other_fees),
            recent=self._recent.newest(STEPS_SAVED, self._instrument.tick_size),
            lot=self._lot,
        )

    # -- booking -----------------------------------------------------------------------------------

    def knows(self, trade_id: str) -> bool:
        """Whether a trade id was booked or belongs to the time before the session."""
        return trade_id in self._trades

    def remember(self, trade_id: str) -> None:
        """Mark a trade as contained in an adopted position: it will never be booked."""
        self._trades.add(trade_id)

    def book(self, fill: Fill) -> BookedFill | None:
        """Book one fill; None when its trade id was booked before.

        One that comes late is booked at its place; what that changes of later ones is part of its result.
        """
        if not self._trades.add(fill.trade_id):
            return None
        held = self.position.quantity
        later = self._recent.later_than(fill)
        realised, realised_quote = self._realise(fill, ZERO)
        for step in later:
            moved, moved_quote = self._realise(step.fill, step.realised)
            realised, realised_quote = realised + moved, realised_quote + moved_quote
        self._count_fill(fill)
        return BookedFill(fill, realised_quote, realised, held, self.position.quantity)

    def _realise(self, fill: Fill, before: Decimal) -> tuple[Decimal, Decimal]:
        """Move the position; returns what is realised beyond what was before, and the same in quote."""
        price, position = fill.price(self._instrument.tick_size), self.position
        quantity, basis = position.quantity, position.basis
        base_fee, traded = self.split_fee(fill)[1], self.quantity_of(fill)
        realised = position.apply(fill.side, fill.size_lots, price, base_fee, traded)
        self._recent.note(Step(fill, quantity, basis, realised))
        moved = realised - before
        moved_quote = self.in_quote(realised, price) - self.in_quote(before, price)
        for totals in self.periods.at(fill.venue_ms):
            totals.realised += moved
            totals.realised_quote += moved_quote
        if self._instrument.kind is not ContractKind.SPOT:
            self._move(self._instrument.settle_ccy, moved)
        return moved, moved_quote

    def _count_fill(self, fill: Fill) -> None:
        """Everything of a fill that does not depend on the ones before it."""
        price = fill.price(self._instrument.tick_size)
        own_fee, base_fee = self.split_fee(fill)
        size = fill.size(self._instrument.lot_size)
        notional = self._instrument.notional_of(size, price)
        for totals in self.periods.at(fill.venue_ms):
            self._count(totals, fill, size, notional)
            totals.fees_in_cost_quote += self.position.rounded(base_fee * price)
            worth = self.in_quote(own_fee, price)
            totals.add_fee(own_fee, worth, is_maker=fill.liquidity is Liquidity.MAKER)
        if fill.fee and not own_fee and not base_fee:
            self.other_fees[fill.fee_ccy] = self.other_fees.get(fill.fee_ccy, ZERO) + fill.fee
        self._move_cash(fill, price)

    @staticmethod
    def _count(totals: Totals, fill: Fill, size: Decimal, notional_quote: Decimal) -> None:
        totals.fills += 1
        totals.turnover_quote += notional_quote
        if fill.liquidity is Liquidity.MAKER:
            totals.maker_fills += 1
            totals.maker_turnover_quote += notional_quote
        if fill.side.sign > 0:
            totals.bought += size
        else:
            totals.sold += size

    def quantity_of(self, fill: Fill) -> Decimal:
        """What a fill executed, without sign: base currency, or USD face for inverse."""
        return fill.size(self._instrument.lot_size) * self._instrument.contract_value

    def split_fee(self, fill: Fill) -> tuple[Decimal, Decimal]:
        """A fill's fee in settlement currency and in the base currency of spot; both zero for a third one."""
        instrument = self._instrument
        if fill.fee_ccy in {"", instrument.settle_ccy}:
            return fill.fee, ZERO
        if instrument.kind is ContractKind.SPOT and fill.fee_ccy == instrument.base_ccy:
            return ZERO, fill.fee
        return ZERO, ZERO

    def _move_cash(self, fill: Fill, price: Decimal) -> None:
        """The fee and, for spot, what was exchanged; contracts move what they realise."""
        instrument = self._instrument
        if instrument.kind is ContractKind.SPOT:
            bought = fill.side.sign * self.quantity_of(fill)
            self._move(instrument.base_ccy, bought)
            self._move(instrument.settle_ccy, -self.position.worth(bought, price))
        self._move(fill.fee_ccy or instrument.settle_ccy, fill.fee)

    def _move(self, ccy: str, amount: Decimal) -> None:
        self.cash[ccy] = self.cash.get(ccy, ZERO) + amount

    def book_bill(self, bill: AccountBill, price: Decimal | None) -> Flow | None:
        """Book a bill of this instrument; None when its id was booked before.

        Args:
            bill: Funding, interest, liquidation, ADL, ...
            price: Present price of the instrument, to convert coin; without one nothing is converted.
        """
        if not self._bills.add(bill.bill_id):
            return None
        flow = flow_of(bill.bill_type)
        if flow is Flow.NONE:
            return flow
        self.rows.appendleft(bill)
        self._move(bill.ccy, bill.change)
        if bill.ccy == self._instrument.settle_ccy:
            in_quote = self.in_quote(bill.change, price)
            for totals in self.periods.at(bill.venue_ms):
                totals.add_flow(flow, bill.change, in_quote)
        return flow

    # -- figures -------------------------------------------------------------------------------------

    def in_quote(self, amount: Decimal, price: Decimal | None) -> Decimal:
        """Settlement currency in quote currency; zero for coin without a price."""
        if not self.position.is_inverse:
            return amount
        return self.position.rounded(amount * price) if price is not None else ZERO

    @property
    def realised_quote(self) -> Decimal:
        """Realised PnL of the session, before fees."""
        return self.periods.session.realised_quote

    @property
    def fees_quote(self) -> Decimal:
        """Fees and rebates of the session; those in base currency are in the position's cost instead."""
        return self.periods.session.fees_quote

    @property
    def fill_count(self) -> int:
        """Fills of the session."""
        return self.periods.session.fills

    @property
    def maker_fills(self) -> int:
        """Maker fills of the session."""
        return self.periods.session.maker_fills

    @property
    def turnover_quote(self) -> Decimal:
        """Notional traded in the session."""
        return self.periods.session.turnover_quote

    def unrealised(self, price: Decimal | None) -> Decimal:
        """Unrealised PnL at a price, in settlement currency; zero while no price is known."""
        return self.position.unrealised(price) if price is not None else ZERO

    def unrealised_quote(self, price: Decimal | None) -> Decimal:
        """Unrealised PnL at a price, in quote currency."""
        return self.in_quote(self.unrealised(price), price)

    def net(self, price: Decimal | None) -> Decimal:
        """Realised + unrealised + fees + what bills brought, in settlement currency."""
        return self.periods.session.booked + self.unrealised(price)

    def net_quote(self, price: Decimal | None) -> Decimal:
        """The same in quote currency, each part converted when it was booked."""
        return self.periods.session.booked_quote + self.unrealised_quote(price)

    def revaluation_quote(self, price: Decimal | None) -> Decimal:
        """What coin earned earlier has gained since it was booked; zero for linear and spot."""
        if price is None or not self.position.is_inverse:
            return ZERO
        return self.in_quote(self.periods.session.booked, price) - self.periods.session.booked_quote
