"""Faults of market data and of the market itself: rows 1 to 7, 38 to 40, 43 and 47 of the fault list."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder, Resubscribe
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import FeedMeasured, FundingRate, IndexPrice, MarkPrice
from okxmm_tui.core.signals import Markout
from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.engine.guards import Reading
from okxmm_tui.engine.market import BookState
from tests.engine.desk import Desk
from tests.safety.asserts import pulled, readable, resumes, said, stays_out
from tests.samples import INST, START_NS, fill, order_update, swap

MS = 1_000_000


def test_row_01_a_sequence_gap_quarantines_the_book(world, timing):
    """Quotes leave, one new subscription, and no quote before a snapshot and three chained updates."""
    engine = world.quoting()
    world.fault("book_gap", instId=INST)
    timing(1, pulled(world, engine, 2))
    assert any("order book broken" in text for text in engine.reports("notice"))
    since_ns = world.now_ns
    resumes(world, engine, 5)
    events = [type(event).__name__ for event, at_ns in engine.inputs if at_ns >= since_ns]
    first = engine.sent(PlaceOrder, since_ns)[0][0]
    before = [type(e).__name__ for e, at_ns in engine.inputs if since_ns <= at_ns <= first]
    assert "BookSnapshot" in events
    assert before[before.index("BookSnapshot") :].count("BookUpdate") >= 3


def test_row_02_an_old_book_freezes_and_then_pulls(world, timing):
    """After a second nothing new and only wider, after three nothing at all; back with fresh updates."""
    engine = world.quoting()
    market = world.markets[INST]
    market.is_quiet = True
    began_ns = world.now_ns
    world.until(lambda: engine.alarm("freeze-book"), 2, "amber")
    said(engine, "freeze-book", "only wider")
    world.run(0.5)
    assert not engine.sent(PlaceOrder, began_ns)
    assert world.live_orders()
    for _, amend in engine.sent(AmendOrder, began_ns):
        order = engine.market.orders.get(amend.cl_ord_id)
        assert order is not None
        assert (engine.market.bid_ticks - amend.price_ticks) * order.side.sign > 0
    world.until(engine.is_pulled, 4, "red")
    timing(2, (world.now_ns - began_ns) / 1e9)
    said(engine, "stale", "quotes pulled")
    stays_out(world, engine, 2)
    market.is_quiet = False
    assert resumes(world, engine, 5) >= 0.2


def test_row_02_a_book_behind_the_best_prices_freezes(world):
    """Best prices move on while the book channel is silent: first frozen, then the book is renewed."""
    engine = world.quoting()
    world.fault("silence", channel="books", instId=INST)
    world.until(lambda: engine.alarm("freeze-book"), 3, "amber")
    said(engine, "freeze-book", "lags the best prices")
    pulled(world, engine, 5)
    world.fault("clear")
    resumes(world, engine, 20)


def test_row_03_a_sequence_reset_is_no_gap(world):
    """Numbers start again at a maintenance: the book goes on, and nothing is pulled."""
    engine = world.quoting()
    since_ns = world.now_ns
    world.fault("seq_reset", instId=INST)
    world.run(3)
    assert engine.is_quoting()
    assert engine.market.book_state is BookState.LIVE
    assert not engine.sent(Resubscribe, since_ns)


def test_row_04_a_crossed_book_pulls(world, timing):
    """Bid above ask: quarantined, and back only after it is sane."""
    engine = world.quoting()
    world.fault("crossed_book", instId=INST, for_s=5)
    timing(4, pulled(world, engine, 2))
    assert any("crossed book" in text for text in engine.reports("notice"))
    stays_out(world, engine, 3)
    resumes(world, engine, 10)


def test_row_04_a_book_that_was_crossed_for_a_moment_is_left_for_two_seconds(world):
    """Renewed and chained within a second: that the venue has made a book is no proof that it makes sense."""
    engine = world.quoting()
    world.fault("crossed_book", instId=INST, for_s=0.2)
    world.until(lambda: engine.market.crossed_ns is not None, 1, "the crossed book")
    pulled(world, engine, 1)
    world.until(lambda: engine.market.book_state is BookState.LIVE, 3, "the renewed book")
    assert "was crossed" in engine.block
    crossed_ns = engine.market.crossed_ns
    resumes(world, engine, 5)
    assert 2.0 <= (world.now_ns - crossed_ns) / 1e9 < 3.0


def test_row_04_an_absurd_spread_pulls_until_two_sane_seconds(world):
    """Five per cent between bid and ask is no market; two good seconds are asked for."""
    engine = world.quoting()
    world.fault("wide_spread", instId=INST, bps=500)
    pulled(world, engine, 2)
    said(engine, "spread", "bps", "quotes pulled")
    world.fault("clear")
    assert resumes(world, engine, 10) >= 2.0


def test_row_05_a_mark_far_from_the_mid_pulls(world, timing):
    """25 bps apart; back below half of it for ten seconds."""
    engine = world.quoting()
    world.fault("mark_divergence", instId=INST, bps=40)
    timing(5, pulled(world, engine, 12))
    said(engine, "mark-divergence", "25.0 bps", "quotes pulled")
    world.fault("clear")
    assert resumes(world, engine, 30) >= 10


def test_row_06_a_flash_move_pulls_with_hysteresis(world, timing):
    """Fast against slow volatility; back only when it has calmed down."""
    engine = world.quoting()
    market = world.markets[INST]
    market.walk_ticks = 2
    world.run(60)
    began_ns = world.now_ns
    for _ in range(10):
        market.move(-300, world.now_ns)
        world.run(0.1)
    world.until(lambda: engine.alarm("range"), 3, "the breaker")
    world.until(engine.is_pulled, 2, "pulling")
    timing(6, (world.now_ns - began_ns) / 1e9)
    said(engine, "range", "within 10 s", "quotes pulled")
    stays_out(world, engine, 2)
    resumes(world, engine, 120)


def test_row_07_adverse_flow_widens_and_then_pulls():
    """A falling markout: at half the limit quotes stand wider and smaller, at the limit they leave."""
    desk = Desk()
    desk.quoting()
    guards = desk.reducer.guards
    table = {guard.key: guard for guard in guards._table}
    assert table["toxic-early"].read is not table["toxic"].read
    stat = -4.0

    def toxic(session, market, limits):
        del session, market
        return Reading(-stat, float(limits.max_toxicity), f"t {stat:+.1f} / -{limits.max_toxicity}")

    def early(session, market, limits):
        full = toxic(session, market, limits)
        return Reading(full.value, full.limit / 2, full.text)

    guards._table = tuple(
        structs.replace(g, read=early) if g.key == "toxic-early"
        else structs.replace(g, read=toxic) if g.key == "toxic" else g
        for g in guards._table
    )  # fmt: skip
    bid = desk.market.orders.side(Side.BUY)[0]
    before = desk.market.bid_ticks - bid.price_ticks
    effects = desk.run(500)
    moved = [each for each in effects if isinstance(each, AmendOrder) and each.cl_ord_id == bid.cl_ord_id]
    assert moved, "wider"
    assert desk.market.bid_ticks - moved[0].price_ticks >= 2 * before - 2
    assert moved[0].size_lots == max(1, bid.size_lots // 2)
    readable(desk.reducer.session.alarms.views()[0].text)
    stat = -7.0
    desk.run(200)
    assert "toxic flow" in desk.reducer.guards.block(desk.market)
    stat = -1.0
    desk.run(25_000)
    assert desk.reducer.guards.block(desk.market)
    desk.run(6_000)
    assert not desk.reducer.guards.block(desk.market)


def figures(desk: Desk, **changes: object) -> None:
    """Let the market's signals say so."""
    known = desk.market.signals.summary()
    desk.market.signals.summary = lambda: structs.replace(known, **changes)


