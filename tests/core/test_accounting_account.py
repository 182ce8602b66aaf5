"""The account's identity: hand-made cases, and any history against equity computed from cash alone."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from okxmm_tui.core.accounting.account import AccountBook
from okxmm_tui.core.accounting.trust import BREACHES, CHECK_NS, Trust
from okxmm_tui.core.accounting.views import IdentityView
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.types import ContractKind
from tests.core.accounts_desk import INVERSE, LINEAR, SPOT, START_MS, balance, bill, trade
from tests.core.reference_ledger import ReferenceLedger

D = Decimal
LINES = (
    "realised", "unrealised", "fees", "funding", "interest", "forced", "conversion", "revaluation",
    "residual",
)  # fmt: skip


class Account:
    """An account book with its ledgers, opened on given balances."""

    def __init__(
        self, *instruments: Instrument, ccy: str = "USDT", price: str = "60000", **equity: str
    ) -> None:
        self.book = AccountBook(ccy)
        self.ledgers = {instrument.inst_id: Ledger(instrument) for instrument in instruments}
        for instrument in instruments:
            self.book.add(instrument, self.ledgers[instrument.inst_id])
            self.book.on_price(instrument.inst_id, D(price))
        self.book.open([balance(name, amount) for name, amount in equity.items()])
        self._ids = 0

    def trade(self, instrument: Instrument, side: str, size: str, price: str, **more: object) -> None:
        """Book a fresh fill in both books."""
        self._ids += 1
        fill = trade(instrument, side, size, price, trade_id=str(self._ids), **more)  # pyright: ignore
        booked = self.ledgers[instrument.inst_id].book(fill)
        assert booked is not None
        self.book.on_fill(instrument.inst_id, booked)

    def bill(self, bill_type: str, change: str, **more: object) -> None:
        """Book a fresh bill."""
        self._ids += 1
        self.book.on_bill(bill(bill_type, change, bill_id=str(self._ids), **more))  # pyright: ignore

    def report(self, **equity: object) -> IdentityView:
        """The venue reports; the identity must add up, whatever it says."""
        for ccy, amount in equity.items():
            self.book.on_balance(balance(ccy, amount))
        identity = self.book.identity()
        assert identity is not None
        explained = sum((getattr(identity, name) for name in LINES), D(0))
        assert identity.equity - identity.opening - identity.transfers == explained
        return identity


def test_a_linear_day_adds_up():
    """Trade, fee, funding, interest, transfer: equity is 10000 + 1 + 1 - 0.3 - 0.6 - 0.02 + 500."""
    account = Account(LINEAR, USDT="10000")
    account.trade(LINEAR, "buy", "2", "60000", fee="-0.24")
    account.trade(LINEAR, "sell", "1", "60100", fee="-0.06")  # realises 0.01 x 100 = 1
    account.bill("8", "-0.6", inst_id=LINEAR.inst_id)
    account.bill("7", "-0.02")
    account.bill("1", "500")
    account.book.on_price(LINEAR.inst_id, D(60100))  # 1 contract left: 0.01 x 100 = 1
    shown = account.report(USDT="10501.08")
    assert (shown.realised, shown.unrealised, shown.fees) == (D(1), D(1), D("-0.3"))
    assert (shown.funding, shown.interest, shown.transfers) == (D("-0.6"), D("-0.02"), D(500))
    assert (shown.revaluation, shown.residual) == (0, 0)


def test_liquidation_closes_at_the_bill():
    """Long 1 at 60,000, mark 58,000: the venue takes it for -25 in all; unrealised -20 is gone."""
    account = Account(LINEAR, USDT="1000")
    account.trade(LINEAR, "buy", "1", "60000")
    account.book.on_price(LINEAR.inst_id, D(58000))
    assert account.report(USDT="980").residual == 0  # 1000 - 0.01 x 2000
    account.bill("5", "-25", inst_id=LINEAR.inst_id)
    account.ledgers[LINEAR.inst_id].position.adopt(0, None)
    shown = account.report(USDT="975")
    assert (shown.forced, shown.unrealised, shown.residual) == (D(-25), 0, 0)


def test_adl_takes_half_of_a_position():
    """Short 2 at 60,000, mark 59,000; ADL closes 1 for +10 and leaves the average alone."""
    account = Account(LINEAR, USDT="1000")
    account.trade(LINEAR, "sell", "2", "60000")
    account.book.on_price(LINEAR.inst_id, D(59000))
    account.bill("9", "10", inst_id=LINEAR.inst_id)
    account.ledgers[LINEAR.inst_id].position.adopt(-100, D(60000))
    shown = account.report(USDT="1020")  # 1000 + 10 + 0.01 x 1000
    assert (shown.forced, shown.unrealised, shown.residual) == (D(10), D(10), 0)


def test_a_transfer_is_no_profit():
    """Money in and out is not in any line of the PnL."""
    account = Account(LINEAR, USDT="1000")
    account.bill("1", "250")
    account.bill("1", "-100")
    shown = account.report(USDT="1150")
    assert (shown.transfers, shown.residual) == (D(150), 0)


def test_inverse_coin_and_dollars():
    """1 BTC of collateral; long 10,000 USD at 50,000 closed at 62,500 earns 0.04 BTC."""
    account = Account(INVERSE, ccy="USD", price="50000", BTC="1")
    account.trade(INVERSE, "buy", "100", "50000")
    account.book.on_price(INVERSE.inst_id, D(62500))
    account.trade(INVERSE, "sell", "100", "62500")
    shown = account.report(BTC="1.04")
    assert shown.equity == D(65000)  # 1.04 x 62500
    assert shown.realised == D(2500)  # 0.04 x 62500
    assert shown.revaluation == D(12500)  # 1 x (62500 - 50000)
    assert shown.residual == 0


def test_inverse_coin_earned_is_revalued_afterwards():
    """0.04 BTC booked at 62,500 are worth 2,800 at 70,000: 300 are revaluation, as are 1 BTC's 20,000."""
    account = Account(INVERSE, ccy="USD", price="50000", BTC="1")
    account.trade(INVERSE, "buy", "100", "50000")
    account.book.on_price(INVERSE.inst_id, D(62500))
    account.trade(INVERSE, "sell", "100", "62500")
    account.book.on_price(INVERSE.inst_id, D(70000))
    shown = account.report(BTC="1.04")
    assert (shown.realised, shown.revaluation) == (D(2500), D(20300))


