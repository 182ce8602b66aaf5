"""The official SDK over WebSocket, behind TLS because its classes speak nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time

import pytest

from tests.conformance.hosting import PATIENCE_S

WHY = "python-okx is not installed (extra: conformance)"
public_module = pytest.importorskip("okx.websocket.WsPublicAsync", reason=WHY)
private_module = pytest.importorskip("okx.websocket.WsPrivateAsync", reason=WHY)

INST = "BTC-USDT-SWAP"
CODE = 10459
BID = {"tdMode": "cross", "side": "buy", "ordType": "post_only", "px": "60000", "sz": "1"}
"""An order far below a market that walks slowly around 65,000; without its instrument."""


class Line:
    """One client of the SDK and everything it was told."""

    def __init__(self, client):
        self.client = client
        self.heard = asyncio.Queue()
        self._serial = itertools.count(1)
        client.callback = self.on_message

    def on_message(self, text):
        """Take a message, as the SDK's callback."""
        self.heard.put_nowait(json.loads(text))

    async def until(self, wanted):
        """Next message that is wanted."""
        while True:
            message = await self.heard.get()
            if wanted(message):
                return message

    async def event(self, name):
        """Next event of a name."""
        return await self.until(lambda one: one.get("event") == name)

    async def push(self, channel):
        """Next push of a channel."""
        return await self.until(lambda one: "data" in one and one.get("arg", {}).get("channel") == channel)

    async def subscribe(self, *args):
        """Subscribe and wait for the ack of every argument."""
        await self.client.send("subscribe", list(args), id=f"s{next(self._serial)}")
        return [await self.event("subscribe") for _ in args]

    async def ask(self, operation, *args):
        """Send a trade operation of the SDK; returns its answer."""
        message_id = f"t{next(self._serial)}"
        await operation(list(args), id=message_id)
        return await self.until(lambda one: one.get("id") == message_id)


@contextlib.asynccontextmanager
async def line(client):
    """Start a client and stop it in the end, within limits."""
    async with asyncio.timeout(PATIENCE_S):
        reading = await client.start()
        try:
            yield Line(client)
        finally:
            await client.stop()
            await asyncio.gather(reading, return_exceptions=True)


@pytest.fixture
async def public(shared_tls_exchange):
    """The SDK's public client."""
    async with line(public_module.WsPublicAsync(f"{shared_tls_exchange.wss}/public")) as opened:
        yield opened


def private_client(exchange, url="private", **changes):
    """Make the SDK's private client."""
    keys = {"apiKey": "sim", "passphrase": "sim", "secretKey": "sim"} | changes
    return private_module.WsPrivateAsync(url=f"{exchange.wss}/{url}", **keys)


@pytest.fixture
async def stranger(shared_tls_exchange):
    """The SDK's private client before login."""
    async with line(private_client(shared_tls_exchange)) as opened:
        yield opened


@pytest.fixture
async def private(stranger):
    """The same, logged in."""
    return await logged_in(stranger)


@pytest.fixture
async def alone(tls_exchange):
    """The SDK's private client, logged in, on an exchange of its own."""
    async with line(private_client(tls_exchange)) as opened:
        yield await logged_in(opened)


async def logged_in(opened):
    """Log in and wait for the answer."""
    await opened.client.login()
    assert (await opened.event("login"))["code"] == "0"
    return opened


def refusal(answer):
    """Code of the first order of a refused operation."""
    assert answer["code"] == "1", answer
    return answer["data"][0]["sCode"]


async def test_sdk_does_without_plain_sockets(exchange):
    """Its classes pass a TLS context whatever the URL: on ws:// they never connect."""
    client = public_module.WsPublicAsync(f"{exchange.ws}/public")
    await client.connect()
    assert client.websocket is None