FILLS = (Markout(5, 0.0, 1.0, 30),)
NOT_TOXIC = {"vpin": 0.3, "fill_imbalance": 0.1, "markouts": FILLS}


@pytest.mark.parametrize(
    ("early", "late", "words"),
    [
        ({"vpin": 0.75}, {"vpin": 0.95}, "one-sided takers"),
        ({"fill_imbalance": -0.75}, {"fill_imbalance": -0.95}, "of the fills on our asks"),
        ({"fill_imbalance": 0.75}, {"fill_imbalance": 0.95}, "of the fills on our bids"),
    ],
)
def test_row_07_one_sided_flow_widens_and_then_pulls(early, late, words):
    """VPIN and the sides of our fills: wider and smaller from 80 % of the limit, out beyond it, then back."""
    desk = Desk()
    bid, _ = desk.quoting()
    figures(desk, **NOT_TOXIC)
    desk.run(500)
    order = desk.market.orders.get(bid)
    assert order is not None
    before = desk.market.bid_ticks - order.price_ticks
    figures(desk, **{**NOT_TOXIC, **early})
    moved = next(each for each in desk.taken(AmendOrder, desk.run(600)) if each.cl_ord_id == bid)
    assert moved.price_ticks is not None
    assert desk.market.bid_ticks - moved.price_ticks >= 2 * before - 2
    assert moved.size_lots == order.size_lots // 2
    figures(desk, **{**NOT_TOXIC, **late})
    effects = desk.run(200)
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert words in desk.reducer._block(desk.market)
    readable(next(a.text for a in desk.reducer.session.alarms.views() if words in a.text))
    figures(desk, **NOT_TOXIC)
    desk.run(29_000)
    assert desk.reducer.guards.block(desk.market)
    desk.run(2_000)
    assert not desk.reducer.guards.block(desk.market)


