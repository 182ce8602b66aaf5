"""Spread capture, markouts, the exact decomposition, presence, activity, episodes and the equity curve."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.accounting.activity import Activity, OrderEvent
from okxmm_tui.core.accounting.bills import Flow
from okxmm_tui.core.accounting.curve import MINUTE_NS, EquityCurve
from okxmm_tui.core.accounting.episodes import Episodes
from okxmm_tui.core.accounting.markouts import HORIZONS_S, Markouts, Sample
from okxmm_tui.core.accounting.means import WeightedMean
from okxmm_tui.core.accounting.presence import Presence, QuoteState
from okxmm_tui.core.accounting.quality import Context, TradingQuality
from okxmm_tui.core.accounting.seen import SeenIds
from okxmm_tui.core.accounting.timeline import NO_MID, Timeline
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.types import Side
from tests.core.accounts_desk import INVERSE, LINEAR, SPOT, START_MS, bill, trade

D = Decimal
SECOND_NS = 10**9


class Watch:
    """A ledger with its trading quality and a book that can be set."""

    def __init__(self, instrument: Instrument = LINEAR) -> None:
        self.instrument, self.ledger = instrument, Ledger(instrument)
        self.quality = TradingQuality(instrument, self.ledger)
        self._ids = 0

    def mid(self, at_ms: int, price: str, *, is_live: bool = True) -> None:
        """Best bid and ask one tick either side of a price."""
        ticks = self.instrument.price_to_ticks(price)
        self.quality.on_mid(START_MS + at_ms, ticks - 1, ticks + 1, is_live=is_live)

    def trade(self, at_ms: int, side: str, size: str, price: str, **more: object) -> None:
        """Book a fresh fill in the ledger and here."""
        self._ids += 1
        fill = trade(
            self.instrument, side, size, price, trade_id=str(self._ids), at_ms=START_MS + at_ms, **more
        )  # pyright: ignore
        booked = self.ledger.book(fill)
        assert booked is not None
        self.quality.on_fill(booked, Context())

    def funding(self, amount: str) -> None:
        """Book a funding bill."""
        self._ids += 1
        line = bill(
            "8",
            amount,
            bill_id=str(self._ids),
            inst_id=self.instrument.inst_id,
            ccy=self.instrument.settle_ccy,
        )
        assert self.ledger.book_bill(line, None) is Flow.FUNDING
        self.quality.on_bill(Flow.FUNDING, line.change)


# -- time line -----------------------------------------------------------------------------------------


def test_the_mid_just_before_a_time_is_strictly_before_it():
    """A book change in the same millisecond may be the fill's own doing."""
    line = Timeline()
    line.note(10, 100)
    line.note(20, 200)
    assert [line.before(at) for at in (10, 11, 20, 21)] == [NO_MID, 100, 100, 200]
    assert [line.at(at) for at in (9, 10, 20)] == [NO_MID, 100, 200]


def test_a_lost_book_leaves_a_gap():
    """Nothing is known after the last change, until the book is live again."""
    line = Timeline()
    line.note(10, 100)
    line.lose()
    line.note(50, 300)
    assert [line.at(at) for at in (10, 11, 49, 50)] == [100, NO_MID, NO_MID, 300]


def test_the_time_line_is_bounded():
    """Old changes are forgotten and then missing, never wrong."""
    line = Timeline(kept=10)
    for at in range(1, 100):
        line.note(at, at)
    assert line.at(99) == 99
    assert line.at(5) == NO_MID
    assert len(line._mids) <= 20


# -- decomposition -------------------------------------------------------------------------------------


def test_a_good_maker_round_trip_by_hand():
    """Buy at the bid, the mid falls, sell higher later: every part worked out."""
    watch = Watch()
    watch.mid(0, "60000")
    watch.trade(100, "buy", "1", "59999", fee="-0.12")  # spread 0.01 x 1
    watch.mid(200, "59990")
    watch.quality.advance(START_MS + 10_000)  # 5 s on the mid was 59,990: adverse 0.01 x -10
    watch.mid(20_000, "60020")  # later it rose by 30: drift 0.01 x 30
    watch.trade(20_100, "sell", "1", "60021", fee="0.03")  # spread 0.01 x 1; a rebate
    watch.funding("-0.05")
    parts = watch.quality.attribution.figures(D(60020))
    assert (parts.spread, parts.adverse, parts.drift) == (D("0.02"), D("-0.1"), D("0.3"))
    assert (parts.fees, parts.rebates, parts.funding) == (D("-0.12"), D("0.03"), D("-0.05"))
    assert parts.total == watch.ledger.net(D(60020)) == D("0.08")  # 0.22 - 0.12 + 0.03 - 0.05


