"""The REST-only sweep of a kill command."""

from __future__ import annotations

import asyncio
import json

import pytest

from okxmm_tui.errors import VenueUnreachableError
from okxmm_tui.okx import emergency
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.emergency import CANCEL_PATH, cancel_everything, rescue
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.rest_queries import PENDING_PATH
from okxmm_tui.okx.transport import HttpReply


class Exchange:
    """A list of orders behind an HTTP port; cancels may be told to misbehave."""

    def __init__(self, orders) -> None:
        self.orders = {
            str(order_id): {"ordId": str(order_id), "instId": inst, "tag": tag}
            for order_id, inst, tag in orders
        }
        self.ignored_cancels = 0
        self.failures: list[object] = []
        self.asked: list[str] = []

    async def send(self, method, path, headers, body=b""):
        """Answer like the venue."""
        self.asked.append(path)
        if "public/time" in path:
            return _ok([{"ts": "1795161600000"}])
        if self.failures and (failure := self.failures.pop(0)):
            if isinstance(failure, Exception):
                raise failure
            return failure
        if path.startswith(PENDING_PATH):
            rows = [
                row
                for row in self.orders.values()
                if f"instId={row['instId']}" in path or "instId" not in path
            ]
            return _ok(rows[:100])
        rows = json.loads(body)
        if self.ignored_cancels:
            self.ignored_cancels -= 1
        else:
            for row in rows:
                self.orders.pop(row["ordId"], None)
        return _ok([{"ordId": row["ordId"], "sCode": "0"} for row in rows])

    async def close(self):
        """Note that the transport was closed."""
        self.asked.append("CLOSE")


def _ok(rows):
    return HttpReply(200, json.dumps({"code": "0", "data": rows}).encode())