def test_row_07_a_market_pulled_for_its_fills_is_tried_again_when_they_are_old():
    """No fill can come while nothing is quoted: after ten minutes the old ones judge no more."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.feed(
        order_update(
            bid, Side.BUY, 599_900, 100, filled_lots=100, state=VenueOrderState.FILLED,
            fill=structs.replace(fill(Side.BUY, "59990", "1", cl_ord_id=bid), venue_ms=desk.now_ns // MS),
        )
    )  # fmt: skip
    figures(desk, fill_imbalance=1.0, markouts=(Markout(5, -9.0, 1.0, 30),))
    desk.run(1_000)
    assert desk.reducer.guards.block(desk.market)
    desk.run(590_000, 1_000)
    assert desk.reducer.guards.block(desk.market)
    desk.run(50_000, 1_000)
    assert not desk.reducer.guards.block(desk.market)


def test_row_05_the_index_counts_too():
    """Mid far from the index: out until it is within half the limit for 10 s; dated futures have a basis."""
    desk = Desk()
    desk.quoting()
    desk.feed(MarkPrice(INST, Decimal(60_000), 0))
    desk.feed(IndexPrice(INST, Decimal(60_290), 0))
    desk.run(100)
    assert not desk.reducer.guards.block(desk.market)
    desk.feed(IndexPrice(INST, Decimal(60_310), 0))
    effects = desk.run(100)
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert "mid off index" in desk.reducer._block(desk.market)
    desk.feed(IndexPrice(INST, Decimal(60_160), 0))
    desk.run(12_000)
    assert desk.reducer.guards.block(desk.market)
    desk.feed(IndexPrice(INST, Decimal(60_100), 0))
    desk.run(9_000)
    assert desk.reducer.guards.block(desk.market)
    desk.run(1_500)
    assert not desk.reducer.guards.block(desk.market)
    dated = Desk(instruments=(swap(expires_ms=desk.now_ns // MS + 86_400_000),))
    dated.quoting()
    dated.feed(IndexPrice(INST, Decimal(61_000), 0))
    dated.run(100)
    assert not dated.reducer.guards.block(dated.market)


def test_row_38_a_dear_funding_only_reduces_before_it_is_charged():
    """A payer inside the window sends only orders that shrink the position; afterwards both sides again."""
    desk = Desk(limits=Limits(is_headless=True))
    desk.quoting()
    desk.market.ledger.position.adopt(100, Decimal(60_000))
    due_ms = desk.now_ns // MS + 60_000
    desk.feed(FundingRate(INST, Decimal("0.001"), due_ms, due_ms + 28_800_000, desk.now_ns // MS))
    desk.tick()
    assert "funding" in desk.reducer.guards.only_reduce(desk.market)
    readable(next(a.text for a in desk.reducer.session.alarms.views() if a.key.startswith("funding")))
    desk.feed(FundingRate(INST, Decimal("0.0001"), due_ms + 28_800_000, 0, desk.now_ns // MS))
    desk.run(3_100)
    assert not desk.reducer.guards.only_reduce(desk.market)


def test_row_39_a_suspended_instrument_is_left_at_once(world, timing):
    """State suspend: quotes leave; live again: quotes return."""
    engine = world.quoting()
    world.fault("instrument_state", instId=INST, state="suspend")
    timing(39, world.until(lambda: "suspend" in engine.block, 3, "noticing"))
    assert any("instrument is suspend" in text for text in engine.reports("notice"))
    began_ns = world.now_ns
    world.run(3)
    assert not engine.sent(PlaceOrder, began_ns)
    world.fault("clear")
    resumes(world, engine, 20)


def test_row_39_an_announced_contract_change_is_left_a_minute_before(world):
    """``upcChg`` with a date: quotes leave 60 s before, and the change itself halts for a restart."""
    engine = world.quoting()
    world.fault("contract_change", instId=INST, minSz="0.1", lotSz="0.1", notice_s=90)
    world.run(20)
    assert engine.is_quoting()
    world.until(engine.is_pulled, 20, "leaving before the change")
    said(engine, "event", "contract changes in", "quotes pulled")
    world.until(lambda: engine.state == "HALTED", 70, "the halt")
    said(engine, "instrument", "restart to trade on")


def test_row_39_an_expiring_contract_is_left_an_hour_before():
    """``expTime`` within the window blocks; a later one does not."""
    for left_ms, is_blocked in ((3_500_000, True), (7_200_000, False)):
        desk = Desk(instruments=(swap(expires_ms=START_NS // MS + left_ms),))
        desk.connect()
        desk.book()
        desk.tick()
        assert bool(desk.reducer.instruments.block(desk.market)) is is_blocked
        assert bool(desk.taken(PlaceOrder)) is not is_blocked
        if is_blocked:
            readable(desk.reducer.session.alarms.views()[-1].text)


def test_row_40_quotes_stay_inside_the_price_band(make_world):
    """A band narrower than our spread moves the quotes inside it instead of having them refused."""
    world = make_world()
    world.fault("price_band", instId=INST, bps=1.5)
    engine = world.start_engine()
    world.run(10)
    assert not engine.reports("reject")
    limits = engine.market.price_limits
    assert limits is not None
    for order in world.live_orders():
        if order.side is Side.BUY:
            assert limits.highest_buy_ticks is None or order.price_ticks <= limits.highest_buy_ticks
        else:
            assert limits.lowest_sell_ticks is None or order.price_ticks >= limits.lowest_sell_ticks


def test_row_43_the_fair_price_leads_nowhere_but_to_this_book():
    """No hedge leg and no lead feed exist here: a lost index or mark never moves a quote by itself."""
    desk = Desk()
    desk.quoting()
    before = [(o.side, o.price_ticks) for o in desk.market.orders.working]
    desk.market.index_price = desk.market.mark_price = None
    desk.update(bids=((600_000, 400),))
    desk.run(500)
    assert [(o.side, o.price_ticks) for o in desk.market.orders.working] == before


def test_row_47_market_data_that_waits_is_not_acted_on():
    """More than 200 ms between socket and engine pulls the quotes; a drained second brings them back."""
    desk = Desk()
    desk.quoting()
    desk.feed(FeedMeasured(100, 50, 50, 350 * MS, 0))
    desk.tick()
    assert "late" in desk.reducer._block(desk.market)
    readable(next(a.text for a in desk.reducer.session.alarms.views() if a.key == "feed-late"))
    desk.feed(FeedMeasured(100, 90, 10, 5 * MS, 0))
    desk.tick()
    assert not desk.reducer._block(desk.market)