def test_a_taker_fill_is_cost_of_hedging():
    """Spread paid and fee stand in one place, and no adverse selection is charged for it."""
    watch = Watch()
    watch.mid(0, "60000")
    watch.trade(100, "buy", "1", "60001", fee="-0.3", is_maker=False)
    watch.mid(200, "59990")
    watch.quality.advance(START_MS + 10_000)
    parts = watch.quality.attribution.figures(D(59990))
    assert (parts.taker, parts.adverse, parts.drift) == (D("-0.31"), 0, D("-0.1"))


def test_a_fill_without_a_live_mid_has_no_spread_capture():
    """It is counted as missing; the total is still exact."""
    watch = Watch()
    watch.mid(0, "60000", is_live=False)
    watch.trade(100, "buy", "1", "59999")
    cell = watch.quality.markouts.cell("all", "", 0)
    assert (cell.count, cell.missing) == (0, 1)
    parts = watch.quality.attribution.figures(D(60010))
    assert (parts.spread, parts.total) == (0, D("0.11"))


def test_a_spot_base_fee_stands_under_fees():
    """0.001 BTC at 60,000, though the ledger has it in the cost."""
    watch = Watch(SPOT)
    watch.mid(0, "60000")
    watch.trade(100, "buy", "1", "60000", fee="-0.001", fee_ccy="BTC")
    parts = watch.quality.attribution.figures(D(60000))
    assert (parts.spread, parts.fees, parts.drift) == (0, D(-60), 0)


def test_a_position_taken_over_earns_from_its_first_price_on():
    """What it earned before is not this session's."""
    watch = Watch()
    watch.ledger.position.adopt(100, D(50000))
    watch.quality.follow(D(60000))
    assert watch.quality.attribution.figures(D(60100)).total == D(1)  # 0.01 x 100


def test_what_a_carried_position_had_earned_before_stands_beside_the_parts():
    """Long 0.01 from 59,000: at the first mid of 60,000 it has brought in 10; from there on it earns."""
    ledger = Ledger(LINEAR)
    ledger.position.restore(D("0.01"), D(590))
    quality = TradingQuality(LINEAR, ledger)
    assert quality.attribution.brought_in(D(59_500)) == 5  # while no price was ever followed
    quality.follow(D(60_000))
    quality.follow(D(60_300))
    assert quality.attribution.brought_in(D(60_300)) == 10
    assert quality.attribution.figures(D(60_300)).total == 3 == ledger.net(D(60_300)) - 10


def test_a_partial_liquidation_keeps_the_sum():
    """1 contract from 60,000 at 59,000: 0.6 are taken for 6 and a fee of 0.1; all that is lost is 10.1."""
    watch = Watch()
    watch.mid(0, "60000")
    watch.trade(100, "buy", "1", "60000")
    watch.mid(200, "59000")
    watch.ledger.position.adopt(40, D(60_000))
    taken = bill("5", "-6.1", inst_id=LINEAR.inst_id, ccy="USDT")
    watch.ledger.book_bill(taken, None)
    watch.quality.on_bill(Flow.FORCED, taken.change)
    watch.quality.follow(D(59_000))
    parts = watch.quality.attribution.figures(D(59_000))
    assert parts.other == D("-0.1")  # the bill of 6.1, and the loss of 6 it took out of the position
    assert parts.total == watch.ledger.net(D(59_000)) == D("-10.1")


actions = st.lists(
    st.one_of(
        st.tuples(
            st.just("trade"), st.sampled_from(["buy", "sell"]), st.integers(1, 300),
            st.integers(300_000, 900_000), st.integers(-300, 100), st.booleans(), st.booleans(),
        ),
        st.tuples(st.just("mid"), st.integers(300_000, 900_000), st.booleans(), st.integers(0, 9_000)),
        st.tuples(st.just("funding"), st.integers(-100, 100)),
        st.tuples(
            st.just("adopt"), st.integers(-300, 300), st.none() | st.integers(300_000, 900_000),
            st.sampled_from(["unseen", "without a mid", "seen"]),
        ),
    ),
    max_size=25,
)  # fmt: skip