async def test_book_snapshot_and_chain(public):
    """Snapshot with prevSeqId -1, then increments that chain; the checksum is there and 0."""
    await public.subscribe({"channel": "books", "instId": INST})
    first = await public.push("books")
    [row] = first["data"]
    assert (first["action"], row["prevSeqId"], row["checksum"]) == ("snapshot", -1, 0)
    for _ in range(5):
        last, update = row["seqId"], await public.push("books")
        [row] = update["data"]
        assert (update["action"], row["prevSeqId"], row["checksum"]) == ("update", last, 0)


CHANNELS = ("books5", "bbo-tbt", "tickers", "trades", "mark-price", "funding-rate", "price-limit")


async def test_every_public_channel_pushes(public):
    """One request with many arguments: an ack for each with the id, then a push of each."""
    args = [{"channel": name, "instId": INST} for name in CHANNELS]
    args.append({"channel": "index-tickers", "instId": "BTC-USDT"})
    await public.client.subscribe(args, public.on_message, id="many")
    missing, acked = {arg["channel"] for arg in args}, []
    while missing:
        message = await public.heard.get()
        if message.get("event") == "subscribe":
            assert message["id"] == "many"
            acked.append(message["arg"])
        else:
            missing.discard(message["arg"]["channel"])
    assert acked == args


async def test_announcement_channels_are_silent(public):
    """Channels instruments and status are acknowledged and have no first push."""
    acks = await public.subscribe({"channel": "instruments", "instType": "SWAP"}, {"channel": "status"})
    assert [one["arg"]["channel"] for one in acks] == ["instruments", "status"]
    assert all(len(one["connId"]) == 8 for one in acks)


async def test_unsubscribe(public):
    """Acknowledged with its argument."""
    arg = {"channel": "tickers", "instId": INST}
    await public.subscribe(arg)
    await public.client.unsubscribe([arg], public.on_message, id="u1")
    assert (await public.event("unsubscribe"))["arg"] == arg


async def test_single_trades_on_business(shared_tls_exchange):
    """Channel trades-all lives on the business URL."""
    async with line(public_module.WsPublicAsync(f"{shared_tls_exchange.wss}/business")) as business:
        await business.subscribe({"channel": "trades-all", "instId": INST})
        [row] = (await business.push("trades-all"))["data"]
        assert row["instId"] == INST
        assert "count" not in row


SUBSCRIPTION_REFUSALS = {
    "unknown_channel": ({"channel": "candle7m", "instId": INST}, "60018"),
    "unknown_instrument": ({"channel": "books", "instId": "NO-USDT-SWAP"}, "60018"),
    "private_channel": ({"channel": "orders", "instType": "ANY"}, "60018"),
    "business_channel": ({"channel": "trades-all", "instId": INST}, "64001"),
    "fee_tier": ({"channel": "books-l2-tbt", "instId": INST}, "64003"),
}


@pytest.mark.parametrize(("arg", "code"), SUBSCRIPTION_REFUSALS.values(), ids=SUBSCRIPTION_REFUSALS)
async def test_subscriptions_are_refused(public, arg, code):
    """The error carries the id of the request and no argument."""
    await public.client.send("subscribe", [arg], id="r1")
    error = await public.event("error")
    assert (error["id"], error["code"]) == ("r1", code)
    assert "arg" not in error


async def test_private_needs_login(stranger):
    """Orders and subscriptions before login are 60011."""
    assert (await stranger.ask(stranger.client.place_order, BID | {"instIdCode": CODE}))["code"] == "60011"
    await stranger.client.send("subscribe", [{"channel": "account"}])
    assert (await stranger.event("error"))["code"] == "60011"


async def test_second_login(private):
    """One login per connection: 60031."""
    await private.client.login()
    assert (await private.event("error"))["code"] == "60031"


LOGINS = {
    "key": ({"apiKey": "no"}, "60005"),
    "passphrase": ({"passphrase": "no"}, "60024"),
    "secret": ({"secretKey": "no"}, "60007"),
}


