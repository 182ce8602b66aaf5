"""What each fault does to frames, connections, REST, orders, instruments and the market shown."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from okxmm_tui.core.types import AccountLevel, PositionMode, PositionSide
from okxmm_tui.okx.auth import login_args
from tests.exchange.bench import ASK, BID, CODE, INST, SECOND, SIM, Bench

ORDER = {"instIdCode": CODE, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "1"}
BOOKS = {"channel": "books", "instId": INST}


def changed(bench, size):
    """Change one level of the book."""
    return bench.book([(BID - 3, size)], (), snapshot=False)


def watching(bench, channel="books", socket="public", **arg):
    """A client of one channel that has read its first state."""
    client = bench.connect(socket).subscribe(channel, **(arg or {"instId": INST}))
    client.take()
    return client


def kinds(messages):
    """Messages in short: op of an ack, channel of a push, pong."""
    return [one if one == "pong" else one.get("op") or one.get("arg", {}).get("channel") for one in messages]


def test_frames_are_delayed_dropped_and_doubled(bench):
    """A push comes late, never, or twice, and only in the scope."""
    client = watching(bench)
    bench.fault("delay_frame", channel="books", ms=300, count=1)
    changed(bench, 7)
    assert client.take() == []
    bench.wait(0.31)
    assert kinds(client.take()) == ["books"]
    bench.fault("drop_frame", channel="books", count=1)
    changed(bench, 8)
    assert client.take() == []
    bench.fault("duplicate_frame", kind="push", socket="private", count=1)
    changed(bench, 9)
    assert len(client.take()) == 1
    bench.fault("duplicate_frame", kind="push", socket="public", count=1)
    changed(bench, 10)
    first, second = client.take()
    assert first == second


def test_requests_are_dropped_delayed_and_doubled(bench):
    """What the client sends can be lost on the way in, come late, or arrive twice."""
    client = bench.connect()
    bench.fault("drop_frame", direction="in", op="order", count=1)
    assert client.op("order", ORDER).take() == []
    assert bench.state.store.orders == {}
    bench.fault("delay_frame", direction="in", op="order", ms=200, count=1)
    client.op("order", ORDER)
    assert bench.state.store.orders == {}
    bench.wait(0.21)
    assert len(bench.state.store.orders) == 1
    bench.fault("duplicate_frame", direction="in", op="order", count=1)
    assert kinds(client.op("order", ORDER | {"clOrdId": "d1"}).take()) == ["order", "order", "order"]
    codes = [one["data"][0]["sCode"] for one in client.op("order", ORDER | {"clOrdId": "d1"}).take()]
    assert codes == ["51016"]


def test_ack_after_push(bench):
    """A delayed ack comes after the push of the same order."""
    client = watching(bench, "orders", "private", instType="ANY")
    bench.fault("delay_frame", kind="ack", op="order", ms=50, count=1)
    assert kinds(client.op("order", ORDER).take()) == ["orders"]
    bench.wait(0.06)
    assert kinds(client.take()) == ["order"]


@pytest.mark.parametrize("scope", [{}, {"channel": "books"}])
def test_silent_stream(bench, scope):
    """Nothing is pushed, ping and requests are answered, the connection stays open."""
    client = watching(bench)
    bench.fault("silence", **scope)
    changed(bench, 7)
    for _ in range(3):
        bench.wait(20)
        client.send("ping")
    assert set(kinds(client.take())) == {"pong"}
    assert client.closes == []
    assert client.subscribe("trades", instId=INST).take()[0]["event"] == "subscribe"
    bench.trade("buy", ASK, 1)
    assert kinds(client.take()) == ([] if not scope else ["trades"])


@pytest.mark.parametrize("code", ["60005", "60006", "60007", "60009", "60024", "60032", "63999"])
def test_refused_login(bench, code):
    """A right login is refused with any of the codes, then closed with 4001; the next one passes."""
    bench.fault("refuse_login", code=code, count=1)
    client = bench.connect(login=False).send({"op": "login", "args": [login_args(SIM, bench.now_ns)]})
    assert client.take()[0]["code"] == code
    assert client.closes == [4001]
    assert bench.connect().subscribe("account").take()[0]["event"] == "subscribe"


def test_notice_to_one_kind_with_its_own_delay(bench):
    """64008 goes to the kind of connection named and the close follows after the seconds given."""
    public, private = bench.connect("public"), bench.connect()
    bench.fault("notice", socket="public", seconds=3)
    outputs = bench.venue.take_outputs()
    assert [one.connections for one in outputs] == [(public.number,)]
    bench.wait(3)
    private.take()
    assert public.number not in bench.state.registry.connections
    assert private.number in bench.state.registry.connections


def test_close_code_of_a_drop(bench):
    """The code of the close can be chosen."""
    client = bench.connect("public")
    bench.fault("drop_connections", which="public", code=4005)
    client.take()
    assert client.closes == [4005]


def test_http_error_without_json(bench):
    """A path answers with a status and a text, and all others work; carried out only when asked."""
    asked = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "1"}
    bench.fault("http_error", path="trade/", status=429, body="Too Many Requests", executed=True, count=1)
    with pytest.raises(json.JSONDecodeError):
        bench.rest("POST", "trade/order", asked)
    assert len(bench.state.store.orders) == 1
    bench.fault("http_error", path="trade/", status=503, count=1)
    with pytest.raises(json.JSONDecodeError):
        bench.rest("POST", "trade/order", asked)
    assert len(bench.state.store.orders) == 1
    assert bench.rest("GET", "account/balance")[0] == 200


@pytest.mark.parametrize(("code", "status"), [("50001", 503), ("50013", 429), ("50026", 500), ("50011", 429)])
def test_rest_error(bench, code, status):
    """Any REST path answers an OKX code with its HTTP status."""
    bench.fault("rest_error", path="trade/orders-pending", code=code, count=1)
    got, answer = bench.rest("GET", "trade/orders-pending")
    assert (got, answer["code"], answer["data"]) == (status, code, [])
    assert bench.rest("GET", "trade/orders-pending")[0] == 200


@pytest.mark.parametrize(
    ("code", "status"), [("50005", 410), ("50006", 400), ("50100", 400), ("50101", 401), ("50104", 401)]
)
def test_injected_errors_have_their_http_status(bench, code, status):
    """Codes the exchange has no reason of its own for come with OKX's status, too."""
    bench.fault("rest_error", code=code, count=1)
    got, answer = bench.rest("GET", "account/balance")
    assert (got, answer["code"]) == (status, code)


