"""ccxt over WebSocket: streams it keeps in its own caches, and orders by instIdCode."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.conformance.ccxt_settings import FAR_BID, FARTHER_BID, SYMBOL, settings
from tests.conformance.hosting import PATIENCE_S

ccxt = pytest.importorskip("ccxt.pro", reason="ccxt is not installed (extra: conformance)")


@contextlib.asynccontextmanager
async def connected(exchange, **changes):
    """A ccxt.pro client with a limit on its patience."""
    client = ccxt.okx(settings(exchange, **changes))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await client.load_markets()
            yield client
    finally:
        await client.close()


@pytest.fixture
async def client(exchange):
    """A client of a fresh exchange."""
    async with connected(exchange) as made:
        yield made


@pytest.fixture
async def onlooker(shared_exchange):
    """A client that leaves nothing behind."""
    async with connected(shared_exchange) as made:
        yield made


async def subscribed(client, name, watch):
    """Start watching and return once the request is on its way: what is sent later is also read later."""
    task = asyncio.create_task(watch)
    url = client.get_url(name, "private")
    while f"{name}:BTC-USDT-SWAP" not in client.client(url).subscriptions and not task.done():
        await asyncio.sleep(0)
    return task


async def watch_books(client):
    """Follow the book until ccxt raises."""
    while True:
        await client.watch_order_book(SYMBOL)


async def order_seen(client, order_id, wanted):
    """Follow own orders until one is as wanted."""
    while True:
        for one in client.orders or ():
            if one["id"] == order_id and wanted(one):
                return one
        await client.watch_orders(SYMBOL)


def code_free(client):
    """Forget the integer code of the instrument, as clients before 2026 never knew it."""
    client.market(SYMBOL)["instIdCode"] = None


async def test_book_chains_by_sequence(onlooker):
    """Ten increments apply without a gap (ccxt checks prevSeqId) and without a checksum."""
    for _ in range(10):
        book = await onlooker.watch_order_book(SYMBOL)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert len(book["bids"]) > 20


async def test_book_equals_rest(onlooker):
    """What ccxt built from increments is what REST shows at the same sequence number."""
    built, shown = {}, {}
    while not built.keys() & shown.keys():
        book = await onlooker.watch_order_book(SYMBOL)
        built[book["nonce"]] = [level[0] for level in book["bids"]]
        row = (await onlooker.public_get_market_books({"instId": "BTC-USDT-SWAP", "sz": "400"}))["data"][0]
        shown[int(row["seqId"])] = [float(level[0]) for level in row["bids"]]
    seq = max(built.keys() & shown.keys())
    assert built[seq] == shown[seq]


async def test_gap_is_noticed_and_healed(exchange, client):
    """An injected gap raises in ccxt; its next watch unsubscribes, subscribes and has a book again."""
    await client.watch_order_book(SYMBOL)
    fault = {"fault": "book_gap", "instId": "BTC-USDT-SWAP"}
    async with client.session.post(f"{exchange.rest}/sim/v1/faults", json=fault) as answer:
        assert answer.status == 200, await answer.text()
    with pytest.raises(ccxt.InvalidNonce):
        await watch_books(client)
    book = await client.watch_order_book(SYMBOL)
    assert book["bids"][0][0] < book["asks"][0][0]


@pytest.mark.parametrize(("limit", "depth"), [(1, 1), (5, 5)])
async def test_snapshot_depths(onlooker, limit, depth):
    """Channels bbo-tbt and books5 replace the whole book each time."""
    for _ in range(3):
        book = await onlooker.watch_order_book(SYMBOL, limit)
    assert len(book["bids"]) == len(book["asks"]) == depth


@pytest.mark.parametrize("depth", ["books50-l2-tbt", "books-l2-tbt"])
async def test_gated_depth_for_vip(vip_exchange, depth):
    """With the fee tier, ccxt logs in on the public URL and gets the fast book."""
    async with connected(vip_exchange) as client:
        for _ in range(5):
            book = await client.watch_order_book(SYMBOL, None, {"depth": depth})
        assert len(book["bids"]) >= 40


async def test_fast_depths_exclude_each_other(vip_exchange):
    """Channel books-l2-tbt beside books on one connection is refused with 64004."""
    async with connected(vip_exchange) as client:
        await client.watch_order_book(SYMBOL)
        with pytest.raises(ccxt.BadRequest, match="64004"):
            await client.watch_order_book(SYMBOL, None, {"depth": "books-l2-tbt"})


async def test_gated_depth_without_tier(onlooker):
    """Without the fee tier it is refused with 64003, after a good login."""
    with pytest.raises(ccxt.AccountNotEnabled, match="64003"):
        await onlooker.watch_order_book(SYMBOL, 50)


async def test_trades(onlooker):
    """Public trades arrive with price, size and taker side, aggregated ones with their count."""
    trades = await onlooker.watch_trades(SYMBOL)
    assert {one["side"] for one in trades} <= {"buy", "sell"}
    assert all(one["info"]["count"] and one["info"]["seqId"] for one in trades)


async def test_single_trades_on_business(onlooker):
    """Channel trades-all lives on the business URL, login first as ccxt does it."""
    trades = await onlooker.watch_trades(SYMBOL, None, None, {"channel": "trades-all"})
    assert "count" not in trades[-1]["info"]


async def test_tickers(onlooker):
    """Ticker, best quote, mark price and funding rate, each by its own channel."""
    assert (await onlooker.watch_ticker(SYMBOL))["last"] > 0
    assert SYMBOL in await onlooker.watch_tickers([SYMBOL])
    quote = (await onlooker.watch_bids_asks([SYMBOL]))[SYMBOL]
    assert quote["bid"] < quote["ask"]
    assert (await onlooker.watch_mark_price(SYMBOL))["markPrice"] > 0
    assert (await onlooker.watch_funding_rate(SYMBOL))["fundingRate"] == 0.0001


async def test_unsubscribing(onlooker):
    """Book, trades and ticker end by an acknowledged unsubscribe."""
    await onlooker.watch_order_book(SYMBOL)
    await onlooker.watch_trades(SYMBOL)
    await onlooker.watch_ticker(SYMBOL)
    assert await onlooker.un_watch_order_book(SYMBOL)
    assert await onlooker.un_watch_trades(SYMBOL)
    assert await onlooker.un_watch_ticker(SYMBOL)


async def test_balance_follows_a_fill(client):
    """A snapshot first; after a fill an event shows margin in use and the fee gone."""
    before = (await client.watch_balance())["USDT"]
    assert before["total"] == 100_000
    await client.create_order_ws(SYMBOL, "market", "buy", 10)
    after = (await client.watch_balance())["USDT"]
    assert after["used"] > 0
    assert after["free"] < before["free"]


async def test_life_of_an_order(client):
    """Placed, amended and canceled over WebSocket; every step is seen in the orders channel."""
    watching = await subscribed(client, "orders", client.watch_orders(SYMBOL))
    order_id = (await client.create_order_ws(SYMBOL, "limit", "buy", 1, FAR_BID))["id"]
    [first] = await watching
    assert (first["id"], first["status"], first["price"]) == (order_id, "open", FAR_BID)
    await client.edit_order_ws(order_id, SYMBOL, "limit", "buy", 2, FARTHER_BID)
    amended = await order_seen(client, order_id, lambda one: one["amount"] == 2)
    assert (amended["price"], amended["info"]["amendResult"]) == (FARTHER_BID, "0")
    await client.cancel_order_ws(order_id, SYMBOL)
    canceled = await order_seen(client, order_id, lambda one: one["status"] == "canceled")
    assert canceled["info"]["cancelSource"] == "1"


async def test_fill_is_pushed_to_orders_trades_and_positions(client):
    """A market order over WebSocket reaches the three private caches of ccxt."""
    orders = await subscribed(client, "orders", client.watch_orders(SYMBOL))
    trades = asyncio.create_task(client.watch_my_trades(SYMBOL))
    assert await client.watch_positions([SYMBOL]) == []
    positions = asyncio.create_task(client.watch_positions([SYMBOL]))
    await asyncio.sleep(0)
    order_id = (await client.create_order_ws(SYMBOL, "market", "buy", 1))["id"]
    await orders
    filled = await order_seen(client, order_id, lambda one: one["status"] == "closed")
    assert filled["filled"] == 1
    assert {one["order"] for one in await trades} == {order_id}
    assert (await positions)[-1]["side"] == "long"


async def test_crossing_post_only_is_only_canceled(client):
    """The first and only push of it says canceled, source 31: it was never live."""
    watching = await subscribed(client, "orders", client.watch_orders(SYMBOL))
    ack = await client.create_order_ws(SYMBOL, "limit", "buy", 1, 66_000, {"postOnly": True})
    [first] = await watching
    assert (first["id"], first["status"], first["info"]["cancelSource"]) == (ack["id"], "canceled", "31")


@pytest.mark.parametrize("op", ["order", "batch-orders"])
async def test_both_ways_to_place(client, op):
    """Single and batch operation, both by instIdCode."""
    assert (await client.create_order_ws(SYMBOL, "limit", "buy", 1, FAR_BID, {"op": op}))["id"]


@pytest.mark.parametrize("op", ["amend-order", "batch-amend-orders"])
async def test_both_ways_to_amend(client, op):
    """The single operation is refused with 51503 once the order is gone, and so is the batch of one."""
    order_id = (await client.create_order_ws(SYMBOL, "limit", "buy", 1, FAR_BID))["id"]
    client.options["editOrderWs"] = {"op": op}
    await client.edit_order_ws(order_id, SYMBOL, "limit", "buy", 2, FARTHER_BID)
    assert (await client.fetch_order(order_id, SYMBOL))["amount"] == 2
    await client.cancel_order_ws(order_id, SYMBOL)
    with pytest.raises(ccxt.OrderNotFound, match="51503"):
        await client.edit_order_ws(order_id, SYMBOL, "limit", "buy", 3, FARTHER_BID)


async def test_batch_cancel(client):
    """Operation batch-cancel-orders takes several ids, and says 51400 when none is left."""
    ids = [(await client.create_order_ws(SYMBOL, "limit", "buy", 1, FAR_BID))["id"] for _ in range(3)]
    assert len(await client.cancel_orders_ws(ids, SYMBOL)) == 3
    with pytest.raises(ccxt.OrderNotFound, match="51400"):
        await client.cancel_orders_ws(ids, SYMBOL)


async def test_orders_outlive_their_connection(exchange, client):
    """There is no cancel on disconnect: REST still shows the order."""
    async with connected(exchange) as other:
        order_id = (await other.create_order_ws(SYMBOL, "limit", "buy", 1, FAR_BID))["id"]
    assert [one["id"] for one in await client.fetch_open_orders(SYMBOL)] == [order_id]


async def test_refused_placement(client):
    """The refusal carries the id of its request, so ccxt fails that order and nothing else."""
    with pytest.raises(ccxt.InvalidOrder, match="51006"):
        await client.create_order_ws(SYMBOL, "limit", "buy", 1, 90_000)
    assert (await client.create_order_ws(SYMBOL, "limit", "buy", 1, FAR_BID))["id"]


async def test_ccxt_without_code_places_by_inst_id(onlooker):
    """Not knowing the code, ccxt falls back to ``instId``, ignored since March 2026: refused."""
    code_free(onlooker)
    with pytest.raises(ccxt.ExchangeError, match="instIdCode can not be empty"):
        await onlooker.create_order_ws(SYMBOL, "limit", "buy", 1, FAR_BID)
    assert await onlooker.fetch_open_orders(SYMBOL) == []


async def test_ccxt_without_code_cannot_cancel(client):
    """Not knowing the code, ccxt sends null to cancel: refused, and the order stays."""
    order_id = (await client.create_order(SYMBOL, "limit", "buy", 1, FAR_BID))["id"]
    code_free(client)
    with pytest.raises(ccxt.ExchangeError, match="instIdCode can not be empty"):
        await client.cancel_order_ws(order_id, SYMBOL)
    assert [one["id"] for one in await client.fetch_open_orders(SYMBOL)] == [order_id]


@pytest.mark.parametrize(("field", "code"), [("apiKey", "60005"), ("secret", "60007"), ("password", "60024")])
async def test_wrong_login(shared_exchange, field, code):
    """Each wrong part of the key has its own code on WebSocket."""
    async with connected(shared_exchange, **{field: "no"}) as stranger:
        with pytest.raises(ccxt.AuthenticationError, match=code):
            await stranger.watch_balance()
