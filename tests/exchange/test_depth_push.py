"""Depth channels: snapshot, chain, gap, reset, heartbeat, coalescing, the seam of two loops."""

from __future__ import annotations

import pytest

from okxmm_tui.exchange.market_events import BookEvent
from tests.exchange.bench import ASK, BID, INST, Bench, levels


def public(bench, channel, *, login=False):
    """A subscriber of one channel."""
    client = bench.connect("public", login=login)
    client.subscribe(channel, instId=INST)
    return client


def messages(client, channel):
    """Data pushes of one channel since the last call."""
    return [one for one in client.take() if one.get("arg", {}).get("channel") == channel and "data" in one]


def test_snapshot_then_chained_increments(bench):
    """The snapshot has prevSeqId -1 and checksum 0; every update chains to the one before."""
    client = public(bench, "books")
    for size in (5, 6, 7):
        bench.book(((BID, size),), (), snapshot=False)
    first, *updates = messages(client, "books")
    row = first["data"][0]
    assert (first["action"], row["prevSeqId"], row["checksum"]) == ("snapshot", -1, 0)
    assert row["bids"][0] == ["60000", "1", "0", "1"]
    last = row["seqId"]
    for update in updates:
        row = update["data"][0]
        assert (update["action"], row["prevSeqId"], row["checksum"]) == ("update", last, 0)
        last = row["seqId"]
    assert updates[-1]["data"][0]["bids"] == [["60000", "0.07", "0", "1"]]


def test_one_encoding_for_all_subscribers(bench):
    """A push is encoded once and addressed to everybody."""
    clients = [public(bench, "books") for _ in range(3)]
    bench.venue.take_outputs()
    bench.book(((BID, 5),), (), snapshot=False)
    pushes = [one for one in bench.venue.take_outputs() if len(one.connections) > 1]
    assert [one.connections for one in pushes] == [tuple(client.number for client in clients)]


def test_injected_gap_drops_exactly_one_increment(bench):
    """After the fault one increment is missing for everybody; a new subscription starts clean."""
    client = public(bench, "books")
    seen = messages(client, "books")[0]["data"][0]["seqId"]
    bench.fault("book_gap", instId=INST)
    bench.book(((BID, 5),), (), snapshot=False).book(((BID, 6),), (), snapshot=False)
    (update,) = messages(client, "books")
    assert update["data"][0]["prevSeqId"] not in {seen, -1}
    fresh = messages(public(bench, "books"), "books")[0]["data"][0]
    assert (fresh["prevSeqId"], fresh["bids"][0][1]) == (-1, "0.06")


def test_injected_reset_starts_low_but_chains(bench):
    """After a reset seqId is below prevSeqId, which still names the last one; later ones chain from there."""
    client = public(bench, "books")
    last = messages(client, "books")[0]["data"][0]["seqId"]
    bench.fault("seq_reset", instId=INST)
    bench.book(((BID, 5),), (), snapshot=False).book(((BID, 6),), (), snapshot=False)
    first, second = (one["data"][0] for one in messages(client, "books"))
    assert (first["prevSeqId"], first["seqId"]) == (last, 3)
    assert second["prevSeqId"] == 3 < second["seqId"]


def test_quiet_book_sends_a_heartbeat(bench):
    """After 60 s without change an empty update with equal numbers comes."""
    client = public(bench, "books")
    seq = messages(client, "books")[0]["data"][0]["seqId"]
    for _ in range(3):
        bench.wait(20.2)
        client.send("ping")
    beats = [one["data"][0] for one in client.take() if isinstance(one, dict)]
    assert [(one["prevSeqId"], one["seqId"], one["bids"]) for one in beats] == [(seq, seq, [])]