@pytest.mark.parametrize("code", ["50011", "50061", "50026", "50004", "50001", "50013", "51054", "51149"])
@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("via", ["rest", "ws"])
def test_answered_errors_with_and_without_the_order(bench, code, executed, via):
    """Either transport answers the code with empty data, and the order lives exactly when told."""
    bench.fault("answer_error", code=code, executed=executed, via=via, op="place")
    answer = bench.connect().op("order", ORDER).take()[0] if via == "ws" else bench.place("buy", BID)
    assert (answer["code"], answer["data"]) == (code, [])
    assert len(bench.state.store.pending) == executed


@pytest.mark.parametrize("op", ["amend", "cancel"])
def test_errors_of_amends_and_cancels(bench, op):
    """Chosen operations fail and leave the order as it was."""
    order = bench.order(bench.place("buy", BID - 5))
    bench.fault("answer_error", code="50026", op=op)
    path, how = ("trade/amend-order", {"newSz": "2"}) if op == "amend" else ("trade/cancel-order", {})
    answer = bench.rest("POST", path, {"instId": INST, "ordId": order.order_id, **how})
    assert (answer[0], answer[1]["code"]) == (500, "50026")
    assert (order.is_pending, order.size_lots) == (True, 100)


def test_partial_batch(bench):
    """The named place of the batch fails, the others live; the envelope says 2."""
    bench.fault("partial_batch", items=[0, 2], code="51008", count=None)
    batch = [{**ORDER, "instId": INST, "clOrdId": f"b{n}"} for n in range(4)]
    answer = bench.rest("POST", "trade/batch-orders", batch)[1]
    assert answer["code"] == "2"
    assert [row["sCode"] for row in answer["data"]] == ["51008", "0", "51008", "0"]