@pytest.mark.parametrize("instrument", [LINEAR, INVERSE, SPOT], ids=lambda each: each.kind.value)
@given(history=actions, last=st.integers(300_000, 900_000))
def test_the_decomposition_sums_exactly(instrument, history, last):
    """Decimal equality with realised + unrealised on the mid + fees + funding, whatever happened."""
    watch, at_ms = Watch(instrument), 0
    for action in history:
        match action:
            case ("trade", side, lots, ticks, fee, is_maker, is_base):
                size, price = instrument.size_text(lots), instrument.price_text(ticks)
                ccy = "BTC" if is_base and instrument is SPOT else instrument.settle_ccy
                amount = str(D(fee) / 10**7)
                watch.trade(at_ms, side, size, price, fee=amount, fee_ccy=ccy, is_maker=is_maker)
            case ("mid", ticks, is_live, later_ms):
                at_ms += later_ms
                watch.mid(at_ms, instrument.price_text(ticks), is_live=is_live)
                watch.quality.advance(START_MS + at_ms)
            case ("funding", cents):
                watch.funding(str(D(cents) / 10**4))
            case ("adopt", lots, ticks, how):
                average = ticks * instrument.tick_size if ticks is not None else None
                watch.ledger.position.adopt(lots, average)
                if how != "unseen":
                    watch.quality.follow(D(60_000) if how == "seen" else None)
    mid = last * instrument.tick_size
    watch.quality.follow(mid)
    parts, brought_in = watch.quality.attribution.figures(mid), watch.quality.attribution.brought_in(mid)
    assert parts.total == watch.ledger.net(mid) - brought_in
    assert parts.total == sum((getattr(parts, name) for name in parts.__struct_fields__), D(0))


# -- markouts ------------------------------------------------------------------------------------------


def _sample(at_ms: int, side: Side = Side.BUY, **more: object) -> Sample:
    fields = {"level": 0, "age_ms": 0, "volatility_bps": 0.5, "price_half_ticks": 100_000, "notional": 1.0}
    return Sample(side=side, venue_ms=at_ms, **{**fields, **more})  # pyright: ignore


def test_markouts_at_every_horizon():
    """Bought at 100,000 half ticks: the mid one second on is 10 higher, from 5 s on 20 lower."""
    line = Timeline()
    markouts = Markouts(line)
    line.note(0, 100_010)
    markouts.on_fill(_sample(1_000))
    line.note(5_000, 99_980)
    markouts.advance(400_000)
    means = [markouts.cell("all", "", horizon).mean for horizon in (0, *HORIZONS_S)]
    assert means == pytest.approx([1.0, 1.0, -2.0, -2.0, -2.0, -2.0])  # in basis points


def test_a_short_gains_when_the_mid_falls():
    """The sign follows the side."""
    line = Timeline()
    markouts = Markouts(line)
    line.note(0, 99_990)
    markouts.on_fill(_sample(1_000, Side.SELL))
    markouts.advance(2_001)
    assert markouts.cell("side", "sell", 1).mean == pytest.approx(1.0)


def test_a_horizon_that_ends_without_a_live_book_is_missing():
    """Counted, never guessed and never dropped."""
    line = Timeline()
    markouts = Markouts(line)
    line.note(0, 100_000)
    markouts.on_fill(_sample(1_000))
    line.lose()
    markouts.advance(400_000)
    cells = [markouts.cell("all", "", horizon) for horizon in HORIZONS_S]
    assert [(cell.count, cell.missing) for cell in cells] == [(0, 1)] * 5


def test_a_fill_read_late_finds_its_mids_in_the_past():
    """A fill fetched over REST ten seconds on is measured as if it had come in time."""
    line = Timeline()
    markouts = Markouts(line)
    for at, mid in ((0, 100_010), (2_500, 100_020), (11_000, 100_990)):
        line.note(at, mid)
    markouts.on_fill(_sample(2_000))
    markouts.advance(11_000)
    assert markouts.cell("all", "", 0).mean == pytest.approx(1.0)
    assert markouts.cell("all", "", 1).mean == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("changes", "dimension", "bucket"),
    [
        ({"age_ms": 9_999}, "age", "<10s"),
        ({"age_ms": 10_000}, "age", "10-60s"),
        ({"age_ms": 60_000}, "age", ">60s"),
        ({"volatility_bps": 0.9}, "volatility", "calm"),
        ({"volatility_bps": 3.0}, "volatility", "wild"),
        ({"level": 2}, "level", "2"),
        ({"level": 50}, "level", "9"),
    ],
)
def test_buckets(changes, dimension, bucket):
    """Edges belong to the upper bucket; deep levels share the last."""
    line = Timeline()
    line.note(0, 100_000)
    markouts = Markouts(line)
    markouts.on_fill(_sample(1, **changes))
    assert markouts.cell(dimension, bucket, 0).count == 1


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_equal_weights_give_the_textbook_standard_error(values):
    """Deviation / sqrt(n), from sums alone."""
    mean = WeightedMean()
    for value in values:
        mean.add(value, 2.5)
    assert mean.mean == pytest.approx(sum(values) / len(values), abs=1e-9)
    assert mean.standard_error == pytest.approx(stdev(values) / sqrt(len(values)), abs=1e-5)


