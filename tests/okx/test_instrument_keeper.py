"""When an instrument is read again, and what is made of the answer."""

from __future__ import annotations

import asyncio

from okxmm_tui.core.messages import GatewayNotice
from okxmm_tui.okx import instrument_keeper as module
from okxmm_tui.okx.instrument_keeper import AFTER_CHANGE_S, AGAIN_S, NOT_LIVE_S, UNLISTED, InstrumentKeeper
from tests.okx.conftest import make_instrument
from tests.okx.fake_venue import ETH, FUTURE, SWAP, ok, refusal
from tests.okx.test_rest import NOW_NS, make_rest

BTC, DATED = "BTC-USDT-SWAP", "BTC-USDT-261225"
NOW_MS = NOW_NS // 1_000_000


def keeper(*answers, has_key=False, changes_ms=None):
    """A keeper of a swap and a dated future, what it took, what it said, and what it asked."""
    rest, http = make_rest(*answers)
    known = {
        BTC: make_instrument(changes_ms=changes_ms),
        DATED: make_instrument(DATED, inst_type="FUTURES"),
    }
    taken, said = [], []
    return InstrumentKeeper(rest, known, taken.append, said.extend, has_key=has_key), taken, said, http


async def test_one_list_serves_all_of_its_type():
    """All are wanted at once after a reconnect; each comes back with the rules of today."""
    one, taken, said, http = keeper(ok([FUTURE]), ok([ETH, SWAP | {"tickSz": "0.5"}]))
    one.want_all()
    assert await one.read()
    assert [(each.inst_id, str(each.tick_size)) for each in taken] == [(DATED, "0.1"), (BTC, "0.5")]
    assert [path.rpartition("=")[2] for _, path, *_ in http.sent] == ["FUTURES", "SWAP"]
    assert not said


async def test_what_is_no_longer_listed_is_no_longer_tradable():
    """Neither in the list, nor in it without its rules: it keeps what it had, but for the state."""
    for rows in ([ETH], [SWAP | {"tickSz": "", "state": "live"}]):
        one, taken, said, _ = keeper(ok(rows))
        one.want(BTC)
        assert await one.read()
        [gone] = taken
        assert (gone.inst_id, gone.state, gone.is_tradable, gone.code) == (BTC, UNLISTED, False, 10459)
        assert "no longer on the venue's list" in said[0].text


async def test_a_failed_read_is_wanted_still_and_said_once():
    """A venue that is away says nothing about an instrument; the next read asks again."""
    one, taken, said, _ = keeper(refusal("50119"), refusal("50119"), ok([SWAP]), refusal("50119"))
    one.want(BTC)
    assert not await one.read()
    assert not await one.read()
    assert (taken, [type(each) for each in said]) == ([], [GatewayNotice])
    assert await one.read()
    assert [each.inst_id for each in taken] == [BTC]
    one.want(BTC)
    assert not await one.read()
    assert len(said) == 2


def test_an_announced_change_is_looked_at_when_it_is_due():
    """A moment after its time, and again and again while it is listed as still to come."""
    assert keeper()[0].wait_s is None
    assert keeper(changes_ms=NOW_MS + 60_000)[0].wait_s == 60 + AFTER_CHANGE_S
    assert keeper(changes_ms=NOW_MS - 60_000)[0].wait_s == AGAIN_S


async def test_what_is_not_live_is_read_again_until_it_is():
    """Its return is a push like any other: one that gets lost must not end trading; absence is said once."""
    one, taken, said, _ = keeper(ok([ETH]), ok([SWAP]))
    for state in ("settling", UNLISTED):
        one._instruments[BTC] = make_instrument(state=state)
        assert one.wait_s == NOT_LIVE_S
    one._instruments[BTC] = make_instrument(state="settling", changes_ms=NOW_MS - 1)
    assert one.wait_s == AGAIN_S
    one._instruments[BTC] = make_instrument(state=UNLISTED)
    one.want(BTC)
    assert await one.read()
    assert (taken[-1].state, said) == (UNLISTED, [])
    one.want(BTC)
    assert await one.read()
    one._instruments[BTC] = taken[-1]
    assert one.wait_s is None


async def test_it_reads_when_asked_and_when_a_change_is_due(monkeypatch):
    """Woken by a wish, by a change of an instrument, and by its own time; a failure waits."""
    monkeypatch.setattr(module, "AGAIN_S", 0)
    changed = SWAP | {"upcChg": []}
    one, taken, _, _ = keeper(refusal("50119"), ok([changed]), ok([changed]))
    run = asyncio.create_task(one.run())
    try:
        async with asyncio.timeout(5):
            one.want(BTC)
            while len(taken) < 1:
                await asyncio.sleep(0)
            one._instruments[BTC] = make_instrument(changes_ms=NOW_MS - 1)
            one.look_again()
            while len(taken) < 2:
                await asyncio.sleep(0)
            one._instruments[BTC] = taken[-1]
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