@pytest.mark.parametrize(("cancels", "result", "alive"), [(False, "-1", True), (True, "1", False)])
def test_asynchronous_amend_failure(bench, cancels, result, alive):
    """The ack is good, the push says that it failed, and cxlOnFail decides about the order."""
    client = watching(bench, "orders", "private", instType="ANY")
    order = bench.order(bench.place("buy", BID - 5))
    client.take()
    bench.fault("amend_failure", ms=40, count=1)
    body = {"instId": INST, "ordId": order.order_id, "newSz": "2", "reqId": "r9", "cxlOnFail": cancels}
    assert bench.rest("POST", "trade/amend-order", body)[1]["code"] == "0"
    assert client.rows("orders") == []
    bench.wait(0.05)
    row = client.rows("orders")[-1]
    assert (row["amendResult"], row["code"], row["reqId"], order.size_lots) == (result, "51511", "r9", 100)
    assert order.is_pending is alive


@pytest.mark.parametrize("seconds", [2, None])
def test_stuck_cancel(bench, seconds):
    """The cancel is acknowledged and the order lives: for a while, or until canceled again."""
    order = bench.order(bench.place("buy", BID - 5))
    bench.fault("stuck_cancel", seconds=seconds)
    cancel = {"instId": INST, "ordId": order.order_id}
    assert bench.rest("POST", "trade/cancel-order", cancel)[1]["code"] == "0"
    bench.wait(1.9)
    assert order.is_pending
    bench.wait(0.2)
    assert order.is_pending is (seconds is None)
    if seconds is None:
        bench.fault("clear").rest("POST", "trade/cancel-order", cancel)
        assert order.cancel_source == "1"


@pytest.mark.parametrize(("share", "states"), [(1, ["filled"]), (0.5, ["partially_filled", "canceled"])])
def test_fill_during_cancel(bench, share, states):
    """After the ack of the cancel the order fills, whole or in part, before it ends."""
    client = watching(bench, "orders", "private", instType="ANY")
    order = bench.order(bench.place("buy", BID - 5))
    client.take()
    bench.fault("fill_during_cancel", share=share)
    answers = client.op("cancel-order", {"instIdCode": CODE, "ordId": order.order_id}).take()
    assert answers[0]["op"] == "cancel-order"
    assert answers[0]["data"][0]["sCode"] == "0"
    assert [one["data"][0]["state"] for one in answers[1:]] == states
    assert bench.position().lots == 100 * share


@pytest.mark.parametrize("ms", [2_000, -2_000, 40_000, -8 * 3_600_000])
def test_clock_skew(bench, ms):
    """All times shown are off, logins and signatures are judged by the wrong clock, time still passes."""
    bench.fault("clock_skew", ms=ms)
    assert int(bench.rest("GET", "public/time", sign=False)[1]["data"][0]["ts"]) == bench.now_ns // 10**6 + ms
    client = bench.connect(login=False).send({"op": "login", "args": [login_args(SIM, bench.now_ns)]})
    status, answer = bench.rest("GET", "account/config")
    is_far = abs(ms) > 30_000
    assert client.take()[0]["code"] == ("60006" if is_far else "0")
    assert (status, answer["code"]) == ((401, "50102") if is_far else (200, "0"))
    shown = login_args(SIM, bench.now_ns + ms * 1_000_000)
    private = bench.connect(login=False).send({"op": "login", "args": [shown]})
    assert private.take()[0]["code"] == "0"
    ack = private.op("order", ORDER).take()[0]
    assert abs(int(ack["inTime"]) // 1000 - (bench.now_ns // 10**6 + ms)) < 1
    bench.wait(1)


def test_funding_under_skew_settles_once(bench):
    """A clock far behind does not settle the same funding again and again."""
    bench.place("buy", ASK, ordType="ioc")
    bench.fault("clock_skew", ms=-5_000)
    bench.jump(8 * 3600)
    assert [bill.type for bill in bench.state.bills].count("8") == 1


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("suspend", "51022"),
        ("rebase", "51022"),
        ("preopen", "51021"),
        ("expired", "51027"),
        ("settling", "51029"),
        ("post_only", "54012"),
    ],
)
def test_instrument_states(bench, state, code):
    """The state is pushed and served, orders are refused by it, cancels pass, and it ends live."""
    order = bench.order(bench.place("buy", BID - 5))
    client = watching(bench, "instruments", instType="SWAP")
    bench.fault("instrument_state", instId=INST, state=state)
    assert [(row["instId"], row["state"]) for row in client.rows("instruments")] == [(INST, state)]
    (row,) = bench.data(f"public/instruments?instType=SWAP&instId={INST}")
    assert row["state"] == state
    assert bench.place("buy", BID - 5)["sCode"] == code
    passive = bench.place("buy", BID - 5, ordType="post_only")
    assert passive["sCode"] == ("0" if state == "post_only" else code)
    cancel = {"instId": INST, "ordId": order.order_id}
    assert bench.rest("POST", "trade/cancel-order", cancel)[1]["code"] == "0"
    bench.fault("clear")
    assert [row["state"] for row in client.rows("instruments")] == ["live"]
    assert bench.place("buy", BID - 5)["sCode"] == "0"


