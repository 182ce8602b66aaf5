"""The doctor against a venue that says odd things."""

from __future__ import annotations

import asyncio
import time

import pytest

from okxmm_tui.doctor.rows import State, exit_code_of
from tests.okx.fake_venue import CONFIG, SWAP, ok, refusal, running_fake

INST = "BTC-USDT-SWAP"
TIMER = "/api/v5/trade/cancel-all-after"


@pytest.fixture
async def venue():
    """A fake that is all right, but for a key bound to no address."""
    async with running_fake() as fake:
        fake.rest["/api/v5/public/time"] = lambda query, body: ok([{"ts": str(now_ms())}])
        fake.rest["/api/v5/trade/account-rate-limit"] = lambda query, body: ok([{"accRateLimit": ""}])
        fake.rest[TIMER] = trigger
        yield fake


def now_ms() -> int:
    """Unix ms."""
    return time.time_ns() // 1_000_000


def trigger(query, body):
    """Answer of cancel-all-after, in seconds as OKX documents it."""
    seconds = int(body["timeOut"])
    return ok([{"triggerTime": str(now_ms() // 1_000 + seconds) if seconds else "0"}])


def timers(venue):
    """Bodies of cancel-all-after, in order."""
    return [body for _, path, _, body, _ in venue.requests if path == TIMER]


async def test_a_key_bound_to_no_address_is_warned_of_and_nothing_else(doctor, venue):
    """It expires after 14 days; warnings do not change the exit code."""
    rows = await doctor.look(venue.endpoints)
    assert {name for name, row in rows.items() if row.state is State.WARN} == {"key's IP addresses"}
    assert "14 days" in rows["key's IP addresses"].finding
    assert exit_code_of(rows.values()) == 0


async def test_the_switch_is_armed_with_the_tag_for_10_s_and_disarmed(doctor, venue):
    """In this order, once each; nothing else is posted."""
    rows = await doctor.look(venue.endpoints, tag="mine")
    assert timers(venue) == [b'{"timeOut":"10","tag":"mine"}', b'{"timeOut":"0","tag":"mine"}']
    assert {path for method, path, *_ in venue.requests if method == "POST"} == {TIMER}
    assert {op["op"] for op in venue.ops} == {"login", "subscribe"}
    assert rows["dead-man's switch"].state is State.OK


async def test_a_switch_that_cannot_be_disarmed_is_told(doctor, venue):
    """After three attempts."""
    venue.rest[TIMER] = lambda query, body: (
        trigger(query, body) if body["timeOut"] == "10" else refusal("50011")
    )
    rows = await doctor.look(venue.endpoints)
    assert len(timers(venue)) == 4
    assert rows["dead-man's switch"].finding.startswith("Armed, but not disarmed: 50011")
    assert exit_code_of(rows.values()) == 4


async def test_a_disarm_follows_also_when_the_answer_to_the_arming_never_came(doctor, venue):
    """The time of the check is up; what may have been armed is disarmed all the same."""

    async def mute(query, body):
        if body["timeOut"] == "10":
            await asyncio.Event().wait()
        return trigger(query, body)

    venue.rest[TIMER] = mute
    rows = await doctor.look(venue.endpoints, timeout_s=0.5)
    assert timers(venue)[-1] == b'{"timeOut":"0","tag":"okxmm"}'
    assert rows["dead-man's switch"].state is State.FAIL


async def test_too_many_tagged_timers_are_a_failure(doctor, venue):
    """The venue's code is in the row."""
    venue.rest[TIMER] = lambda query, body: refusal("51071", "too many tags")
    row = (await doctor.look(venue.endpoints))["dead-man's switch"]
    assert row.state is State.FAIL
    assert "51071" in row.finding


@pytest.mark.parametrize(
    ("permissions", "says"), [("read_only", "may not trade"), ("read_only,trade,withdraw", "may withdraw")]
)
def test_a_key_with_wrong_permissions_is_class_3(doctor, permissions, says):
    """What can be read with it is read all the same."""

    async def look():
        async with running_fake() as fake:
            fake.rest["/api/v5/public/time"] = lambda query, body: ok([{"ts": str(now_ms())}])
            fake.rest["/api/v5/trade/account-rate-limit"] = lambda query, body: ok([{"accRateLimit": "1000"}])
            fake.rest["/api/v5/account/config"] = lambda query, body: ok([CONFIG | {"perm": permissions}])
            fake.rest[TIMER] = trigger
            return await doctor.look(fake.endpoints)

    rows = asyncio.run(look())
    assert {name for name, row in rows.items() if row.state is State.FAIL} == {"key permissions"}
    assert says in rows["key permissions"].finding
    assert rows["account"].finding == "level 2 Futures, net_mode"
    assert rows["open orders"].state is State.OK
    assert exit_code_of(rows.values()) == 3


@pytest.mark.parametrize(
    ("ahead_ms", "state", "code"), [(1_500, State.FAIL, 2), (-1_500, State.FAIL, 2), (600, State.WARN, 0)]
)
async def test_a_skewed_clock_is_held_against_the_limits(doctor, venue, ahead_ms, state, code):
    """Above 250 ms it is said, above 1 s no session would trade."""
    venue.rest["/api/v5/public/time"] = lambda query, body: ok([{"ts": str(now_ms() + ahead_ms)}])
    # the timer's answer is checked against the venue's clock
    venue.rest[TIMER] = lambda query, body: ok(
        [{"triggerTime": str(now_ms() + ahead_ms + 10_000) if body["timeOut"] == "10" else "0"}]
    )
    rows = await doctor.look(venue.endpoints)
    assert rows["clock"].state is state
    assert "NTP" in rows["clock"].advice
    assert exit_code_of(rows.values()) == code


def list_swap(venue, **changes):
    """Serve one swap, changed."""
    for path in ("/api/v5/public/instruments", "/api/v5/account/instruments"):
        venue.rest[path] = lambda query, body: ok([SWAP | changes])


async def test_a_suspended_instrument_is_class_2(doctor, venue):
    """Its state is in the row of its rules."""
    list_swap(venue, state="suspend")
    rows = await doctor.look(venue.endpoints)
    assert {name for name, row in rows.items() if row.state is State.FAIL} == {INST}
    assert "SWAP suspend" in rows[INST].finding
    assert exit_code_of(rows.values()) == 2


async def test_an_instrument_without_code_is_class_2(doctor, venue):
    """The WebSocket takes orders by it."""
    list_swap(venue, instIdCode=None)
    assert (await doctor.look(venue.endpoints))[INST].state is State.FAIL


async def test_announced_changes_and_a_near_end_are_warned_of(doctor, venue):
    """What changes, to what, and when."""
    change = {"param": "tickSz", "newValue": "0.5", "effTime": "1795248000000"}
    list_swap(venue, upcChg=[change], expTime=str(now_ms() + 3_600_000))
    row = (await doctor.look(venue.endpoints))[f"{INST} announcements"]
    assert row.state is State.WARN
    assert row.finding.startswith("tickSz becomes 0.5 at 2026-11-21 08:00 UTC; ends ")


async def test_unreadable_announcements_keep_nothing_else_from_being_looked_at(doctor, venue):
    """A list that is text, and a time that is no number."""
    for odd in ({"upcChg": "soon"}, {"expTime": "tomorrow"}):
        list_swap(venue, **odd)
        rows = await doctor.look(venue.endpoints)
        assert rows[f"{INST} announcements"].state is State.WARN
        assert rows[f"{INST} fits"].state is State.OK


async def test_an_open_position_is_warned_of(doctor, venue):
    """In our instrument with its size; those elsewhere are counted."""
    held = [{"instId": INST, "pos": "-3", "posSide": "net"}, {"instId": "ETH-USDT-SWAP", "pos": "1"}]
    venue.rest["/api/v5/account/positions"] = lambda query, body: ok(held)
    row = (await doctor.look(venue.endpoints))["open positions"]
    assert (row.state, row.finding) == (State.WARN, f"{INST} -3 ct; 1 in other instruments")


async def test_leverage_above_what_the_instrument_allows_is_class_2(doctor, venue):
    """The venue would refuse every order."""
    venue.rest["/api/v5/account/leverage-info"] = lambda query, body: ok([{"instId": INST, "lever": "125"}])
    rows = await doctor.look(venue.endpoints)
    assert rows[f"{INST} leverage"].state is State.FAIL
    assert exit_code_of(rows.values()) == 2


async def test_a_rebate_is_said_to_be_earned(doctor, venue):
    """OKX writes a rebate without a minus."""
    groups = [{"groupId": "4", "maker": "0.00005", "taker": "-0.0002"}]
    venue.rest["/api/v5/account/trade-fee"] = lambda query, body: ok([{"feeGroup": groups}])
    finding = (await doctor.look(venue.endpoints))[f"{INST} fees"].finding
    assert finding.startswith("maker 0.5 bps earned (rebate) (OKX writes 0.00005), taker 2 bps paid")


@pytest.mark.parametrize("blank", ["", "\n"])
async def test_a_secret_the_venue_repeats_is_not_shown(doctor, venue, blank):
    """In no row, whatever the venue says."""
    secrets = {"api_key": "hunter2key", "secret": "hunter2secret", "passphrase": "hunter2phrase"}
    venue.rest["/api/v5/account/config"] = lambda query, body: refusal("50119", " ".join(secrets.values()))
    rows = await doctor.look(venue.endpoints, okx={name: part + blank for name, part in secrets.items()})
    assert "hunter2" not in str(rows)
    assert "(hidden)" in rows["API key"].finding
    assert exit_code_of(rows.values()) == 3


async def test_a_venue_that_hangs_costs_each_check_its_time_and_no_more(doctor, venue):
    """The row says how long was waited."""

    async def mute(query, body):
        await asyncio.Event().wait()

    venue.rest["/api/v5/account/balance"] = venue.rest["/api/v5/account/config"] = mute
    rows = await doctor.look(venue.endpoints, timeout_s=0.3)
    assert rows["API key"].finding == "No answer within 0.3 s."
    assert exit_code_of(rows.values()) == 4


async def test_spot_is_looked_at_as_spot(doctor, venue):
    """Base currency for sizes, cash, and no leverage."""
    venue.rest["/api/v5/account/trade-fee"] = lambda query, body: ok(
        [{"maker": "-0.0008", "taker": "-0.001"}]
    )
    rows = await doctor.look(venue.endpoints, symbol=["BTC-USDT"])
    assert rows["BTC-USDT"].finding.startswith("SPOT live: tick 0.1, lot 0.00000001 BTC, min 0.00001 BTC")
    assert rows["BTC-USDT fits"].finding == "trades as cash"
    assert rows["BTC-USDT fees"].finding.startswith("maker 8 bps paid")
    assert rows["leverage"].finding == "spot is traded without"
