"""Edge per fill, funding accrued, activity, the bad minutes and the benchmarks: worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.accounting.activity import Activity, OrderEvent
from okxmm_tui.core.accounting.curve import MINUTE_NS, EquityCurve
from okxmm_tui.core.accounting.fill_ratio import fill_ratio, order_weight
from okxmm_tui.core.accounting.funding import funding_view
from okxmm_tui.core.accounting.markouts import DETAILS, Markouts, Rank, Sample
from okxmm_tui.core.accounting.own_share import OwnShare
from okxmm_tui.core.accounting.presence import Presence, QuoteState
from okxmm_tui.core.accounting.retention import Retention
from okxmm_tui.core.accounting.tail import Tail
from okxmm_tui.core.accounting.timeline import Timeline
from okxmm_tui.core.accounting.viability import Viability
from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.messages import FundingRate
from okxmm_tui.core.types import Side
from tests.core.accounts_desk import INVERSE, LINEAR, SPOT, balance
from tests.core.test_accounting_account import Account
from tests.samples import swap

D = Decimal
HOUR_MS = 3_600_000
SECOND_NS = 10**9


# -- edge per fill ---------------------------------------------------------------------------------------


def test_the_edge_of_each_side_by_hand():
    """Buys of weight 1 and 3 at +1 and +2 bps end at -2 and 0; a sell of 2 at +1 ends at +3.

    Fee 0.5, funding 0.1 against buys. Both: kept 4 / 6, lean (4 - 2) / 6.
    """
    viability = Viability()
    for side, capture, markout, weight in (
        (Side.BUY, 1.0, -2.0, 1.0),
        (Side.BUY, 2.0, 0.0, 3.0),
        (Side.SELL, 1.0, 3.0, 2.0),
    ):
        viability.add(side, capture, markout, weight)
    both, buy, sell = viability.rows(quoted_bps=9.0, fee_bps=0.5, buy_funding_bps=0.1)
    assert (both.side, buy.side, sell.side) == ("", "buy", "sell")
    assert (both.fills, buy.fills, sell.fills) == (3, 2, 1)
    assert (buy.capture_bps, buy.adverse_bps) == (pytest.approx(1.75), pytest.approx(2.25))
    assert buy.edge_bps == pytest.approx(1.75 - 0.5 - 2.25 - 0.1)
    assert (sell.capture_bps, sell.adverse_bps) == (pytest.approx(1.0), pytest.approx(-2.0))
    assert sell.edge_bps == pytest.approx(1.0 - 0.5 + 2.0 + 0.1)
    assert (both.capture_bps, both.adverse_bps) == (pytest.approx(1.5), pytest.approx(1.5 - 4 / 6))
    assert both.funding_bps == pytest.approx(0.1 / 3)
    assert both.edge_bps == pytest.approx(4 / 6 - 0.5 - 0.1 / 3)
    assert sell.error_bps is None
    assert buy.error_bps is not None


def test_a_rebate_adds_and_a_paid_fee_takes():
    """The fee's sign is that of a cost."""
    viability = Viability()
    viability.add(Side.BUY, 1.0, 1.0, 1.0)
    edges = [viability.rows(quoted_bps=None, fee_bps=fee, buy_funding_bps=0.0)[0] for fee in (2.0, -0.5)]
    assert [edge.edge_bps for edge in edges] == [-1.0, 1.5]


def test_before_any_fill_the_quoted_half_spread_stands_in_and_says_so():
    """No fills, nothing known of what follows them; without a quote nothing is said at all."""
    viability = Viability()
    for edge in viability.rows(quoted_bps=2.5, fee_bps=2.0, buy_funding_bps=0.0):
        assert (edge.fills, edge.capture_bps, edge.adverse_bps, edge.edge_bps) == (0, 2.5, 0.0, 0.5)
    assert viability.rows(quoted_bps=None, fee_bps=2.0, buy_funding_bps=0.0) == ()


def test_only_fills_whose_both_mids_are_known_are_measured():
    """One measured: +1 bp at the fill, -2 bps after 30 s; one lost its mid after, one had none before."""
    line = Timeline()
    markouts = Markouts(line)
    markouts.on_fill(_sample(500))
    line.note(1_000, 100_010)
    markouts.on_fill(_sample(2_000))
    line.note(10_000, 99_980)
    markouts.advance(32_001)
    markouts.on_fill(_sample(40_000))
    line.lose()
    markouts.advance(100_000)
    both, buy = markouts.viability.rows(quoted_bps=None, fee_bps=0.0, buy_funding_bps=0.0)
    assert (both.fills, both.capture_bps, both.adverse_bps) == (1, pytest.approx(1.0), pytest.approx(3.0))
    assert buy.edge_bps == both.edge_bps == pytest.approx(-2.0)
    assert markouts.cell("all", "", 30).count == 2  # the fill without a mid before it counts there