def test_contract_change_announced_and_in_force(bench):
    """UpcChg first, then the new sizes; only multiples pass, and clearing brings the old contract back."""
    client = watching(bench, "instruments", instType="SWAP")
    bench.fault("contract_change", instId=INST, lotSz="0.1", minSz="0.5", notice_s=5)
    (row,) = client.rows("instruments")
    effective = str(bench.now_ns // 10**6 + 5000)
    assert row["upcChg"] == [
        {"param": "lotSz", "newValue": "0.1", "effTime": effective},
        {"param": "minSz", "newValue": "0.5", "effTime": effective},
    ]
    assert (row["lotSz"], bench.place("buy", BID, "0.03")["sCode"]) == ("0.01", "0")
    bench.wait(5)
    (row,) = client.rows("instruments")
    assert (row["lotSz"], row["minSz"], row["upcChg"]) == ("0.1", "0.5", [])
    assert [bench.place("buy", BID, size)["sCode"] for size in ("0.55", "0.4", "0.6")] == [
        "51121",
        "51020",
        "0",
    ]
    bench.fault("clear")
    assert client.rows("instruments")[-1]["lotSz"] == "0.01"
    assert bench.place("buy", BID, "0.03")["sCode"] == "0"


def books_of(rows):
    """The book that snapshot and increments build, checked for its chain."""
    sides, last = {"bids": {}, "asks": {}}, None
    for row in rows:
        if row["prevSeqId"] == -1:
            sides = {"bids": {}, "asks": {}}
        else:
            assert row["prevSeqId"] == last
            assert row["seqId"] > last or not (row["bids"] or row["asks"])
        last = row["seqId"]
        for side, levels in sides.items():
            for price, size, *_ in row[side]:
                levels[Decimal(price)] = size
                if size == "0":
                    del levels[Decimal(price)]
    return sides, last


def same_as_rest(bench, rows):
    """Whether what the increments built is what REST shows at the same sequence."""
    sides, last = books_of(rows)
    shown = bench.data(f"market/books?instId={INST}&sz=400")[0]
    rest = {side: {Decimal(level[0]): level[1] for level in shown[side]} for side in sides}
    return sides == rest and last == shown["seqId"]


@pytest.mark.parametrize(
    "fault",
    [("crossed_book", {"ticks": 5}), ("wide_spread", {"bps": 300}), ("contract_change", {"tickSz": "0.5"})],
)
@pytest.mark.parametrize("channel", ["books", "books-l2-tbt", "books50-l2-tbt"])
def test_books_shown_otherwise_still_chain(fault, channel):
    """Through begin, changes and end of the fault the increments build what REST shows, without a gap."""
    from tests.exchange.bench import Bench

    bench = Bench(vip=True).deep_book(depth=40)
    client = bench.connect("public", login=True).subscribe(channel, instId=INST)
    rows = client.rows(channel)
    steps = (lambda: bench.fault(fault[0], instId=INST, **fault[1]), lambda: bench.fault("clear"))
    for turn, step in enumerate(steps):
        step()
        rows += client.rows(channel)
        assert same_as_rest(bench, rows)
        for number in range(5):
            bench.wait(0.2)
            bench.book([(BID - number, 20 + number + turn)], [(ASK + 2 * number + turn, 0)], snapshot=False)
            rows += client.rows(channel)
            assert same_as_rest(bench, rows)


def test_crossed_book_is_only_shown(bench):
    """Every public channel shows bid above ask; matching, mark price and price limits know better."""
    resting = bench.order(bench.place("sell", ASK + 2))
    mark = bench.state.markets[INST].mark_price()
    limits = bench.data(f"public/price-limit?instId={INST}")[0]["buyLmt"]
    bench.fault("crossed_book", instId=INST, ticks=5)
    bench.wait(0.3)
    shown = bench.data(f"market/books?instId={INST}&sz=5")[0]
    ticker = bench.data(f"market/ticker?instId={INST}")[0]
    assert Decimal(shown["bids"][0][0]) - Decimal(shown["asks"][0][0]) == Decimal("0.5")
    assert Decimal(ticker["bidPx"]) > Decimal(ticker["askPx"])
    assert resting.is_pending
    assert bench.state.markets[INST].mark_price() == mark
    assert bench.data(f"public/price-limit?instId={INST}")[0]["buyLmt"] == limits


def test_absurd_spread(bench):
    """The spread shown is as many basis points wider as asked, and narrow again after for_s."""
    bench.fault("wide_spread", instId=INST, bps=100, for_s=2)
    shown = bench.data(f"market/books?instId={INST}")[0]
    assert Decimal(shown["asks"][0][0]) - Decimal(shown["bids"][0][0]) == Decimal("600.1")
    bench.wait(2)
    shown = bench.data(f"market/books?instId={INST}")[0]
    assert Decimal(shown["asks"][0][0]) - Decimal(shown["bids"][0][0]) == Decimal("0.1")


def test_coarser_tick(bench):
    """Prices shown lie on the new tick, orders off it are refused, and those on it rest or take as shown."""
    bench.fault("contract_change", instId=INST, tickSz="0.5")
    shown = bench.data(f"market/books?instId={INST}&sz=400")[0]
    prices = [Decimal(level[0]) for side in ("bids", "asks") for level in shown[side]]
    assert all(price % Decimal("0.5") == 0 for price in prices)
    assert sum(Decimal(level[1]) for level in shown["asks"]) == 50
    assert bench.place("buy", BID - 1)["sCode"] == "51000"
    assert bench.order(bench.place("buy", BID, ordType="post_only")).is_pending
    crossing = bench.order(bench.place("buy", BID + 5, ordType="post_only"))
    assert crossing.cancel_source == "31"
    taken = bench.order(bench.place("buy", BID + 5, ordType="ioc"))
    assert taken.last_fill.price_ticks == BID + 5
    bench.trade("buy", ASK, 1)
    assert bench.data(f"market/trades?instId={INST}")[0]["px"] == "60000.5"


def test_frozen_and_diverging_mark(bench):
    """The mark stands still or leaves the mid; price limits keep to the mid."""

    def mark():
        return Decimal(bench.data(f"public/mark-price?instType=SWAP&instId={INST}")[0]["markPx"])

    fair = mark()
    bench.fault("frozen_mark", instId=INST)
    bench.book([(BID + 100, 5)], [(ASK + 100, 5)])
    assert mark() == fair
    bench.fault("clear").fault("mark_divergence", instId=INST, bps=50)
    assert mark() == (fair + 10) * Decimal("1.005")
    limit = bench.data(f"public/price-limit?instId={INST}")[0]["buyLmt"]
    bench.fault("clear")
    assert bench.data(f"public/price-limit?instId={INST}")[0]["buyLmt"] == limit
    assert mark() == fair + 10


def test_price_band(bench):
    """Limits move with the band, are pushed, and orders beyond are refused."""
    client = watching(bench, "price-limit")
    bench.fault("price_band", bps=1)
    bench.wait(0.3)
    assert client.rows("price-limit")[-1]["buyLmt"] == "60006"
    assert bench.place("buy", BID + 100)["sCode"] == "51006"
    bench.fault("clear")
    assert bench.place("buy", BID + 100, ordType="ioc")["sCode"] == "0"


def test_funding_rate_and_settlement(bench):
    """A spike of the rate is served and charged."""
    bench.place("buy", ASK, "1", ordType="ioc")
    bench.fault("funding_rate", instId=INST, rate="0.003").fault("funding")
    assert bench.data(f"public/funding-rate?instId={INST}")[0]["fundingRate"] == "0.003"
    assert bench.state.bills[-1].amount == -Decimal("600.0005") * Decimal("0.003")


def test_maintenance(bench):
    """Status is pushed on change and served by state; it ends completed."""
    client = watching(bench, "status", x="")
    bench.fault("maintenance", state="ongoing", length_s=60, for_s=30)
    assert [row["state"] for row in client.rows("status")] == ["ongoing"]
    assert [row["state"] for row in bench.data("system/status?state=ongoing")] == ["ongoing"]
    bench.wait(30)
    assert [row["state"] for row in client.rows("status")] == ["completed"]
    assert bench.data("system/status?state=ongoing") == []


def test_balance_cut(bench):
    """Money leaves the account, is pushed, and orders are refused for want of it."""
    client = watching(bench, "balance_and_position", "private", x="")
    bench.fault("balance_cut", amount="99999")
    assert client.rows("balance_and_position")[-1]["eventType"] == "transferred"
    assert (bench.account.cash, bench.place("buy", BID, "10")["sCode"]) == (1, "51008")


def test_balance_cut_is_billed_in_its_currency():
    """A transfer of any currency has a bill of its own, and the bills still add up to the cash."""
    bench = Bench(coin_balance=Decimal(2)).deep_book()
    bench.fault("balance_cut", amount="0.5", ccy="BTC").fault("balance_cut", amount="-7")
    bills = bench.data("account/bills?type=1")
    assert [(one["ccy"], one["balChg"], one["bal"], one["subType"]) for one in bills[:2]] == [
        ("USDT", "7", "100007", "11"),
        ("BTC", "-0.5", "1.5", "12"),
    ]
    for ccy, cash in bench.account.balances.items():
        assert sum(Decimal(one["balChg"]) for one in bills if one["ccy"] == ccy) == cash


def test_balance_cut_cancels_the_spot_orders_it_leaves_unpaid():
    """A bid whose dollars are gone is canceled with source 9."""
    bench = Bench(balance=Decimal(10_000)).deep_book()
    bench.deep_book(10**8, inst="BTC-USDT", bid=6_000_000)
    bid = bench.order(bench.place("buy", size="0.11", instId="BTC-USDT", tdMode="cash", px="59000"))
    bench.fault("balance_cut", amount="9000")
    assert (bid.state.value, bid.cancel_source) == ("canceled", "9")


@pytest.mark.parametrize("level", ["2", "3"])
def test_orders_from_outside_fit_the_account(level):
    """Orders from elsewhere use the trade mode and the position side the account asks for."""
    bench = Bench(
        account_level=AccountLevel(level), position_mode=PositionMode.LONG_SHORT, coin_balance=Decimal(1)
    ).deep_book(10_000)
    bench.deep_book(10**8, inst="BTC-USDT", bid=6_000_000)
    bench.fault("external_fill", instId=INST, side="sell", sz="2")
    bench.fault("external_fill", instId=INST, side="buy", sz="1", posSide="short")
    bench.fault("external_fill", instId="BTC-USDT", side="buy", sz="0.5")
    bench.fault("foreign_order", instId="BTC-USDT", side="sell", sz="0.1")
    assert bench.position(side=PositionSide.SHORT).lots == -100
    assert bench.account.balance("BTC") == 1 + Decimal("0.5") * (1 - Decimal("0.001"))
    (resting,) = bench.state.store.pending.values()
    assert resting.td_mode == ("cash" if level == "2" else "cross")


def test_partial_batch_of_a_portfolio_account():
    """Where batches are all or nothing an injected refusal of one order refuses the others, too."""
    bench = Bench(account_level=AccountLevel.PORTFOLIO).deep_book()
    bench.fault("partial_batch", code="51008")
    order = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "1"}
    answer = bench.rest("POST", "trade/batch-orders", [order, order])[1]
    assert [row["sCode"] for row in answer["data"]] == ["54004", "51008"]
    assert bench.state.store.pending == {}