# -- presence ------------------------------------------------------------------------------------------


def test_uptime_is_weighted_by_time_not_by_calls():
    """A hundred looks in the first second weigh no more than one."""
    presence = Presence()
    for number in range(100):
        presence.on_quote_state(number * SECOND_NS // 100, QuoteState.TWO_SIDED)
    presence.on_quote_state(1 * SECOND_NS, QuoteState.ONE_SIDED)
    presence.on_quote_state(2 * SECOND_NS, QuoteState.PAUSED_BY_RISK)
    presence.on_quote_state(3 * SECOND_NS, QuoteState.PAUSED_BY_FAULT)
    presence.on_quote_state(4 * SECOND_NS, QuoteState.CLOSED)
    presence.on_quote_state(100 * SECOND_NS, QuoteState.TWO_SIDED)
    view = presence.view()
    assert view.open_s == 4.0  # closed time is nobody's fault
    shares = (view.two_sided, view.one_sided, view.paused_by_risk, view.paused_by_fault, view.absent)
    assert shares == (0.25, 0.25, 0.25, 0.25, 0.0)


# -- activity ------------------------------------------------------------------------------------------


def test_ratios_by_hand():
    """Four orders accepted, two of them filled in three fills."""
    activity = Activity()
    for number in range(4):
        activity.on_order_event(OrderEvent.NEW, str(number))
        activity.on_order_event(OrderEvent.ACCEPTED, str(number), 100)
    activity.on_order_event(OrderEvent.ACCEPTED, "0", 100)  # said twice, counted once
    activity.on_order_event(OrderEvent.AMEND, "1")
    activity.on_order_event(OrderEvent.CANCEL, "2")
    for cl_ord_id, lots in (("0", 50), ("0", 50), ("1", 20)):
        activity.on_fill(cl_ord_id, lots, 1_000.0)
    view = activity.view()
    assert view.order_fill_ratio == 0.5  # 2 / 4
    assert view.quantity_fill_ratio == 0.3  # 120 / 400
    assert view.order_to_trade == 2.0  # (4 + 1 + 1) / 3
    assert view.orders_per_million == pytest.approx(2_000)  # 6 per 3,000


def test_an_order_amended_to_more_was_accepted_with_more():
    """100 lots, half of them filled, then 200 in all, then shrunk again: 150 filled of 200 asked."""
    activity = Activity()
    activity.on_order_event(OrderEvent.ACCEPTED, "0", 100)
    activity.on_fill("0", 50, 1.0)
    activity.on_order_event(OrderEvent.ACCEPTED, "0", 200)
    activity.on_order_event(OrderEvent.ACCEPTED, "0", 150)
    activity.on_fill("0", 100, 1.0)
    view = activity.view()
    assert (view.orders_accepted, view.order_fill_ratio, view.quantity_fill_ratio) == (1, 1.0, 0.75)


def test_inventory_turns_and_holding_time():
    """Long 10 lots worth 600 for 30 s, then flat for 30 s: mean 5 lots, worth 300."""
    activity = Activity()
    activity.on_inventory(0, 10, 600.0)
    activity.on_fill("a", 10, 600.0)
    activity.on_inventory(30 * SECOND_NS, 0, 0.0)
    activity.on_fill("b", 10, 600.0)
    activity.on_inventory(60 * SECOND_NS, 0, 0.0)
    view = activity.view()
    assert view.average_inventory == 300.0
    assert view.inventory_turns == 4.0  # 1,200 / 300
    assert view.mean_holding_s == 15.0  # 5 lots / (20 lots / 60 s)


def test_capital_in_use():
    """A fifth for 10 s, then half for 10 s."""
    activity = Activity()
    activity.on_capital(0, 0.2)
    activity.on_capital(10 * SECOND_NS, 0.5)
    activity.on_capital(20 * SECOND_NS, 0.0)
    view = activity.view()
    assert (view.capital_used, view.capital_used_peak) == (pytest.approx(0.35), 0.5)


# -- episodes ------------------------------------------------------------------------------------------


def test_round_trips_from_flat_to_flat():
    """Won 3, lost 1, lost 2 by a flip, open since: factor 1, two losses in a row."""
    episodes = Episodes()
    episodes.on_fill(0, 100, D(0), D(0))
    episodes.on_fill(100, 50, D(0), D(1))
    episodes.on_fill(50, 0, D(1), D(3))
    episodes.on_fill(0, -100, D(3), D(3))
    episodes.on_fill(-100, 0, D(3), D(2))
    episodes.on_fill(0, 100, D(2), D(2))
    episodes.on_fill(100, -100, D(2), D(0))
    view = episodes.view()
    assert (view.won, view.lost, view.even) == (1, 2, 0)
    assert (view.win_rate, view.profit_factor) == (pytest.approx(1 / 3), 1.0)
    assert (view.losing_streak, view.worst_streak) == (2, 2)


def test_a_win_ends_a_losing_streak_and_a_position_taken_over_starts_afresh():
    """The venue's own changes are no round trips of ours."""
    episodes = Episodes()
    episodes.on_fill(100, 0, D(0), D(-5))
    episodes.on_fill(0, 100, D(-5), D(-5))
    episodes.on_fill(100, 0, D(-5), D(1))
    view = episodes.view()
    assert (view.won, view.lost, view.losing_streak, view.worst_streak) == (1, 1, 0, 1)


# -- equity curve --------------------------------------------------------------------------------------


def test_the_curve_is_sampled_at_whole_minutes():
    """A minute's sample is what held when it ended, however often equity was told."""
    curve = EquityCurve()
    for seconds, equity in ((30, 100.0), (45, 110.0), (61, 120.0), (200, 90.0)):
        curve.on_equity(seconds * SECOND_NS, equity)
    assert list(curve.points) == [(0, 100.0), (1, 110.0), (2, 120.0), (3, 120.0)]


def test_drawdown_with_its_times():
    """From 120 down to 90, back at the fourth minute; then a smaller one that is open."""
    curve = EquityCurve()
    for minute, equity in enumerate((100.0, 120.0, 90.0, 110.0, 120.0, 115.0)):
        curve.on_equity(minute * MINUTE_NS, equity)
    fall = curve.drawdown()
    assert (fall.most, fall.most_share, fall.present) == (30.0, 0.25, 5.0)
    assert (fall.start_ns, fall.trough_ns, fall.recovered_ns) == (MINUTE_NS, 2 * MINUTE_NS, 4 * MINUTE_NS)


def test_sharpe_and_sortino_by_hand():
    """Minute returns +10 %, -10 %, +10 %."""
    curve = EquityCurve()
    for minute, equity in enumerate((100.0, 110.0, 99.0, 108.9)):
        curve.on_equity(minute * MINUTE_NS, equity)
        curve.on_equity(minute * MINUTE_NS + 1, equity)
    curve.on_equity(4 * MINUTE_NS, 108.9)
    returns = [0.0, 0.1, -0.1, 0.1]  # a minute's sample is what held before its end
    view = curve.view()
    mean = sum(returns) / 4
    assert view.sharpe_minutes == pytest.approx(mean / stdev(returns) * sqrt(525_600))
    assert view.sortino == pytest.approx(mean / sqrt(0.01 / 4) * sqrt(525_600))
    assert (view.minutes, view.days, view.is_indicative) == (4, 0, True)


def test_thirty_whole_days_are_no_longer_indicative():
    """The part of a day before the first midnight does not count."""
    curve = EquityCurve()
    day_ns = 1_440 * MINUTE_NS
    curve.on_equity(day_ns // 2, 1_000.0)
    for day in range(1, 32):
        curve.on_equity(day * day_ns, 1_000.0 + day + (day % 3))
    curve.on_equity(32 * day_ns - 1, 1_040.0)
    view = curve.view()
    assert (view.days, view.is_indicative) == (30, False)
    assert view.sharpe_days is not None


def test_seen_ids_are_bounded_and_forget_the_oldest():
    """Duplicates are refused as long as they can come."""
    seen = SeenIds(most=3)
    assert [seen.add(key) for key in ("a", "b", "a", "c", "d")] == [True, True, False, True, True]
    assert seen.newest(10) == ("b", "c", "d")
