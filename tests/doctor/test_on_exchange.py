"""The doctor against the embedded exchange."""

from __future__ import annotations

import asyncio
import json
import socket
import time

import msgspec
import pytest

from okxmm_tui.doctor.rows import State, exit_code_of
from okxmm_tui.exchange.options import ExchangeOptions
from okxmm_tui.exchange.process import running_exchange
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.requests import encode
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.rest_queries import RestQueries
from okxmm_tui.statedir import make_state_dir, owned

SIM = ApiKey("sim", "sim", "sim")
INST = "BTC-USDT-SWAP"
TAG = "okxmm"
LIMITS = msgspec.json.Decoder(list[dict[str, str | bool]])


@pytest.fixture
async def exchange():
    """An exchange with its built-in market."""
    async with running_exchange(ExchangeOptions()) as running:
        yield running


@pytest.fixture
def endpoints(exchange):
    """Where it listens."""
    return Endpoints.local(exchange.rest, exchange.ws)


@pytest.fixture
async def rest(endpoints):
    """Somebody else's hand on the same account."""
    rest = Rest(endpoints, SIM)
    yield rest
    await rest.close()


def states(rows, state):
    """Names of the rows in a state."""
    return {name for name, row in rows.items() if row.state is state}


async def test_a_good_venue_is_all_ok_and_nothing_was_traded(doctor, exchange, endpoints):
    """Every check runs; no order was placed and the timer that was armed is gone."""
    rows = await doctor.look(endpoints, sleep=asyncio.sleep)
    assert states(rows, State.FAIL) == states(rows, State.WARN) == set()
    assert states(rows, State.SKIPPED) == {"terminal"}
    assert exit_code_of(rows.values()) == 0
    assert rows["dead-man's switch"].state is State.OK
    assert "tick 0.1, lot 0.01 ct, 1 ct = 0.01 BTC, min 0.01 ct" in rows[INST].finding
    assert "instIdCode 10459" in rows[INST].finding
    fees = "maker 2 bps paid (OKX writes -0.0002), taker 5 bps paid (OKX writes -0.0005)"
    assert rows[f"{INST} fees"].finding == fees
    assert rows[f"{INST} fits"].finding == "trades as cross, net"
    assert rows[f"{INST} leverage"].finding == "cross 10x; the instrument allows 100x"
    assert rows["order rate"].finding.startswith("1000 new and amended orders in 2 s")
    assert not exchange.venue.state.store.orders
    assert not exchange.venue.dead_man.armed


async def test_a_wrong_secret_is_class_3_and_what_needs_no_key_goes_on(doctor, endpoints):
    """REST and WebSocket both refuse; instruments, clock and this machine are still looked at."""
    rows = await doctor.look(endpoints, okx={"secret": "hunter2hunter2"})
    assert states(rows, State.FAIL) == {"API key", "private WebSocket"}
    assert exit_code_of(rows.values()) == 3
    assert "50113" in rows["API key"].finding
    for name in ("REST", "public WebSocket", "clock", INST, "state directory"):
        assert rows[name].state is State.OK, rows[name]
    for name in ("key permissions", "account", "open orders", "dead-man's switch"):
        assert rows[name].state is State.SKIPPED, rows[name]
    assert "hunter2" not in str(rows)
    assert rows["setting okx.secret"].finding == "set (hidden) (flag)"