def test_quote_sized_orders_follow_a_changed_lot():
    """A spot market order in dollars takes whole multiples of the present lot, at the present tick."""
    bench = Bench().deep_book()
    bench.deep_book(10**8, inst="BTC-USDT", bid=6_000_000)
    bench.fault("contract_change", instId="BTC-USDT", lotSz="0.01", minSz="0.01")
    ack = bench.place("buy", size="1000", instId="BTC-USDT", tdMode="cash", ordType="market")
    order = bench.order(ack)
    assert order.listing.instrument.size(order.filled_lots) == Decimal("0.01")
    assert (
        bench.place("buy", size="500", instId="BTC-USDT", tdMode="cash", ordType="market")["sCode"] == "51020"
    )


def test_position_changed_from_outside(bench):
    """A fill without tag and client id moves the position, visible to everybody."""
    client = watching(bench, "positions", "private", instType="SWAP")
    bench.fault("external_fill", instId=INST, side="sell", sz="2")
    assert bench.position().lots == -200
    assert client.rows("positions")[-1]["pos"] == "-2"
    (order,) = bench.state.store.orders.values()
    assert (order.tag, order.cl_ord_id) == ("", "")


def test_foreign_order_with_our_tag(bench):
    """An order of the account that the client never sent, with the client's own tag."""
    bench.fault("foreign_order", instId=INST, side="sell", tag="mmx", clOrdId="zombie", sz="3")
    (order,) = bench.state.store.pending.values()
    assert (order.tag, order.cl_ord_id, order.size_lots) == ("mmx", "zombie", 300)