def _refusal(code):
    return HttpReply(200, json.dumps({"code": code, "msg": "no", "data": []}).encode())


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Polls follow each other at once."""
    monkeypatch.setattr(emergency._Sweep, "POLL_EVERY_S", 0)
    monkeypatch.setattr(emergency, "BATCH_EVERY_S", 0)


async def sweep(exchange, *, tag=None, inst_id=None, deadline_s=5.0):
    """Run a sweep; returns its outcome and what it said."""
    said = []
    outcome = await cancel_everything(
        Endpoints.local("", ""), ApiKey("k", "s", "p"), tag=tag, inst_id=inst_id, deadline_s=deadline_s,
        on_progress=said.append, http=exchange,
    )  # fmt: skip
    return outcome, said


async def test_everything_is_cancelled_and_proven():
    """45 orders in batches of 20, then two empty lists in a row."""
    exchange = Exchange([(index, "X", "mmx") for index in range(45)])
    outcome, said = await sweep(exchange)
    assert (outcome.found, outcome.cancels_sent, outcome.empty_replies, outcome.residual) == (45, 45, 2, 0)
    assert (outcome.is_proven, outcome.problem) == (True, "")
    assert exchange.asked.count(CANCEL_PATH) == 3
    assert said == ["45 pending, cancelling", "nothing pending (1 of 2)", "nothing pending (2 of 2)"]
    assert exchange.asked[-1] == "CLOSE"


async def test_every_kind_is_cancelled():
    """Spot, swaps and futures go in one sweep: the list is not asked for by type."""
    kinds = ("BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP", "BTC-USDT-261225", "BTC-USD-261225")
    exchange = Exchange([(n, inst, "mmx") for n, inst in enumerate(kinds)])
    outcome, _ = await sweep(exchange, tag="mmx")
    assert (outcome.found, outcome.residual, outcome.is_proven) == (5, 0, True)
    assert not any("instType" in path for path in exchange.asked)


async def test_only_our_tag_and_instrument():
    """What another hand placed stays where it is."""
    exchange = Exchange([(1, "X", "mmx"), (2, "X", "other"), (3, "Y", "mmx")])
    outcome, _ = await sweep(exchange, tag="mmx", inst_id="X")
    assert (outcome.found, set(exchange.orders)) == (1, {"2", "3"})
    assert outcome.is_proven


async def test_cancels_that_do_nothing_are_repeated():
    """An acknowledged cancel is not a cancelled order."""
    exchange = Exchange([(1, "X", "")])
    exchange.ignored_cancels = 3
    outcome, _ = await sweep(exchange)
    assert (outcome.cancels_sent, outcome.is_proven) == (4, True)


async def test_an_order_between_two_empty_lists_starts_the_proof_again(monkeypatch):
    """One empty list may be a moment between two orders."""
    exchange = Exchange([])
    counted = []
    original = exchange.send

    async def send(method, path, headers, body=b""):
        if path.startswith(PENDING_PATH):
            counted.append(path)
            if len(counted) == 2:
                exchange.orders["9"] = {"ordId": "9", "instId": "X", "tag": ""}
        return await original(method, path, headers, body)

    exchange.send = send
    outcome, _ = await sweep(exchange)
    assert (outcome.found, outcome.empty_replies, len(counted)) == (1, 2, 4)


@pytest.mark.parametrize(
    "failure",
    [
        VenueUnreachableError("no answer"),
        _refusal("50001"),
        HttpReply(502, b"<html>"),
        HttpReply(200, b"[" * 9_000),
        _refusal("51000"),
    ],
)
async def test_passing_trouble_is_outlived(failure):
    """Whatever goes wrong once is said and tried again."""
    exchange = Exchange([(1, "X", "")])
    exchange.failures = [failure, None, failure]
    outcome, _ = await sweep(exchange)
    assert (outcome.is_proven, outcome.problem, exchange.orders) == (True, "", {})


async def test_a_clock_that_stays_wrong_is_no_refused_key():
    """50102 may come right before the deadline: only what cannot change ends a kill."""
    exchange = Exchange([(1, "X", "")])
    exchange.failures = [_refusal("50102")] * 3
    outcome, said = await sweep(exchange)
    assert outcome.is_proven
    assert any("50102" in line for line in said)


async def test_fields_of_tomorrow_keep_no_order_alive():
    """A kill reads id, instrument and tag of an order; what became of its other fields is of no matter."""
    exchange = Exchange([(1, "X", "mm"), (2, "X", "mm")])
    exchange.orders["1"] |= {"px": {"quote": "1"}, "state": ["live"], "sz": None, "side": 1}
    outcome, _ = await sweep(exchange, tag="mm")
    assert (outcome.is_proven, outcome.found, exchange.orders) == (True, 2, {})


async def test_refused_key_ends_at_once():
    """No deadline is worth waiting for with a key that is refused."""
    exchange = Exchange([(1, "X", "")])
    exchange.failures = [_refusal("50119")]
    outcome, _ = await sweep(exchange, deadline_s=60)
    assert not outcome.is_proven
    assert "50119" in outcome.problem


async def test_deadline_holds_when_the_venue_hangs():
    """A venue that takes the request and never answers does not hold the command."""
    exchange = Exchange([(1, "X", "")])

    async def hang(method, path, headers, body=b""):
        await asyncio.Event().wait()

    exchange.send = hang
    outcome, said = await sweep(exchange, deadline_s=0.05)
    assert not outcome.is_proven
    assert "no proof within 0.05 s" in outcome.problem
    assert said[-1] == "no proof within 0.05 s"


async def test_deadline_holds_when_orders_never_go():
    """What is still there at the end is counted."""
    exchange = Exchange([(1, "X", ""), (2, "X", "")])
    exchange.ignored_cancels = 10**9
    monkey_said = []
    outcome, monkey_said = await sweep(exchange, deadline_s=0.05)
    assert (outcome.is_proven, outcome.residual, outcome.found) == (False, 2, 2)
    assert monkey_said


async def test_refused_cancels_are_said():
    """The venue's words about a cancel it refused reach the operator."""
    exchange = Exchange([(1, "X", "")])
    original = exchange.send

    async def send(method, path, headers, body=b""):
        if path == CANCEL_PATH:
            exchange.orders.clear()
            return _ok([{"ordId": "1", "sCode": "51410", "sMsg": "later"}])
        return await original(method, path, headers, body)

    exchange.send = send
    outcome, said = await sweep(exchange)
    assert outcome.is_proven
    assert any("51410" in line for line in said)


async def test_unreadable_clock_costs_no_kill():
    """The sweep goes on with this computer's clock when the venue's cannot be read."""
    exchange = Exchange([(1, "X", "")])
    original = exchange.send

    async def send(method, path, headers, body=b""):
        return _refusal("50005") if "public/time" in path else await original(method, path, headers, body)

    exchange.send = send
    outcome, said = await sweep(exchange)
    assert outcome.is_proven
    assert "clock" in said[0]


async def test_a_failed_engine_has_its_own_orders_taken_out(monkeypatch):
    """By tag, whatever the gateway's own state; why nothing is proven is said, and nothing when it is."""
    exchange = Exchange([(1, "BTC-USDT-SWAP", "mmx"), (2, "ETH-USDT-SWAP", "mmx"), (3, "BTC-USDT-SWAP", "")])
    real = emergency.Rest
    monkeypatch.setattr(emergency, "Rest", lambda endpoints, key, http: real(endpoints, key, http=exchange))
    where, key = Endpoints.local("", ""), ApiKey("k", "s", "p")
    assert await rescue(where, key, tag="mmx", deadline_s=5.0) == ""
    assert list(exchange.orders) == ["3"]
    exchange.failures = [VenueUnreachableError("the venue is away.")] * 10_000
    assert await rescue(where, key, tag="mmx", deadline_s=0.05) == "the venue is away."
    assert await rescue(where, None, tag="mmx", deadline_s=0.05) == ""