# -- funding accrued -------------------------------------------------------------------------------------


def _funding(rate: str, *, hours: int = 8, next_ms: int | None = None) -> FundingRate:
    """To be charged at 16:00 of the first day, for an interval of so many hours."""
    due_ms = 16 * HOUR_MS
    return FundingRate("X", D(rate), due_ms, due_ms + hours * HOUR_MS if next_ms is None else next_ms, 0)


@pytest.mark.parametrize(
    ("lots", "rate", "hour", "accrued"),
    [
        (100, "0.0001", 10, "-0.015"),  # 1 contract = 0.01 BTC = 600 USDT; 2 of 8 hours
        (-100, "0.0001", 10, "0.015"),
        (100, "-0.0001", 10, "0.015"),
        (100, "0.0001", 16, "-0.06"),
        (100, "0.0001", 7, "0"),
        (0, "0.0001", 10, "0"),
    ],
)
def test_linear_funding_accrues_by_the_elapsed_share(lots, rate, hour, accrued):
    """Longs owe while the rate is positive; never before the interval began, never more than all of it."""
    ledger = Ledger(LINEAR)
    ledger.position.adopt(lots, D(50_000))
    view = funding_view(ledger, _funding(rate), D(60_000), hour * HOUR_MS)
    assert view is not None
    assert view.accrued == view.accrued_quote == D(accrued)
    assert (view.settles_ms, view.interval_ms) == (16 * HOUR_MS, 8 * HOUR_MS)


def test_inverse_funding_is_coin_at_the_mark():
    """Long 60 contracts = 6,000 USD = 0.1 BTC at 60,000; half of 4 hours at 0.01 %: 0.3 USD in coin."""
    ledger = Ledger(INVERSE)
    ledger.position.adopt(600, D(50_000))
    view = funding_view(ledger, _funding("0.0001", hours=4), D(60_000), 14 * HOUR_MS)
    assert view is not None
    assert (view.accrued, view.accrued_quote, view.elapsed) == (D("-0.000005"), D("-0.3"), 0.5)


def test_nothing_accrues_where_something_is_not_known():
    """No rate, no price, or an interval nobody has told: eight hours are never assumed."""
    ledger = Ledger(LINEAR)
    ledger.position.adopt(100, D(50_000))
    assert funding_view(ledger, None, D(60_000), 0) is None
    assert funding_view(ledger, _funding("0.0001"), None, 0) is None
    assert funding_view(ledger, _funding("0.0001", next_ms=0), D(60_000), 10 * HOUR_MS) is None


def test_what_is_settled_does_not_accrue_any_more():
    """It is a bill from then on, and the next rate has not been told yet."""
    ledger = Ledger(LINEAR)
    ledger.position.adopt(100, D(50_000))
    assert funding_view(ledger, _funding("0.0001"), D(60_000), 16 * HOUR_MS) is not None
    assert funding_view(ledger, _funding("0.0001"), D(60_000), 16 * HOUR_MS + 1) is None


def test_accrued_funding_is_in_no_booked_figure():
    """It is an estimate beside the books."""
    ledger = Ledger(LINEAR)
    ledger.position.adopt(100, D(60_000))
    before = ledger.net(D(60_000)), ledger.periods.session.funding
    assert funding_view(ledger, _funding("0.0001"), D(60_000), 15 * HOUR_MS) is not None
    assert (ledger.net(D(60_000)), ledger.periods.session.funding) == before == (0, 0)


# -- activity --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inst_type", "base", "quote", "weight"),
    [
        ("SWAP", "BTC", "USDT", 1.0), ("SWAP", "ETH", "USD", 1.0), ("SWAP", "BTC", "USDC", 0.2),
        ("SWAP", "DOGE", "USDT", 0.2), ("FUTURES", "BTC", "USD", 0.3), ("FUTURES", "SOL", "USDT", 0.1),
        ("FUTURES", "ETH", "USDC", 0.1),
        ("SPOT", "ETH", "USDT", 0.5), ("SPOT", "BTC", "USDC", 0.1), ("SPOT", "XRP", "USDT", 0.1),
        ("OPTION", "BTC", "USD", 0.1),
    ],
)  # fmt: skip
def test_weights_of_orders_are_the_venues(inst_type, base, quote, weight):
    """OKX v5, rate limits: by instrument type, majors and their quote currencies."""
    instrument = swap(inst_type=inst_type, base_ccy=base, quote_ccy=quote, settle_ccy=quote)
    assert order_weight(instrument) == weight


