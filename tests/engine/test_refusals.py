"""Every reaction to a refusal, carried out (tests/safety/README.md, rows 16, 17, 18, 21, 32 and 40)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.commands import Pause, Resume
from okxmm_tui.core.effects import (
    AmendOrder,
    CancelOrder,
    FetchPriceLimits,
    FetchTruth,
    PlaceOrder,
    QueryOrder,
)
from okxmm_tui.core.messages import (
    BalanceUpdate,
    DeadManFailed,
    FetchFailed,
    InstrumentChanged,
    OrderBudget,
    OrderRefused,
    OrderRouteChanged,
    PriceLimits,
)
from okxmm_tui.core.types import Side
from okxmm_tui.engine.view import build_snapshot
from okxmm_tui.okx.error_codes import KNOWN_CODES, Reaction, reaction_of
from tests.engine.desk import Desk
from tests.engine.kinds_desk import KindDesk
from tests.samples import INST, order_update, pair, swap


def placed() -> tuple[Desk, PlaceOrder, PlaceOrder]:
    """Bid and ask sent, not answered."""
    desk = Desk()
    desk.connect()
    desk.book()
    bid, ask = desk.taken(PlaceOrder)
    return desk, bid, ask


def refuse(desk: Desk, cl_ord_id: str, code: str, verb: str = "place", req_id: str = "") -> list:
    """The venue refuses, and the gateway reads the code."""
    return desk.feed(
        OrderRefused(verb, INST, cl_ord_id, code, "because", req_id, reaction_of(code).value), after_ms=1
    )


def bids_after(desk: Desk, milliseconds: int) -> list[PlaceOrder]:
    """Bids placed while the book keeps moving."""
    start = len(desk.effects)
    for _ in range(milliseconds // 50):
        desk.tick(25)
        desk.update(after_ms=25)
    return [each for each in desk.taken(PlaceOrder, desk.effects[start:]) if each.side is Side.BUY]


def bid_reason(desk: Desk) -> str:
    """What the bid side says."""
    return desk.market.sides[Side.BUY].reason


def is_standing(desk: Desk, key: str) -> bool:
    """Whether an alarm stands."""
    return desk.reducer.session.alarms.is_standing(key)


@pytest.mark.parametrize("code", ["50113", "50110", "51024", "51010", "59113", "54024"])
@pytest.mark.parametrize("verb", ["place", "cancel"])
def test_halt_codes_halt_once_with_instructions(code, verb):
    """HALTED, a critical alarm that says what to do by hand, and no second round of cancels."""
    desk, bid, ask = placed()
    desk.confirm(ask)
    effects = refuse(desk, bid.cl_ord_id, code, verb)
    assert desk.state == "HALTED"
    assert ask.cl_ord_id in {each.cl_ord_id for each in desk.taken(CancelOrder, effects)}
    [alarm] = [each for each in desk.reducer.session.alarms.views() if each.key == "forced"]
    assert (code in alarm.text, "by hand" in alarm.text) == (True, True)
    assert not desk.taken(CancelOrder, refuse(desk, ask.cl_ord_id, code, "cancel"))


def test_a_refused_key_at_a_read_halts_too():
    """Fault 21: nothing can be cancelled any more, and the operator is told so."""
    desk = Desk()
    desk.quoting()
    desk.feed(FetchFailed(999, "50110 this IP is not on the key's list.", is_final=True))
    assert desk.state == "HALTED"
    assert any("by hand" in alarm.text for alarm in desk.reducer.session.alarms.views())


@pytest.mark.parametrize("code", ["51023", "51169", "51112"])
def test_resync_codes_read_the_truth(code):
    """Our picture was behind."""
    desk, bid, _ = placed()
    refuse(desk, bid.cl_ord_id, code)
    assert desk.taken(FetchTruth, desk.tick())


def test_a_cancel_that_came_too_late_is_asked_for():
    """51400 is the normal race: the order's own state decides."""
    desk, bid, _ = placed()
    desk.confirm(bid)
    effects = refuse(desk, bid.cl_ord_id, "51400", "cancel")
    assert [each.cl_ord_id for each in desk.taken(QueryOrder, effects)] == [bid.cl_ord_id]


@pytest.mark.parametrize("code", ["51006", "51137", "51138"])
def test_a_price_outside_the_band_is_read_and_kept_inside(code):
    """The band is read again, and the next bid is no higher, the ask no lower than it allows."""
    desk, bid, _ = placed()
    effects = refuse(desk, bid.cl_ord_id, code)
    assert [each.inst_id for each in desk.taken(FetchPriceLimits, effects)] == [INST]
    band = bid.price_ticks - 50
    desk.feed(PriceLimits(INST, band, None, 0))
    [again] = bids_after(desk, 500)
    assert again.price_ticks <= band