def test_spot_buy_with_a_base_fee():
    """60,000 USDT become 0.999 BTC; nothing but the fee is lost."""
    account = Account(SPOT, USDT="100000")
    account.trade(SPOT, "buy", "1", "60000", fee="-0.001", fee_ccy="BTC")
    shown = account.report(USDT="40000", BTC="0.999")
    assert shown.equity == D(99940)  # 40000 + 0.999 x 60000
    assert (shown.unrealised, shown.fees, shown.revaluation, shown.residual) == (D(-60), 0, 0, 0)


def test_spot_coins_held_before_are_revalued():
    """2 BTC were there; the price moves by 100."""
    account = Account(SPOT, USDT="0", BTC="2")
    account.book.on_price(SPOT.inst_id, D(60100))
    shown = account.report(BTC="2")
    assert (shown.revaluation, shown.unrealised, shown.residual) == (D(200), 0, 0)


@pytest.mark.parametrize("bill_type", ["1", "12"])
def test_money_moved_elsewhere_is_no_loss(bill_type):
    """To the funding account, or to a trading bot of the venue: a transfer, and in no line of the PnL."""
    account = Account(LINEAR, USDT="10000")
    account.bill(bill_type, "-1000")
    shown = account.report(USDT="9000")
    assert (shown.transfers, shown.conversion, shown.residual) == (-1_000, 0, 0)


def test_dollars_at_par_are_judged_like_the_reporting_one():
    """Reported in USD, settled in USDT: money that goes missing there is no less a residual."""
    book = AccountBook("USD", ["USD", "USDT", "USDC"])
    for instrument in (INVERSE, LINEAR):
        book.add(instrument, Ledger(instrument))
        book.on_price(instrument.inst_id, D(60_000))
    book.open([balance("BTC", "1"), balance("USDT", "10000")])
    book.on_price(LINEAR.inst_id, D(60_500))  # BTC is priced by the market in USD
    book.on_balance(balance("USDT", "9000"))
    shown = book.identity()
    assert shown is not None
    assert (shown.equity, shown.residual, shown.unpriced) == (69_000, -1_000, ())