def test_further_snapshot_becomes_one_increment(bench):
    """At the seam of two loops subscribers get a single chained update with the difference."""
    client = public(bench, "books")
    last = messages(client, "books")[0]["data"][0]["seqId"]
    bench.book(((BID, 7), (BID - 1, 100)), ((ASK, 100),))
    (update,) = messages(client, "books")
    row = update["data"][0]
    assert (update["action"], row["prevSeqId"]) == ("update", last)
    assert ["60000", "0.07", "0", "1"] in row["bids"]
    assert len([level for level in row["bids"] if level[1] == "0"]) == 48
    assert not [level for level in row["asks"] if level[0] == "60000.1"]


def test_tick_by_tick_source_is_coalesced_for_books(bench):
    """Thirty fast changes reach ``books`` as one update per 100 ms with the last size."""
    client = public(bench, "books")
    client.take()
    for size in range(1, 31):
        bench.wait(0.005)
        bench.seq += 10
        event = BookEvent(
            INST,
            is_snapshot=False,
            bids=levels((BID, size)),
            asks=(),
            source_ms=0,
            seq=bench.seq,
            is_tick_by_tick=True,
        )
        bench.apply(event)
    bench.wait(0.2)
    updates = messages(client, "books")
    assert 1 < len(updates) <= 4
    assert updates[-1]["data"][0]["bids"] == [["60000", "0.3", "0", "1"]]


def test_a_newcomer_never_gets_an_update_before_its_snapshot(bench):
    """Changes still being collected go to those who listen already; the newcomer starts with its snapshot."""
    old = public(bench, "books")
    bench.book(((BID, 3),), (), snapshot=False)
    old.take()
    bench.seq += 10
    bench.apply(BookEvent(INST, False, levels((BID, 4)), (), 0, bench.seq, True))  # noqa: FBT003 - wire order
    new = bench.connect("public").subscribe("books", instId=INST)
    sent = bench.venue.take_outputs()
    to_new = [one.text for one in sent if new.number in one.connections]
    assert ["snapshot" in text or "subscribe" in text for text in to_new] == [True, True]
    assert any(one.connections == (old.number,) and '"update"' in one.text for one in sent)


def test_early_subscriber_gets_the_snapshot_once_a_book_is_known():
    """Subscribing before the first book is no dead end."""
    bench = Bench()
    client = public(bench, "books")
    assert messages(client, "books") == []
    bench.deep_book()
    assert [one["action"] for one in messages(client, "books")] == ["snapshot"]


def test_bbo_is_derived_where_the_recording_has_none(bench):
    """Without recorded best quotes the top of the depth is published when it changes."""
    client = public(bench, "bbo-tbt")
    client.take()
    bench.book(((BID - 5, 7),), (), snapshot=False)
    bench.book(((BID, 8),), (), snapshot=False)
    rows = client.rows("bbo-tbt")
    assert [row["bids"][0][1] for row in rows] == ["0.08"]
    assert {"action", "checksum", "prevSeqId"}.isdisjoint(rows[0])


def test_books5_is_a_whole_book_on_change(bench):
    """Five levels, with instId inside, at most every 100 ms."""
    client = public(bench, "books5")
    assert len(client.rows("books5")[0]["bids"]) == 5
    bench.book(((BID, 3),), (), snapshot=False).book(((BID, 4),), (), snapshot=False).wait(0.25)
    (row,) = client.rows("books5")
    assert (row["instId"], row["bids"][0][1]) == (INST, "0.04")


@pytest.mark.parametrize(("channel", "depth"), [("books-l2-tbt", 50), ("books50-l2-tbt", 50)])
def test_gated_depth_for_vip(channel, depth):
    """With the fee tier and a login the fast channels are served and chain."""
    bench = Bench(vip=True).deep_book(depth=60)
    client = public(bench, channel, login=True)
    bench.book(((BID, 3),), (), snapshot=False)
    first, update = messages(client, channel)
    assert len(first["data"][0]["bids"]) >= depth
    assert update["data"][0]["prevSeqId"] == first["data"][0]["seqId"]
    assert update["data"][0]["bids"] == [["60000", "0.03", "0", "1"]]
    conflict = "books" if channel == "books-l2-tbt" else "books-l2-tbt"
    client.subscribe(conflict, instId=INST)
    assert client.take()[0]["code"] == "64004"