@pytest.mark.parametrize(("wrong", "code"), LOGINS.values(), ids=LOGINS)
async def test_wrong_login_closes(shared_tls_exchange, wrong, code):
    """The error comes first, then the connection closes with 4001."""
    async with line(private_client(shared_tls_exchange, **wrong)) as opened:
        await opened.client.login()
        assert (await opened.event("error"))["code"] == code
        assert "4001" in (await opened.event("error"))["msg"]


async def test_private_snapshots(alone):
    """Each subscription tells its connections; account and positions page, the summary does not."""
    args = [
        {"channel": "account"},
        {"channel": "positions", "instType": "ANY"},
        {"channel": "balance_and_position"},
    ]
    await alone.client.send("subscribe", args)
    for channel in ("account", "positions"):
        count = await alone.event("channel-conn-count")
        assert (count["channel"], count["connCount"]) == (channel, "1")
        first = await alone.push(channel)
        assert (first["eventType"], first["curPage"], first["lastPage"]) == ("snapshot", 1, True)
        assert first["arg"]["uid"] == "100200300"
    [row] = (await alone.push("balance_and_position"))["data"]
    assert (row["eventType"], row["balData"][0]["cashBal"]) == ("snapshot", "100000")


async def test_fill_reaches_every_private_channel(alone):
    """A market order: orders with the fee, positions, account and summary, without paging fields."""
    await alone.subscribe({"channel": "orders", "instType": "SWAP"})
    await alone.subscribe({"channel": "positions", "instType": "SWAP"})
    await alone.subscribe({"channel": "account"})
    await alone.subscribe({"channel": "balance_and_position"})
    await alone.push("balance_and_position")
    order = {"instIdCode": CODE, "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "1"}
    await alone.client.place_order([order], id="m1")
    seen = {}
    while seen.keys() < {"orders", "positions", "account", "balance_and_position"}:
        message = await alone.until(lambda one: "arg" in one and "data" in one)
        seen[message["arg"]["channel"]] = message
    [filled] = seen["orders"]["data"]
    assert (filled["execType"], filled["code"]) == ("T", "0")
    assert float(filled["fillFee"]) < 0
    assert seen["positions"]["data"][0]["posSide"] == "net"
    for channel in ("positions", "account"):
        assert seen[channel]["eventType"] == "event_update"
        assert "curPage" not in seen[channel]
    [summary] = seen["balance_and_position"]["data"]
    assert (summary["eventType"], summary["trades"][0]["instId"]) == ("filled", INST)


async def test_life_of_an_order(private):
    """Placed by instIdCode, amended and canceled; the pushes tell each step once."""
    await private.subscribe({"channel": "orders", "instType": "ANY"})
    name = {"instIdCode": CODE, "clOrdId": "w1"}
    placed = await private.ask(private.client.place_order, BID | name)
    assert (placed["op"], placed["code"], placed["data"][0]["sCode"]) == ("order", "0", "0")
    assert abs(int(placed["inTime"]) - time.time() * 1e6) < 60e6
    amended = await private.ask(private.client.amend_order, name | {"newSz": "2", "reqId": "r1"})
    assert amended["data"][0]["reqId"] == "r1"
    canceled = await private.ask(private.client.cancel_order, name)
    assert (canceled["op"], canceled["code"]) == ("cancel-order", "0")


async def test_pushes_of_an_order(private):
    """First live, then live with the amend's reqId and result, then canceled by the user."""
    await private.subscribe({"channel": "orders", "instType": "ANY"})
    name = {"instIdCode": CODE, "clOrdId": "w2"}
    steps = []
    await private.client.place_order([BID | name], id="p1")
    steps.extend((await private.push("orders"))["data"])
    await private.client.amend_order([name | {"newPx": "59990", "reqId": "r2"}], id="p2")
    steps.extend((await private.push("orders"))["data"])
    await private.client.cancel_order([name], id="p3")
    steps.extend((await private.push("orders"))["data"])
    told = [(row["state"], row["reqId"], row["amendResult"], row["cancelSource"]) for row in steps]
    assert told == [("live", "", "", ""), ("live", "r2", "0", ""), ("canceled", "", "", "1")]


async def test_batches(private):
    """All three batch operations; one order that is gone makes the code of the last 2."""
    names = [{"instIdCode": CODE, "clOrdId": f"b{n}"} for n in range(3)]
    client = private.client
    assert (await private.ask(client.batch_orders, *(BID | one for one in names)))["code"] == "0"
    assert (await private.ask(client.batch_amend_orders, *(one | {"newSz": "2"} for one in names)))[
        "code"
    ] == "0"
    assert (await private.ask(client.cancel_order, names[0]))["code"] == "0"
    answer = await private.ask(client.batch_cancel_orders, *names)
    assert (answer["code"], [row["sCode"] for row in answer["data"]]) == ("2", ["51400", "0", "0"])


async def test_crossing_post_only_is_only_canceled(private):
    """Acknowledged, then one push: canceled with source 31, never live."""
    await private.subscribe({"channel": "orders", "instType": "ANY"})
    await private.client.place_order([BID | {"instIdCode": CODE, "px": "66000"}], id="x1")
    [row] = (await private.push("orders"))["data"]
    assert (row["state"], row["cancelSource"], row["accFillSz"]) == ("canceled", "31", "0")


OPERATIONS = (
    "place_order",
    "batch_orders",
    "amend_order",
    "batch_amend_orders",
    "cancel_order",
    "batch_cancel_orders",
)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_inst_id_is_ignored(private, operation):
    """The SDK passes what it is given: ``instId`` alone, right before 2026, names no instrument now."""
    args = [BID | {"instId": INST, "ordId": str(number), "newSz": "2"} for number in (1, 2)]
    count = 2 if operation.startswith("batch") else 1
    answer = await private.ask(getattr(private.client, operation), *args[:count])
    assert refusal(answer) == "50014"
    assert answer["data"][0]["sMsg"] == "Parameter instIdCode can not be empty."


CODES = {"quoted": (str(CODE), "51000"), "unknown": (1, "51001")}


@pytest.mark.parametrize(("value", "code"), CODES.values(), ids=CODES)
async def test_wrong_instrument_codes(private, value, code):
    """An integer, unquoted, of a listed instrument; everything else is refused."""
    assert refusal(await private.ask(private.client.place_order, BID | {"instIdCode": value})) == code


async def test_id_is_mandatory(private):
    """The SDK lets the id be left out; the venue does not: 60013."""
    await private.client.place_order([BID | {"instIdCode": CODE}])
    assert (await private.event("error"))["code"] == "60013"


async def test_single_operation_takes_one_order(private):
    """Two orders in ``order`` are refused as a whole."""
    order = BID | {"instIdCode": CODE}
    answer = await private.ask(private.client.place_order, order, order)
    assert (answer["code"], answer["data"]) == ("60013", [])


async def test_mass_cancel_needs_a_permission(private):
    """For options under market-maker protection only: 51411, in the envelope of the operation."""
    answer = await private.ask(private.client.mass_cancel, {"instType": "OPTION", "instFamily": "BTC-USD"})
    assert (answer["op"], answer["code"]) == ("mass-cancel", "51411")


async def test_sdk_expects_mass_cancel_on_business(shared_tls_exchange):
    """The SDK documents it for the business URL; trade operations are private only: 60028."""
    async with line(private_client(shared_tls_exchange, url="business")) as business:
        answer = await business.ask(
            business.client.mass_cancel, {"instType": "OPTION", "instFamily": "BTC-USD"}
        )
        assert answer["code"] == "60028"


async def test_fills_channel_needs_a_tier(private):
    """64003 for an account without the fee tier."""
    await private.client.send("subscribe", [{"channel": "fills"}])
    assert (await private.event("error"))["code"] == "64003"
