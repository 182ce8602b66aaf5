"""Private channels: snapshots, filters, batching, order of pushes on a fill."""

from __future__ import annotations

from tests.exchange.bench import ASK, BID, INST


def test_snapshots_follow_the_subscription(bench):
    """Account and positions come with paging fields, balance_and_position without, orders not at all."""
    bench.place("buy", ASK, "1")
    client = bench.connect()
    client.subscribe("account").subscribe("positions", instType="ANY").subscribe("balance_and_position")
    client.subscribe("orders", instType="ANY")
    pushes = {one["arg"]["channel"]: one for one in client.take() if "data" in one}
    for channel in ("account", "positions"):
        paging = {name: pushes[channel][name] for name in ("eventType", "curPage", "lastPage")}
        assert paging == {"eventType": "snapshot", "curPage": 1, "lastPage": True}
    assert pushes["positions"]["data"][0]["pos"] == "1"
    summary = pushes["balance_and_position"]["data"][0]
    assert (summary["eventType"], summary["posData"][0]["pos"]) == ("snapshot", "1")
    assert "orders" not in pushes


def test_flat_account_has_an_empty_position_snapshot(bench):
    """No position, no row."""
    client = bench.connect().subscribe("positions", instType="SWAP")
    assert client.rows("positions") == []


def test_fill_pushes(bench):
    """A fill reaches orders, positions and balance_and_position at once, account within 50 ms."""
    client = bench.connect()
    for channel, arg in (("orders", {"instType": "SWAP"}), ("positions", {"instType": "ANY"})):
        client.subscribe(channel, **arg)
    client.subscribe("account").subscribe("balance_and_position").take()
    bench.place("sell", BID, "1", ordType="ioc")
    at_once = client.take()
    assert [one["arg"]["channel"] for one in at_once] == ["orders", "positions", "balance_and_position"]
    trade_id = at_once[0]["data"][0]["tradeId"]
    assert at_once[2]["data"][0]["trades"] == [{"instId": INST, "tradeId": trade_id}]
    assert at_once[1]["data"][0]["pos"] == "-1"
    bench.wait(0.06)
    (account,) = client.take()
    assert account["eventType"] == "event_update"
    assert account["data"][0]["details"][0]["cashBal"] == at_once[2]["data"][0]["balData"][0]["cashBal"]


def test_closed_position_is_pushed_as_zero(bench):
    """The last push of a position says 0."""
    client = bench.connect().subscribe("positions", instType="ANY", instId=INST)
    bench.place("sell", BID, "1")
    bench.place("buy", ASK, "1")
    assert [row["pos"] for row in client.rows("positions")] == ["-1", "0"]


def test_order_filters(bench):
    """Arguments of other types, families or instruments receive nothing; the arg is echoed with uid."""
    client = bench.connect()
    for arg in (
        {"instType": "SPOT"},
        {"instType": "SWAP", "instFamily": "BTC-USD"},
        {"instType": "ANY", "instId": "BTC-USDT"},
    ):
        client.subscribe("orders", **arg)
    client.subscribe("orders", instType="SWAP", instFamily="BTC-USDT").take()
    bench.place("buy", BID)
    (push,) = client.take()
    assert push["arg"] == {
        "channel": "orders",
        "instType": "SWAP",
        "instFamily": "BTC-USDT",
        "uid": "100200300",
    }


def test_regular_pushes_can_be_turned_off(bench):
    """Every 5 s by default, never with updateInterval 0."""
    bench.place("buy", ASK, "1")
    eager, calm = bench.connect(), bench.connect()
    eager.subscribe("account").subscribe("positions", instType="ANY")
    extra = '{"updateInterval":"0"}'
    calm.subscribe("account", extraParams=extra).subscribe("positions", instType="ANY", extraParams=extra)
    bench.wait(1)
    bench.venue.take_outputs()
    bench.wait(5.1)
    outputs = bench.venue.take_outputs()
    assert {number for one in outputs for number in one.connections} == {eager.number}
    assert len(outputs) == 2


def test_every_private_connection_gets_the_push(bench):
    """Two connections, two pushes, one encoding."""
    clients = [bench.connect().subscribe("orders", instType="ANY") for _ in range(2)]
    bench.venue.take_outputs()
    bench.place("buy", BID)
    (push,) = bench.venue.take_outputs()
    assert push.connections == tuple(client.number for client in clients)