def test_one_market_alone_prices_a_coin():
    """Rather one in the reporting currency, in whatever order; several would make the price jump."""
    for order in ((INVERSE, LINEAR), (LINEAR, INVERSE)):
        book = AccountBook("USDT", ["USDT", "USD"])
        for instrument in order:
            book.add(instrument, Ledger(instrument))
        book.on_price(LINEAR.inst_id, D(60_000))
        book.on_price(INVERSE.inst_id, D(61_000))
        assert book.price_of("BTC") == 60_000
    alone = AccountBook("USDT", ["USDT", "USD"])
    alone.add(INVERSE, Ledger(INVERSE))
    alone.on_price(INVERSE.inst_id, D(61_000))
    assert alone.price_of("BTC") == 61_000


def test_a_conversion_between_currencies():
    """0.1 BTC sold through a convert: -0.1 BTC, +5,990 USDT; 10 USDT were lost on it."""
    account = Account(SPOT, USDT="0", BTC="1")
    account.bill("30", "-0.1", ccy="BTC")
    account.bill("30", "5990", ccy="USDT")
    shown = account.report(USDT="5990", BTC="0.9")
    assert (shown.conversion, shown.residual) == (D(-10), 0)


def test_a_third_fee_currency_counts_once_a_price_is_known():
    """0.01 of a coin that is quoted in the account's own instruments."""
    okb = structs.replace(SPOT, inst_id="OKB-USDT", base_ccy="OKB")
    account = Account(LINEAR, USDT="1000", OKB="1")
    account.trade(LINEAR, "buy", "1", "60000", fee="-0.01", fee_ccy="OKB")
    shown = account.report(OKB="0.99")
    assert (shown.unpriced, shown.fees, shown.equity) == (("OKB",), 0, D(1000))
    account.book.add(okb, Ledger(okb))
    account.book.on_price(okb.inst_id, D(50))
    shown = account.report(OKB="0.99")
    assert (shown.unpriced, shown.fees, shown.equity) == ((), D("-0.5"), D("1049.5"))
    assert (shown.residual, shown.revaluation) == (0, 0)


def test_a_bill_the_opening_balance_held_is_not_counted_again():
    """Read late: it is older than the balance the books were opened on."""
    account = Account(LINEAR, USDT="1000")
    account.bill("8", "-5", inst_id=LINEAR.inst_id, at_ms=START_MS - 10)
    shown = account.report(USDT="1000")
    assert (shown.funding, shown.residual) == (0, 0)


def test_books_wait_for_the_price_of_an_open_position():
    """Without a mark nobody knows what part of the equity was unrealised."""
    book, ledger = AccountBook("USDT"), Ledger(LINEAR)
    book.add(LINEAR, ledger)
    ledger.position.adopt(100, D(60000))
    assert not book.open([balance("USDT", 1000)])
    assert book.identity() is None
    book.on_price(LINEAR.inst_id, D(60500))
    assert book.open([balance("USDT", 1005)])
    identity = book.identity()
    assert identity is not None
    assert identity.unrealised == 0


# -- trust ---------------------------------------------------------------------------------------------


def test_three_breaches_in_a_row_end_the_trust_and_one_good_check_restores_it():
    """1,000 USDT vanish: untrustworthy at the third check 5 s apart, not before."""
    account = Account(LINEAR, USDT="10000")
    seen = []
    for number in range(BREACHES):
        account.report(USDT="9000")
        identity = account.book.check(number * CHECK_NS)
        assert identity is not None
        seen.append(identity.is_trustworthy)
    assert seen == [True, True, False]
    assert account.book.trust.reason.startswith("PnL not trustworthy: residual -1000.00 USDT")
    account.report(USDT="10000")
    identity = account.book.check(BREACHES * CHECK_NS)
    assert identity is not None
    assert identity.is_trustworthy