async def test_an_unreachable_host_is_class_4_and_names_itself(doctor):
    """All three ways in fail by themselves; what needs no venue is still looked at."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        rows = await doctor.look(Endpoints.local(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/ws/v5"))
    assert states(rows, State.FAIL) == {"REST", "public WebSocket", "private WebSocket"}
    assert exit_code_of(rows.values()) == 4
    assert f"127.0.0.1:{port}" in rows["REST"].finding
    assert f"127.0.0.1:{port}" in rows["private WebSocket"].finding
    assert rows["instruments"].finding == "Needs: REST."
    assert rows["disk space"].state is not State.SKIPPED


async def test_an_unknown_symbol_is_class_2_and_hides_no_other(doctor, endpoints):
    """The wrong one is told with a suggestion; the right one has every row."""
    rows = await doctor.look(endpoints, symbol=["BTC-USTD-SWAP", INST], sleep=asyncio.sleep)
    assert states(rows, State.FAIL) == {"BTC-USTD-SWAP"}
    assert exit_code_of(rows.values()) == 2
    assert INST in rows["BTC-USTD-SWAP"].advice
    assert rows["BTC-USTD-SWAP fees"].state is State.SKIPPED
    for part in ("", " announcements", " fits", " fees", " leverage"):
        assert rows[INST + part].state is State.OK


async def test_the_timer_of_a_running_session_is_left_alone(doctor, exchange, endpoints, rest):
    """The state directory is held by another: nothing is armed or disarmed with its tag."""
    await rest.sync_clock()
    await RestQueries(rest, {}).set_dead_man(60, TAG)
    with owned(make_state_dir(doctor.state_dir)):
        rows = await doctor.look(endpoints)
    assert rows["dead-man's switch"].state is State.SKIPPED
    assert "session runs here" in rows["dead-man's switch"].finding
    assert exit_code_of(rows.values()) == 0
    timer = exchange.venue.dead_man.armed[TAG]
    assert timer.trigger_ns - time.time_ns() > 40_000_000_000


async def test_orders_with_our_tag_and_no_session_are_warned_of(doctor, exchange, endpoints, rest):
    """The order is listed and stays, and the timer of whoever placed it is not touched."""
    await rest.sync_clock()
    await RestQueries(rest, {}).set_dead_man(60, TAG)
    order = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "post_only", "sz": "0.02",
             "px": "50000.1", "tag": TAG, "clOrdId": "17951616000000001"}  # fmt: skip
    limits = await rest.get("/api/v5/public/price-limit", {"instId": INST}, is_signed=False)
    lowest = limits.rows(LIMITS)[0]["sellLmt"]
    reply = await rest.post("/api/v5/trade/order", encode(order | {"px": lowest}))
    assert reply.is_ok, reply
    rows = await doctor.look(endpoints)
    row = rows["open orders"]
    assert row.state is State.WARN
    assert row.finding.startswith(
        f"1 with our tag {TAG}, 0 like ours under another tag, 0 of others: {INST} buy"
    )
    assert "okxmm-tui kill --venue demo" in row.advice
    assert rows["dead-man's switch"].state is State.SKIPPED
    assert exit_code_of(rows.values()) == 0
    assert len(exchange.venue.state.store.pending) == 1
    assert TAG in exchange.venue.dead_man.armed


async def test_another_tag_of_this_program_is_told_apart_from_strangers(doctor, endpoints, rest):
    """By the form of its client order ids; both are left alone."""
    await rest.sync_clock()
    limits = await rest.get("/api/v5/public/price-limit", {"instId": INST}, is_signed=False)
    order = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "0.02",
             "px": limits.rows(LIMITS)[0]["sellLmt"]}  # fmt: skip
    for extra in ({"tag": "twin", "clOrdId": "17951616000000001"}, {"clOrdId": "byhand"}):
        assert (await rest.post("/api/v5/trade/order", encode(order | extra))).is_ok
    row = (await doctor.look(endpoints, sleep=asyncio.sleep))["open orders"]
    assert row.state is State.WARN
    assert f"0 with our tag {TAG}, 1 like ours under another tag, 1 of others" in row.finding


async def test_a_spot_account_does_not_fit_a_swap(doctor):
    """Told in the instrument's own row, with what to change."""
    async with running_exchange(ExchangeOptions(account_level="1")) as running:
        rows = await doctor.look(Endpoints.local(running.rest, running.ws), sleep=asyncio.sleep)
    assert states(rows, State.FAIL) == {f"{INST} fits"}
    assert rows["account"].finding.startswith("level 1 Spot, net_mode")
    assert exit_code_of(rows.values()) == 2


async def test_the_exchange_of_a_running_session_is_used_and_stays(doctor, exchange, endpoints):
    """The sim's own session is looked at, not another exchange beside it."""
    state_dir = make_state_dir(doctor.state_dir)
    known = json.dumps({"rest": exchange.rest, "ws": exchange.ws, "pid": 1})
    (state_dir / "exchange.json").write_text(known)
    with owned(state_dir):
        rows = await doctor.look(endpoints, venue="sim")
    assert rows["venue"].finding == f"sim: the embedded exchange that runs at {exchange.rest}"
    assert states(rows, State.FAIL) == set()
    assert (state_dir / "exchange.json").read_text() == known


async def test_beside_a_session_on_another_venue_no_exchange_is_started(doctor, endpoints):
    """Its state directory is not ours to write in."""
    state_dir = make_state_dir(doctor.state_dir)
    with owned(state_dir):
        rows = await doctor.look(endpoints, venue="sim")
    assert states(rows, State.FAIL) == {"venue"}
    assert exit_code_of(rows.values()) == 2
    assert not (state_dir / "exchange.json").exists()