def test_the_venues_fill_ratio_by_hand():
    """3,000 USDT for 4 new and 6 amended orders of weight 0.2; cancels do not count."""
    activity, minor = Activity(), swap("SOL-USDT-SWAP", base_ccy="SOL")
    for event, count in ((OrderEvent.NEW, 4), (OrderEvent.AMEND, 6), (OrderEvent.CANCEL, 9)):
        for number in range(count):
            activity.on_order_event(event, f"{event}{number}")
    activity.on_fill("a", 10, 3_000.0)
    ratio = fill_ratio(minor, activity.notional, activity.orders_counted)
    assert ratio == pytest.approx(1_500.0)
    assert fill_ratio(minor, 0.0, 0) is None
    assert fill_ratio(swap(quote_ccy="BTC"), 3_000.0, 10) is None  # its volume is not in dollars


def test_own_share_of_the_volume():
    """30 of 200 lots; of no volume there is no share."""
    share = OwnShare()
    assert share.share is None
    share.on_print(150)
    share.on_fill(30)
    share.on_print(50)
    assert share.share == 0.15


def test_queue_retention_by_hand():
    """Three held, one moved; one move lost 120 lots of place, another won 20: 0.5 contracts on average."""
    retention = Retention()
    assert retention.view(D("0.01")).held_share is None
    for _ in range(3):
        retention.on_hold()
    retention.on_move()
    retention.on_new_place(120)
    retention.on_new_place(-20)
    view = retention.view(D("0.01"))
    assert (view.held, view.moved, view.held_share) == (3, 1, 0.75)
    assert (view.rank_lost, view.ranked) == (pytest.approx(0.5), 2)


def test_uptime_weighted_by_depth():
    """10 s at half the target, 10 s at all, 20 s paused: 15 of 40; closed or aimless time is no part."""
    presence = Presence()
    assert presence.view().depth is None
    for at_s, state, depth in (
        (0, QuoteState.TWO_SIDED, 0.5),
        (10, QuoteState.TWO_SIDED, 1.0),
        (20, QuoteState.PAUSED_BY_RISK, 0.0),
        (40, QuoteState.CLOSED, 0.0),
        (90, QuoteState.TWO_SIDED, None),
        (95, QuoteState.TWO_SIDED, 1.0),
    ):
        presence.on_quote_state(at_s * SECOND_NS, state, depth)
    view = presence.view()
    assert view.depth == pytest.approx(15 / 40)
    assert view.two_sided == pytest.approx(25 / 45)


# -- markouts by rank and hour ---------------------------------------------------------------------------


def _sample(at_ms: int, **more: object) -> Sample:
    fields = {"level": 0, "age_ms": 0, "volatility_bps": 0.5, "price_half_ticks": 100_000, "notional": 1.0}
    return Sample(side=Side.BUY, venue_ms=at_ms, **{**fields, **more})  # pyright: ignore


def test_markouts_by_rank_and_hour():
    """One from the front at 23:59:59, one from behind at midnight, one of unknown rank: by hour alone."""
    line = Timeline()
    line.note(0, 100_010)
    markouts, midnight = Markouts(line), 24 * HOUR_MS
    markouts.on_fill(_sample(midnight - 1_000, rank=Rank.FRONT))
    markouts.on_fill(_sample(midnight, rank=Rank.BEHIND))
    markouts.on_fill(_sample(midnight + HOUR_MS))
    counts = {
        (row.dimension, row.bucket): row.count for row in markouts.rows(has_details=True) if not row.horizon_s
    }
    assert counts["rank", "front"] == counts["rank", "behind"] == 1
    assert (counts["hour", "23"], counts["hour", "00"], counts["hour", "01"]) == (1, 1, 1)
    assert not {row.dimension for row in markouts.rows()} & DETAILS
    assert ("rank", "") not in counts


# -- the bad minutes -------------------------------------------------------------------------------------


def test_expected_shortfall_by_hand():
    """100 minutes, the worst five -10 -8 -6 -4 -2: their mean. Of 110, half of a sixth comes in."""
    tail = Tail()
    for at in range(95):
        tail.add(at, 1.0, None)
    for at, change in enumerate((-10.0, -8.0, -6.0, -4.0), start=95):
        tail.add(at, change, None)
    assert tail.view().shortfall_95 is None  # four and a half minutes are no tail
    tail.add(99, -2.0, None)
    assert tail.view().shortfall_95 == pytest.approx(-6.0)
    for at in range(100, 110):
        tail.add(at, 1.0, None)
    view = tail.view()
    assert view.shortfall_95 == pytest.approx((-30.0 + 0.5) / 5.5)
    assert (view.minutes, view.worst_minute, view.worst_minute_ns) == (110, -10.0, 95)
    assert view.shortfall_99 is None