def test_a_check_without_a_fresh_balance_proves_nothing():
    """One transient difference, looked at for a minute, is one breach."""
    account = Account(LINEAR, USDT="10000")
    account.report(USDT="9000")
    for number in range(12):
        account.book.check(number * CHECK_NS)
    assert account.book.trust.is_trustworthy


@pytest.mark.parametrize(("equity", "tolerance"), [(0, 1), (9_999, 1), (1_000_000, 100), (-1_000_000, 100)])
def test_tolerance(equity, tolerance):
    """0.01 % of equity, at least one unit."""
    assert Trust.tolerance(D(equity)) == tolerance


def test_incomplete_until_every_gap_is_filled():
    """Two gaps, one filled: still incomplete."""
    trust = Trust("USDT")
    trust.miss("pages", "fills missing")
    trust.miss("bills", "bills missing")
    trust.fill("pages")
    assert trust.incomplete == "bills missing"
    trust.fill("bills")
    assert trust.incomplete == ""


# -- any history -------------------------------------------------------------------------------------

steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("trade"), st.sampled_from(["buy", "sell"]), st.integers(1, 300),
            st.integers(100_000, 900_000), st.integers(-300, 100),
        ),
        st.tuples(st.just("bill"), st.sampled_from(["1", "5", "7", "8", "9", "77"]), st.integers(-999, 999)),
        st.tuples(st.just("mark"), st.integers(100_000, 900_000)),
    ),
    max_size=25,
)  # fmt: skip


@pytest.mark.parametrize("instrument", [LINEAR, INVERSE, SPOT], ids=lambda each: each.kind.value)
@given(history=steps)
def test_residual_is_zero_for_any_history(instrument, history):
    """Equity from cash flows in fractions: the books agree exactly, inverse within a step a fill."""
    is_inverse, is_spot = instrument.kind is ContractKind.INVERSE, instrument.kind is ContractKind.SPOT
    ccy, settle = ("USD", "BTC") if is_inverse else ("USDT", "USDT")
    account = Account(instrument, ccy=ccy, **{settle: "1000"})
    reference, mark, transfers = ReferenceLedger(instrument.kind), Fraction(60_000), Fraction(0)
    lot, fees_base, fills = Fraction(instrument.lot_size * instrument.contract_value), Fraction(0), 0
    for step in history:
        match step:
            case ("trade", side, lots, ticks, fee):
                amount, price = D(fee) / 10**7, ticks * instrument.tick_size
                is_base = is_spot and side == "buy"
                account.trade(
                    instrument, side, str(lots * instrument.lot_size), str(price), fee=str(amount),
                    fee_ccy="BTC" if is_base else settle,
                )  # fmt: skip
                signed = lot * lots * (1 if side == "buy" else -1)
                reference.trade(signed, Fraction(price), Fraction(amount) if is_base else 0)
                fees_base += Fraction(amount) if is_base else 0
                reference.flow(0 if is_base else Fraction(amount))
                fills += 1
            case ("bill", kind, cents):
                account.bill(kind, str(D(cents) / 100), inst_id=instrument.inst_id, ccy=settle)
                reference.flow(Fraction(cents, 100))
                transfers += Fraction(cents, 100) if kind == "1" else 0
            case ("mark", ticks):
                mark = Fraction(ticks * instrument.tick_size)
                account.book.on_price(instrument.inst_id, ticks * instrument.tick_size)
    ledger = account.ledgers[instrument.inst_id]
    assert Fraction(ledger.position.quantity) == reference.position
    equity = 1000 + reference.total(mark)
    if is_spot:
        base = reference.position
        equity -= base * mark
        assert Fraction(account.book.expected("BTC")) == base
    slack = Fraction(2 * fills + 1, 10**16) if is_inverse else Fraction(0)
    step = Fraction(4 * fills + 1, 10**16 if is_inverse else 10**12)
    assert abs(Fraction(ledger.periods.session.realised) - reference.realised()) <= step
    assert abs(Fraction(account.book.expected(settle)) - equity) <= slack
    shown = account.report()
    assert shown.residual == 0
    if not is_inverse:
        assert shown.revaluation == 0
        assert Fraction(shown.equity) == 1000 + reference.total(mark)
        assert Fraction(shown.transfers) == transfers