def test_foreign_order_is_judged(bench):
    """What the venue would refuse is refused when the fault is asked for, and nothing stays."""
    body = json.dumps({"fault": "foreign_order", "instId": INST, "sz": "0.001"}).encode()
    assert bench.venue.inject(body, bench.now_ns).status == 400
    assert bench.state.faults.active() == []


def test_gap_in_a_chosen_channel(bench):
    """The gap meets the depth channel it names."""
    client = bench.connect("public").subscribe("books-rpi", instId=INST)
    rows = client.rows("books-rpi")
    bench.fault("book_gap", instId=INST, channel="books-rpi")
    for size in (5, 6):
        bench.wait(0.2)
        changed(bench, size)
    rows += client.rows("books-rpi")
    assert rows[1]["prevSeqId"] > rows[0]["seqId"]


@pytest.mark.parametrize("channel", ["books", "tickers", "trades"])
def test_unknown_fields_in_public_rows(bench, channel):
    """Every push carries a field nobody knows, or those of the channel named."""
    client = watching(bench, channel)
    bench.fault("unknown_fields", channel=channel)
    changed(bench, 7)
    bench.trade("buy", ASK, 1)
    bench.wait(0.2)
    rows = client.rows(channel)
    assert rows
    assert all("someNewField" in row for row in rows)


def test_late_request_waits_for_the_thaw(bench):
    """A request held back on its way in does not slip into a freeze."""
    client = bench.connect()
    bench.fault("delay_frame", direction="in", ms=500, count=1)
    client.op("order", ORDER)
    bench.fault("freeze", seconds=2)
    bench.wait(1)
    assert bench.state.store.orders == {}
    bench.wait(1.1)
    assert len(bench.state.store.pending) == 1


def test_slow_rest(bench):
    """A path is handled late; others are not."""
    from okxmm_tui.exchange.rest_request import RestRequest

    def delay_ns(path):
        return bench.venue.rest_delay_ns(RestRequest("GET", f"/api/v5/{path}", "", {}, b"", bench.now_ns))

    bench.fault("slow_rest", path="trade/", ms=700)
    assert (delay_ns("trade/orders-pending"), delay_ns("public/time")) == (7 * SECOND // 10, 0)