def test_the_shortfall_at_99_needs_five_hundred_minutes():
    """Five of 500: -5, and four of -1."""
    tail = Tail()
    for at in range(500):
        tail.add(at, -5.0 if at == 7 else -1.0 if at < 5 else 0.5, None)
    assert tail.view().shortfall_99 == pytest.approx((-5.0 - 4.0) / 5)


def test_the_tail_is_bounded_and_says_nothing_beyond_what_it_keeps():
    """Of more minutes than it can keep the worst share of, only the smaller share is told."""
    tail = Tail(kept=30)
    for at in range(601):
        tail.add(at, float(-at), None)
    assert len(tail._worst) == 30
    assert tail.view().shortfall_95 is None
    assert tail.view().shortfall_99 == pytest.approx(-sum((600, 599, 598, 597, 596, 595, 5.94)) / 6.01)


def test_the_worst_minutes_of_a_curve():
    """From 100 to 90 within one minute; five minutes from 105 to 88."""
    curve = EquityCurve()
    for minute, equity in enumerate((100.0, 105.0, 104.0, 94.0, 93.0, 92.0, 88.0, 99.0)):
        curve.on_equity(minute * MINUTE_NS, equity)
        curve.on_equity((minute + 1) * MINUTE_NS - 1, equity)
    curve.on_equity(8 * MINUTE_NS, 99.0)
    view = curve.tail.view()
    assert (view.worst_minute, view.worst_minute_ns) == (-10.0, 4 * MINUTE_NS)
    assert (view.worst_five, view.worst_five_ns) == (-17.0, 7 * MINUTE_NS)
    assert view.minutes == 8


def test_a_session_of_gains_has_no_loss_to_show():
    """The worst minute was a gain and stays one."""
    curve = EquityCurve()
    curve.on_equity(0, 100.0)
    for minute in range(10):
        curve.on_equity(minute * MINUTE_NS + SECOND_NS, 101.0 + minute)
    assert curve.tail.view().worst_minute == 1.0


# -- benchmarks ------------------------------------------------------------------------------------------


def test_holding_the_coins_of_a_spot_account():
    """2 BTC from 60,000 to 61,000 gain 2,000; one of them sold at 60,500 gained 500 less."""
    account = Account(SPOT, USDT="1000", BTC="2")
    account.trade(SPOT, "sell", "1", "60500")
    account.book.on_price(SPOT.inst_id, D(61_000))
    shown = account.report(USDT="61500", BTC="1")
    assert (shown.residual, shown.holding, shown.gain) == (0, D(2_000), D(1_500))


def test_holding_the_margin_coin_of_an_inverse_account():
    """1 BTC of margin gains 1,000 dollars by itself; transfers are no gain of either."""
    account = Account(INVERSE, ccy="USD", BTC="1")
    account.bill("1", "0.5", ccy="BTC")
    account.book.on_price(INVERSE.inst_id, D(61_000))
    shown = account.report(BTC="1.5")
    assert shown.holding == D(1_000)
    assert shown.gain == D(1_500)  # the coin that came later gained too


def test_coins_a_spot_session_began_with_are_held_once():
    """2 BTC carried over are among the balances already: they gain 2,000, not 4,000."""
    account = Account(SPOT, USDT="1000", BTC="2")
    account.ledgers[SPOT.inst_id].position.adopt(200_000, D(60_000))
    account.book.open([balance("USDT", "1000"), balance("BTC", "2")])
    account.book.on_price(SPOT.inst_id, D(61_000))
    shown = account.book.identity()
    assert shown is not None
    assert (shown.holding, shown.gain) == (D(2_000), D(2_000))


@pytest.mark.parametrize(("instrument", "ccy"), [(LINEAR, "USDT"), (INVERSE, "USD")])
def test_left_alone_an_account_gains_what_holding_gains(instrument, ccy):
    """An open contract at the start is part of the portfolio: with no trade both figures are one."""
    account = Account(instrument, ccy=ccy, **{instrument.settle_ccy: "2"})
    account.ledgers[instrument.inst_id].position.adopt(300, D(50_000))
    account.book.open([balance(instrument.settle_ccy, "2.5")])
    account.book.on_price(instrument.inst_id, D(61_500))
    shown = account.book.identity()
    assert shown is not None
    assert shown.holding != 0
    assert shown.holding == pytest.approx(shown.gain, abs=D("1e-9"))
    assert shown.gain == shown.unrealised + shown.revaluation
