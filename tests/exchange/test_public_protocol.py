"""Public endpoints and channels of the sheet beyond books, tickers and trades; limits of connections."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal

import pytest

from okxmm_tui.exchange.rest_request import RestRequest
from tests.exchange.bench import BID, CODE, INST, START_NS, Bench

START_MS = START_NS // 1_000_000


def asked(bench, path, client="10.0.0.1"):
    """Ask publicly from an address; returns the code."""
    route, _, query = path.partition("?")
    request = RestRequest("GET", f"/api/v5/{route}", query, {}, b"", bench.now_ns, client=client)
    return json.loads(bench.venue.rest(request, bench.now_ns).body)["code"]


def test_full_depth():
    """books-full has three fields per level and up to 5000 levels."""
    bench = Bench().deep_book(depth=600)
    (row,) = bench.data(f"market/books-full?instId={INST}&sz=5000")
    assert (len(row["asks"]), row["asks"][0], set(row)) == (
        600,
        ["60000.1", "1", "1"],
        {"asks", "bids", "ts"},
    )
    assert len(bench.data(f"market/books-full?instId={INST}")[0]["bids"]) == 1
    assert bench.rest("GET", f"market/books-full?instId={INST}&sz=5001")[1]["code"] == "51000"


def test_rpi_depth_rest_and_channel(bench):
    """[price, total, without RPI, orders], no checksum, one chain on the public and the business URL."""
    (row,) = bench.data(f"market/books-rpi?instId={INST}&sz=400")
    assert row["asks"][0] == ["60000.1", "1", "1", "1"]
    clients = [bench.connect(name).subscribe("books-rpi", instId=INST) for name in ("public", "business")]
    bench.wait(0.2)
    bench.book([(BID, 7)], (), snapshot=False)
    outputs = [one.text for one in bench.venue.take_outputs() if "action" in one.text]
    pushes = [json.loads(one) for one in outputs]
    assert [one["action"] for one in pushes] == ["snapshot", "snapshot", "update"]
    assert "checksum" not in pushes[2]["data"][0]
    assert pushes[2]["data"][0]["bids"] == [["60000", "0.07", "0.07", "1"]]
    assert pushes[2]["data"][0]["prevSeqId"] == pushes[0]["data"][0]["seqId"] == row["seqId"]
    assert len(clients) == 2


def test_position_tiers(bench):
    """The tiers of liquidation, in contracts at the mark; instType and tdMode are required."""
    rows = bench.data("public/position-tiers?instType=SWAP&tdMode=cross&instFamily=BTC-USDT")
    assert [(row["tier"], row["mmr"], row["maxLever"]) for row in rows] == [
        ("1", "0.004", "100"), ("2", "0.006", "50"), ("3", "0.01", "20"), ("4", "0.02", "10"),
    ]  # fmt: skip
    assert [row["minSz"] for row in rows] == ["0", "8333.33", "33333.31", "83333.27"]
    assert bench.data("public/position-tiers?instType=SWAP&tdMode=cross&instFamily=BTC-USDT&tier=2") == [
        rows[1]
    ]
    assert bench.rest("GET", "public/position-tiers?instType=SPOT&tdMode=cross")[1]["code"] == "51000"
    assert bench.rest("GET", "public/position-tiers?instType=SWAP")[1]["code"] == "50014"
    assert bench.rest("GET", "public/position-tiers?instType=SWAP&tdMode=x")[1]["code"] == "51000"


@pytest.mark.parametrize("inst", [INST, "BTC-USD-SWAP"])
def test_position_tiers_are_those_of_liquidation(inst):
    """A position of the largest size of a tier pays that tier's rate, and one lot more the next one's."""
    bench = Bench().deep_book(inst=inst)
    listed, sign = bench.state.listings[inst], 1
    tiers = bench.data(f"public/position-tiers?instType=SWAP&tdMode=cross&instFamily={listed.family}")
    for row, following in itertools.pairwise(tiers):
        for size, tier in ((row["maxSz"], row), (following["minSz"], following)):
            position = bench.position(inst)
            position.lots = sign * int(Decimal(size) / listed.instrument.lot_size)
            assert bench.state.margin().maintenance_rate(position) == Decimal(tier["mmr"])
            sign = -sign


def test_index_tickers(bench):
    """By index or by quote currency, not by instrument."""
    (row,) = bench.data("market/index-tickers?instId=BTC-USDT")
    assert (row["instId"], row["idxPx"]) == ("BTC-USDT", "60000.05")
    assert "BTC-USDT" in {one["instId"] for one in bench.data("market/index-tickers?quoteCcy=USDT")}
    assert bench.rest("GET", f"market/index-tickers?instId={INST}")[1]["code"] == "51001"
    assert bench.rest("GET", "market/index-tickers")[1]["code"] == "50014"


def test_status_filter(bench):
    """Only the states OKX knows can be asked for."""
    assert bench.data("system/status?state=scheduled") == []
    bench.jump(5)
    assert bench.rest("GET", "system/status?state=soon")[1]["code"] == "51000"


def test_instruments_channel_has_no_list_and_only_changes(bench):
    """Nothing on subscribing; a change pushes the one instrument that changed."""
    client = bench.connect("public").subscribe("instruments", instType="SWAP")
    assert [one.get("event") for one in client.take()] == ["subscribe"]
    bench.fault("instrument_state", instId=INST, state="suspend")
    assert [row["instId"] for row in client.rows("instruments")] == [INST]


def test_fills_channel_by_fee_tier():
    """With the tier a fill is pushed without fee; a client id that is no number is shown as 0."""
    bench = Bench(vip=True).deep_book()
    client = bench.connect().subscribe("fills")
    assert [one["event"] for one in client.take()] == ["subscribe"]
    bench.place("buy", BID + 1, "0.5", ordType="ioc", clOrdId="123")
    bench.place("buy", BID + 1, "0.5", ordType="ioc", clOrdId="abc")
    rows = client.rows("fills")
    assert [(row["clOrdId"], row["execType"], row["fillPx"]) for row in rows] == [
        ("123", "T", "60000.1"),
        ("0", "T", "60000.1"),
    ]
    assert "fee" not in rows[0]


def test_fills_channel_of_one_instrument():
    """An instId narrows it; without the tier it is 64003."""
    bench = Bench(vip=True).deep_book()
    other = bench.connect().subscribe("fills", instId="ETH-USDT-SWAP")
    other.take()
    bench.place("buy", BID + 1, ordType="ioc")
    assert other.rows("fills") == []
    assert Bench().connect().subscribe("fills").take()[0]["code"] == "64003"


@pytest.mark.parametrize("channel", ["orders", "account", "positions", "balance_and_position"])
def test_connection_cap_per_channel(bench, channel):
    """The 31st connection is acknowledged, told, and gets nothing; a second argument counts no more."""
    arg = {"instType": "ANY"} if channel in {"orders", "positions"} else {}
    clients = [bench.connect() for _ in range(31)]
    for one in clients:
        one.subscribe(channel, **arg)
    last = clients[30]
    events = [row["event"] for row in bench_events(bench, last)]
    assert events == ["subscribe", "channel-conn-count-error"]


def bench_events(bench, client):
    """Events sent to one client, of everything that is queued."""
    texts = [one.text for one in bench.venue.take_outputs() if client.number in one.connections]
    return [row for row in map(json.loads, texts) if "event" in row and row["event"] != "login"]


def test_second_argument_of_a_channel_counts_once(bench):
    """Two arguments of one channel on one connection are one connection."""
    client = bench.connect().subscribe("orders", instType="ANY")
    assert client.take()[1]["connCount"] == "1"
    assert client.subscribe("orders", instType="SWAP").take()[1]["connCount"] == "1"


def test_long_args_are_refused_with_60012(bench):
    """Sheet 3: args over 64 KB in one subscribe request; the connection lives on."""
    client = bench.connect("public")
    args = [{"channel": "trades", "instId": INST, "pad": "x" * 1000}] * 70
    (answer,) = client.send({"id": "s1", "op": "subscribe", "args": args}).take()
    assert (answer["code"], client.closes) == ("60012", [])


def test_public_limits_count_by_address(bench):
    """Another address has windows of its own; instruments and funding also by their parameter."""
    codes = [asked(bench, "public/time") for _ in range(11)]
    assert codes == ["0"] * 10 + ["50011"]
    assert asked(bench, "public/time", client="10.0.0.2") == "0"
    for _ in range(10):
        assert asked(bench, f"public/funding-rate?instId={INST}") == "0"
    assert asked(bench, f"public/funding-rate?instId={INST}") == "50011"
    assert asked(bench, "public/funding-rate?instId=ETH-USDT-SWAP") != "50011"


def test_private_limits_count_by_user(bench):
    """The address does not matter where a key is given."""
    for number in range(5):
        request_headers = {"x-from": str(number)}
        assert bench.rest("GET", "account/config", headers=request_headers)[1]["code"] == "0"
    assert bench.rest("GET", "account/config")[1]["code"] == "50011"


def test_batch_of_one_leaves_the_batch_pool_alone(bench):
    """Sheet 8.2: a batch holding one order takes from the single pool."""
    bench.fault("reject_next", code="51008", count=None)
    batch = [{"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "1"}]
    codes = [bench.rest("POST", "trade/batch-orders", batch)[1]["code"] for _ in range(61)]
    assert codes == ["1"] * 60 + ["50011"]
    assert bench.rest("POST", "trade/batch-orders", batch * 20)[1]["code"] == "1"


def test_spot_orders_do_not_count_into_the_account_cap(bench):
    """Sheet 8.3: spot and margin orders are exempt from 50061."""
    pools = bench.state.pools
    for _ in range(1500):
        pools.account_order(bench.now_ns, "SPOT")
    pools.account_order(bench.now_ns, "SWAP")


def test_heartbeat_after_a_minute(bench):
    """Every chained channel repeats its number with empty sides after 60 s without change."""
    client = bench.connect("public").subscribe("books", instId=INST).subscribe("books-rpi", instId=INST)
    client.take()
    for _ in range(3):
        bench.wait(20.1)
        client.send("ping")
    beats = [one for one in client.take() if one != "pong" and one["arg"]["channel"].startswith("books")]
    assert {one["arg"]["channel"] for one in beats} == {"books", "books-rpi"}
    for one in beats:
        row = one["data"][0]
        assert (row["asks"], row["bids"], row["prevSeqId"]) == ([], [], row["seqId"])


def test_sequence_steps_are_irregular():
    """Sheet 15.3: numbers jump, only the chain matters (the synthetic market's own numbers)."""
    from okxmm_tui.exchange.synthetic import SyntheticFeed
    from tests.exchange.bench import LISTINGS

    bench = Bench()
    client = bench.connect("public").subscribe("books", instId=INST)
    for at_ns, events in SyntheticFeed(LISTINGS[INST]).events():
        bench.now_ns = START_NS + at_ns
        for event in events:
            bench.apply(event)
        if at_ns > 10**9:
            break
    rows = client.rows("books")
    steps = {row["seqId"] - row["prevSeqId"] for row in rows if row["prevSeqId"] >= 0}
    assert len(steps) > 1
    assert {row["checksum"] for row in rows} == {0}


def test_ack_carries_times_and_codes(bench):
    """Sheet 15.4: sCode, subCode and ts in ms; inTime and outTime in microseconds."""
    order = {
        "instIdCode": CODE,
        "tdMode": "cross",
        "side": "buy",
        "ordType": "limit",
        "px": "59999",
        "sz": "1",
    }
    (ack,) = bench.connect().op("order", order | {"instId": "ETH-USDT-SWAP"}).take()
    row = ack["data"][0]
    assert (row["sCode"], row["subCode"], int(row["ts"])) == ("0", "", START_MS)
    assert (int(ack["inTime"]), int(ack["outTime"])) == (START_NS // 1000, START_NS // 1000)
    assert bench.order(row).listing.inst_id == INST