def test_the_band_moves_an_ask_up_only():
    """The lowest sell price bounds asks; bids stay where they are."""
    desk = Desk()
    desk.feed(PriceLimits(INST, None, 600_500, 0))
    desk.connect()
    desk.book()
    bid, ask = desk.taken(PlaceOrder)
    assert ask.price_ticks >= 600_500
    assert bid.price_ticks < 600_000


@pytest.mark.parametrize("code", ["51008", "51127", "51131"])
def test_missing_funds_stop_the_growing_side_until_there_is_more(code):
    """Fault 17: the side stays out, the balance is read, and more of it brings the side back."""
    desk, bid, ask = placed()
    desk.confirm(ask)
    desk.feed(BalanceUpdate("USDT", Decimal(90_000), Decimal(9), Decimal(5), 0))
    refuse(desk, bid.cl_ord_id, code)
    assert desk.taken(FetchTruth, desk.tick())
    assert not bids_after(desk, 3_000)
    assert "not enough balance" in bid_reason(desk)
    assert desk.market.sides[Side.SELL].reason == "quoting"
    desk.feed(BalanceUpdate("USDT", Decimal(90_000), Decimal(9), Decimal(6), 0))
    assert bids_after(desk, 1_000)


def test_a_side_without_funds_is_freed_once_it_shrinks_the_position():
    """Stopped while it grew, the buying side kept a short position at its limit from being bought back."""
    desk, bid, ask = placed()
    desk.confirm(ask)
    refuse(desk, bid.cl_ord_id, "51008")
    desk.tick()
    assert "not enough balance" in desk.market.sides[Side.BUY].stop_reason
    desk.market.ledger.position.adopt(-100, Decimal(60_000))
    desk.tick()
    assert not desk.market.sides[Side.BUY].stop_reason


def test_missing_funds_while_shrinking_stop_the_other_side():
    """Short and refused a buy: what grows the position is the sell side."""
    desk, bid, ask = placed()
    desk.market.ledger.position.adopt(-100, Decimal(60_000))
    refuse(desk, bid.cl_ord_id, "51008")
    assert desk.market.sides[Side.SELL].stop_reason
    assert not desk.market.sides[Side.BUY].stop_reason
    assert ask.side is Side.SELL


def test_a_spot_sell_without_coins_waits_for_coins():
    """More quote currency is no reason to sell again, more coins are: bought ones, too."""
    desk = KindDesk(pair(), balances={"BTC": "1", "USDT": "100000"})
    desk.connect()
    desk.book()
    bid, ask = desk.taken(PlaceOrder)
    desk.confirm(bid)
    desk.feed(
        OrderRefused("place", ask.inst_id, ask.cl_ord_id, "51008", "because", "", reaction_of("51008").value)
    )
    sell = desk.market.sides[Side.SELL]
    assert "not enough balance" in sell.stop_reason
    for usdt, btc, is_stopped in (("100001", "1", True), ("99000", "1.0001", False)):
        desk.balances = {"BTC": Decimal(btc), "USDT": Decimal(usdt)}
        for row in desk.balance_rows():
            desk.feed(row)
        desk.tick()
        assert bool(sell.stop_reason) is is_stopped
    assert not desk.market.sides[Side.BUY].stop_reason


@pytest.mark.parametrize("code", ["51021", "51022", "51027", "51028", "51029", "51155"])
def test_a_stopped_instrument_is_left_until_it_is_live_again(code):
    """Both sides out with the code; suspended and live again brings them back."""
    desk, bid, ask = placed()
    desk.confirm(ask)
    effects = refuse(desk, bid.cl_ord_id, code)
    assert ask.cl_ord_id in {each.cl_ord_id for each in desk.taken(CancelOrder, effects)}
    assert code in bid_reason(desk)
    assert is_standing(desk, f"stopped-{INST}")
    desk.feed(InstrumentChanged(swap()))
    assert not bids_after(desk, 1_000)
    desk.feed(InstrumentChanged(swap(state="suspend")))
    desk.feed(InstrumentChanged(swap(state="live")))
    assert bids_after(desk, 1_000)
    assert not is_standing(desk, f"stopped-{INST}")


@pytest.mark.parametrize("code", ["51030", "50013", "50011", "50061", "50102", "54008", "51001", "60011"])
def test_what_passes_by_itself_waits_a_second(code):
    """No sooner than a second, at the price it would have had, and however often it happens."""
    desk, bid, _ = placed()
    for _ in range(4):
        refuse(desk, bid.cl_ord_id, code)
        assert not bids_after(desk, 950)
        [again] = bids_after(desk, 300)
        assert again.price_ticks == bid.price_ticks
        bid = again
    assert not desk.market.sides[Side.BUY].stop_reason


@pytest.mark.parametrize("code", ["51000", "51121", "51004", "51174", "99999"])
def test_the_same_code_three_times_stops_the_side(code):
    """Fault 16: stopped with code and cause; pause and resume tries again."""
    desk, bid, ask = placed()
    desk.confirm(ask)
    for _ in range(2):
        refuse(desk, bid.cl_ord_id, code)
        [bid] = bids_after(desk, 600)
    refuse(desk, bid.cl_ord_id, code)
    assert not bids_after(desk, 5_000)
    assert (code in bid_reason(desk), "because" in bid_reason(desk)) == (True, True)
    assert is_standing(desk, f"stopped-buy-{INST}")
    desk.command(Pause())
    start = len(desk.effects)
    desk.command(Resume())
    assert not is_standing(desk, f"stopped-buy-{INST}")
    bids_after(desk, 1_000)
    assert [each for each in desk.taken(PlaceOrder, desk.effects[start:]) if each.side is Side.BUY]


def test_different_codes_do_not_stop_a_side():
    """Three refusals in ten seconds of three kinds are back-off, not a stop."""
    desk, bid, _ = placed()
    for code in ("51004", "51005", "51174"):
        refuse(desk, bid.cl_ord_id, code)
        [bid] = bids_after(desk, 1_000)
    assert not desk.market.sides[Side.BUY].stop_reason


def test_an_unknown_code_is_said_at_once():
    """A code of tomorrow is dropped, and the operator reads it."""
    desk, bid, _ = placed()
    refuse(desk, bid.cl_ord_id, "99999")
    assert is_standing(desk, "code-99999")


def test_too_many_amends_wait_for_the_push():
    """51513: the order stays, nothing is cancelled, and the next try comes a second later."""
    desk = Desk()
    bid, _ = desk.quoting()
    effects = desk.update(bids=((600_000, 0), (599_900, 5)), asks=((600_001, 0), (599_901, 5)), after_ms=600)
    amend = next(each for each in desk.taken(AmendOrder, effects) if each.cl_ord_id == bid)
    effects = refuse(desk, bid, "51513", "amend", amend.req_id)
    assert bid not in {each.cl_ord_id for each in desk.taken(CancelOrder, effects)}
    order = desk.market.orders.get(bid)
    assert order is not None
    assert order.amend is None


def test_an_order_that_cannot_be_amended_any_more_is_replaced():
    """54071: cancel it; the place for the new one follows."""
    desk = Desk()
    bid, _ = desk.quoting()
    effects = desk.update(bids=((600_000, 0), (599_900, 5)), asks=((600_001, 0), (599_901, 5)), after_ms=600)
    amend = next(each for each in desk.taken(AmendOrder, effects) if each.cl_ord_id == bid)
    effects = refuse(desk, bid, "54071", "amend", amend.req_id)
    assert [each.cl_ord_id for each in desk.taken(CancelOrder, effects)] == [bid]


def test_a_low_budget_keeps_what_is_left_for_cancels():
    """Fault 18: below a fifth nothing is placed; the rest of the engine goes on."""
    desk = Desk()
    desk.connect()
    desk.feed(OrderBudget(41, 51))
    desk.book()
    assert not desk.taken(PlaceOrder)
    assert bid_reason(desk) == "order budget below 20 %"
    desk.feed(OrderBudget(40, 51))
    assert bids_after(desk, 500)


def test_a_low_budget_takes_a_quote_out_that_is_too_close():
    """It cannot be amended, and left where it is it would be picked off."""
    desk = Desk()
    bid, ask = desk.quoting()
    desk.feed(OrderBudget(51, 51))
    effects = desk.update(bids=((600_000, 0), (599_000, 5)), asks=((600_001, 0), (599_001, 5)), after_ms=600)
    assert not desk.taken(AmendOrder, effects)
    assert [each.cl_ord_id for each in desk.taken(CancelOrder, effects)] == [bid]
    assert ask != bid


def test_self_trade_prevention_is_counted_and_said():
    """Fault 32: in words, with the number so far."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.cancelled(bid, source="32")
    assert build_snapshot(desk.reducer, 1).health.self_trades == 1
    assert any("self-trade (1 so far)" in line.text for line in desk.reducer.session.log)


def test_the_route_is_shown():
    """Market and health say that orders go by REST, and the log why."""
    desk = Desk()
    desk.feed(OrderRouteChanged(INST, "rest", "the WebSocket refused the instrument code"))
    picture = build_snapshot(desk.reducer, 1)
    assert (picture.markets[0].order_route, picture.health.order_route) == ("rest", "rest")
    assert any("refused the instrument code" in line.text for line in desk.reducer.session.log)


@pytest.mark.parametrize("reason", ["51071 more than 20 timers.", "cancel-all-after: trigger is past."])
def test_no_quotes_without_a_dead_mans_switch(reason):
    """Fault 25: refused at the start means no quotes and an alarm; armed later means quotes."""
    desk = Desk()
    desk.feed(OrderBudget(0, 51))
    desk.connect()
    desk.reducer.safety.dead_man_expires_ns = None
    desk.feed(DeadManFailed(reason))
    desk.book()
    assert not desk.taken(PlaceOrder)
    assert is_standing(desk, "dead-man")
    desk.arm_dead_man()
    assert len(desk.taken(PlaceOrder)) == 2


def test_the_switch_is_renewed_only_by_an_engine_that_advances():
    """Fault 24: no tick, no renewal; without one the old timer ends and quoting with it."""
    desk = Desk()
    desk.quoting()
    for _ in range(500):
        desk.update(after_ms=50)
    assert not desk.reducer.safety.is_dead_man_armed()
    assert bid_reason(desk) == "dead-man's switch not armed"


def test_every_reaction_of_the_table_is_known_here():
    """Each one either has a branch, passes by itself, or is an ordinary refusal."""
    handled = {"halt", "resync", "stop_instrument", "requote", "funds", "unknown"}
    passing = {"retry", "wait", "sync_clock", "reload_instruments", "reconnect"}
    ordinary = {"drop", "fix", "ignore", "cancel_and_new"}
    never_a_refusal = {"ok", "batch", "query"}
    assert {each.value for each in Reaction} == handled | passing | ordinary | never_a_refusal
    assert {reaction_of(code).value for code in KNOWN_CODES} | {"unknown"} <= {
        each.value for each in Reaction
    }


def test_client_order_ids_are_decimal_unique_and_fit_the_venue():
    """Digits only, at most 32, within int64 so that the fills channel echoes them."""
    session = Desk().reducer.session
    ids = [session.next_client_id() for _ in range(1_000)]
    assert len(set(ids)) == 1_000
    assert all(each.isdecimal() and len(each) <= 32 and 1 <= int(each) < 2**63 for each in ids)


def test_what_does_not_pass_by_itself_is_told():
    """Frozen by a liquidation (50020): tried every second, told after some, over when orders are taken."""
    desk, bid, ask = placed()
    waiting = {bid.cl_ord_id, ask.cl_ord_id}

    def told() -> bool:
        return desk.reducer.session.alarms.is_standing(f"put-off-{INST}")

    for second in range(6):
        for cl_ord_id in waiting:
            refuse(desk, cl_ord_id, "50020")
        assert told() == (second >= 2)
        start = len(desk.effects)
        for _ in range(25):
            desk.tick(25)
            desk.update(after_ms=25)
        waiting = {each.cl_ord_id for each in desk.taken(PlaceOrder, desk.effects[start:])}
        assert len(waiting) == 2
    for order in desk.market.orders.working:
        desk.feed(order_update(order.cl_ord_id, order.side, order.price_ticks, order.size_lots))
    for _ in range(11):
        desk.arm_dead_man()
        desk.update()
        desk.run(1_000, step_ms=250)
    assert not told()


def test_a_ladder_without_funds_waits_for_funds_however_many_orders_it_has():
    """All levels travel together: those refused after the first are no tries, and say nothing of a ban."""
    for levels in (3, 4, 5):
        desk = Desk(strategy="ladder", params={"levels": Decimal(levels)})
        desk.connect()
        desk.book()
        bids = [each for each in desk.taken(PlaceOrder) if each.side is Side.BUY]
        assert len(bids) == levels
        for each in bids:
            refuse(desk, each.cl_ord_id, "51008")
        assert "not enough balance" in desk.market.sides[Side.BUY].stop_reason
        desk.feed(BalanceUpdate("USDT", Decimal(10**6), Decimal(10**6), Decimal(10**6), 1))
        desk.tick()
        assert not desk.market.sides[Side.BUY].stop_reason
        assert not desk.reducer.session.alarms.is_standing(f"stopped-buy-{INST}")


def test_missing_funds_do_not_lift_a_stop_that_only_the_operator_may_lift():
    """A side stopped for equal refusals stays stopped when an order on its way lacks funds as well."""
    desk = Desk(strategy="ladder", params={"levels": Decimal(4)})
    desk.connect()
    desk.book()
    bids = [each for each in desk.taken(PlaceOrder) if each.side is Side.BUY]
    for each, code in zip(bids, ("51000", "51000", "51000", "51008"), strict=True):
        refuse(desk, each.cl_ord_id, code)
    desk.feed(BalanceUpdate("USDT", Decimal(10**6), Decimal(10**6), Decimal(10**6), 1))
    desk.tick()
    assert "stopped after 3 refusals" in desk.market.sides[Side.BUY].stop_reason
