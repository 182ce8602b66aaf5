"""The recorder: what it writes can be read, whatever became of it, and plays as the market it saw."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
import threading

import pytest
import zstandard

from okxmm_tui.errors import RecordingError, UsageError, VenueUnreachableError
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, GapEvent, TradeEvent
from okxmm_tui.exchange.market_source import open_feeds
from okxmm_tui.exchange.process import ExchangeOptions, running_exchange
from okxmm_tui.exchange.recording import read_lines, read_messages, scan
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.recorder import Part, Recorder, RecorderOptions, part_path
from tests.exchange.bench import INST

PATIENCE_S = 20


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Frames of a twentieth of a second where the recorder runs in this process."""
    monkeypatch.setattr("okxmm_tui.recorder.COMMIT_S", 0.05)


def first_loop(*paths):
    """Events of a recording's first loop, one by one."""
    (feed,) = open_feeds(tuple(str(path) for path in paths))
    for _, events in feed.events():
        if feed.loop > 1:
            return
        yield from events


class TestPart:
    """One file, without a venue."""

    def line(self, number):
        """A message of the market."""
        row = {"bids": [["1", "2", "0", "1"]], "asks": [["3", "4", "0", "1"]], "ts": "1", "seqId": number}
        return json.dumps({"arg": {"channel": "bbo-tbt", "instId": INST}, "data": [row]}).encode()

    def test_every_commit_is_a_frame_of_its_own(self, tmp_path):
        """An empty frame, then one a commit, all lines in order; an empty commit writes nothing."""
        part = Part(tmp_path / "a.jsonl.zst")
        for number in range(3):
            part.add(number + 1, self.line(number))
            part.commit(part.take())
            part.commit(part.take())
        part.close()
        raw = (tmp_path / "a.jsonl.zst").read_bytes()
        assert raw.count(zstandard.FRAME_HEADER) == 1 + 3
        assert len(raw) == part.size_bytes
        assert [line.t for _, line in read_messages(tmp_path / "a.jsonl.zst")] == [1, 2, 3]

    @pytest.mark.parametrize("cut", [1, 5, 20, 60])
    def test_a_torn_tail_is_skipped(self, tmp_path, cut):
        """Whatever of the last frame is missing, everything before it is read and nothing of it."""
        path = tmp_path / "a.jsonl.zst"
        part = Part(path)
        for number in range(3):
            part.add(number + 1, self.line(number) * 1)
            part.commit(part.take())
        part.close()
        path.write_bytes(path.read_bytes()[:-cut])
        assert [line.t for _, line in read_messages(path)] == [1, 2]
        assert scan(path).messages == 2

    def test_damage_in_the_middle_is_told(self, tmp_path):
        """Only a torn end is forgiven: frames carry checksums."""
        path = tmp_path / "a.jsonl.zst"
        part = Part(path)
        for number in range(2):
            part.add(number + 1, self.line(number))
            part.commit(part.take())
        part.close()
        raw = bytearray(path.read_bytes())
        raw[40] ^= 0xFF
        path.write_bytes(raw)
        with pytest.raises(RecordingError):
            list(read_lines(path))

    def test_nothing_is_overwritten(self, tmp_path):
        """An existing file and an impossible folder are usage errors."""
        (tmp_path / "a.jsonl.zst").touch()
        with pytest.raises(UsageError, match="exists already"):
            Part(tmp_path / "a.jsonl.zst")
        with pytest.raises(UsageError, match="could not be created"):
            Part(tmp_path / "nowhere" / "a.jsonl.zst")

    def test_part_names(self, tmp_path):
        """Further parts are numbered before the suffix."""
        assert part_path(tmp_path / "a.jsonl.zst", 1).name == "a.jsonl.zst"
        assert part_path(tmp_path / "a.jsonl.zst", 12).name == "a-0012.jsonl.zst"


async def record(running, options, act=None):
    """Record a running exchange, doing something meanwhile."""
    said, stop = [], asyncio.Event()
    recorder = Recorder(Endpoints.local(running.rest, running.ws), options, said.append)
    task = asyncio.create_task(recorder.run(stop))
    try:
        async with asyncio.timeout(PATIENCE_S):
            while recorder.messages < 50 and not task.done():
                await asyncio.sleep(0)
            if act is not None and not task.done():
                await act(recorder)
    finally:
        stop.set()
        await task
    return recorder, said


async def test_a_recording_plays_as_the_same_book(tmp_path):
    """At the end of the replay the book is the one the venue showed last, and every channel was there."""
    out = tmp_path / "a.jsonl.zst"
    async with running_exchange(ExchangeOptions(markets=("synthetic",))) as running:
        recorder, said = await record(running, RecorderOptions((INST,), out))
    assert recorder.gaps == 0
    assert "recorded" in said[-1]
    assert scan(out).channels[INST] == {"books", "bbo-tbt", "trades", "mark-price", "funding-rate"}
    played, wire = DisplayedBook(), {"bids": {}, "asks": {}}
    for event in first_loop(out):
        if isinstance(event, BookEvent):
            played.apply_book(event)
    for _, line in read_messages(out):
        if line.m.event is None and line.m.arg is not None and line.m.arg.channel == "books":
            for row in json.loads(bytes(line.m.data)):
                for side, levels in wire.items():
                    levels.update({level[0]: level[1] for level in row[side]})
    for side, book in (("bids", played.bids), ("asks", played.asks)):
        shown = {float(price): float(size) for price, size in wire[side].items() if float(size)}
        assert {level[0] / 10: level[1] / 100 for level in book} == shown


async def test_parts_play_alone_and_in_sequence(tmp_path):
    """A rotated recording is one market again, and each part starts with a snapshot of its own."""
    out = tmp_path / "a.jsonl.zst"

    async def until_two(recorder):
        while not part_path(out, 2).exists() or recorder.size_bytes == 0:
            await asyncio.sleep(0)
        seen = recorder.messages
        while recorder.messages < seen + 100:
            await asyncio.sleep(0)

    async with running_exchange(ExchangeOptions(markets=("synthetic",))) as running:
        await record(running, RecorderOptions((INST,), out, rotate_bytes=1), until_two)
    parts = sorted(tmp_path.glob("a*.jsonl.zst"), key=lambda path: (len(path.name), path.name))
    assert len(parts) >= 2
    whole = [event for event in first_loop(*parts) if isinstance(event, BookEvent)]
    last = [event for event in first_loop(parts[1]) if isinstance(event, BookEvent)]
    assert last[0].is_snapshot
    assert sum(event.is_snapshot for event in whole) >= 2
    assert [event.seq for event in whole] == sorted({event.seq for event in whole})
    with pytest.raises(RecordingError, match="went back in time"):
        open_feeds((str(parts[1]), str(parts[0])))


async def test_a_full_disk_is_said_and_what_was_written_can_be_read(tmp_path, monkeypatch):
    """One clear line instead of a traceback; the frames from before are whole."""
    out, synced = tmp_path / "a.jsonl.zst", []

    def fsync(descriptor):
        synced.append(descriptor)
        if len(synced) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("okxmm_tui.recorder.os.fsync", fsync)
    async with running_exchange(ExchangeOptions()) as venue:
        recorder = Recorder(Endpoints.local(venue.rest, venue.ws), RecorderOptions((INST,), out), print)
        with pytest.raises(UsageError, match=r"a\.jsonl\.zst could not be written: No space left") as raised:
            await asyncio.wait_for(recorder.run(asyncio.Event()), PATIENCE_S)
    assert "Make room" in raised.value.hint
    assert list(read_messages(out))


async def test_gaps_are_marked_and_played_as_gaps(tmp_path):
    """A dropped increment leaves a marker; the replay loses the book there until the next snapshot."""
    out = tmp_path / "a.jsonl.zst"
    async with running_exchange(ExchangeOptions(markets=("synthetic",))) as running:

        async def gap(recorder):
            running.venue.inject(json.dumps({"fault": "book_gap", "instId": INST}).encode(), 0)
            while not recorder.gaps:
                await asyncio.sleep(0)
            seen = recorder.messages
            while recorder.messages < seen + 100:
                await asyncio.sleep(0)

        recorder, _ = await record(running, RecorderOptions((INST,), out), gap)
    assert recorder.gaps == 1
    kinds = [event for event in first_loop(out) if isinstance(event, BookEvent | GapEvent)]
    at = next(number for number, event in enumerate(kinds) if isinstance(event, GapEvent))
    assert kinds[at + 1].is_snapshot


async def test_an_unknown_symbol_leaves_no_file(tmp_path):
    """Nothing is created before the venue knows the symbol."""
    async with running_exchange(ExchangeOptions(markets=("synthetic",))) as running:
        with pytest.raises(UsageError, match="NOPE"):
            await record(running, RecorderOptions(("NOPE-USDT-SWAP",), tmp_path / "a.jsonl.zst"))
    assert not list(tmp_path.iterdir())


async def test_a_venue_that_is_not_there(tmp_path):
    """Exit code 4, and no file."""
    endpoints = Endpoints.local("http://127.0.0.1:9", "ws://127.0.0.1:9/ws/v5")
    recorder = Recorder(endpoints, RecorderOptions((INST,), tmp_path / "a.jsonl.zst"), print)
    with pytest.raises(VenueUnreachableError):
        await recorder.run(asyncio.Event())
    assert not list(tmp_path.iterdir())


# -- whole processes ------------------------------------------------------------------------------------


@pytest.fixture
def venue():
    """An exchange process; yields its addresses."""
    command = [sys.executable, "-m", "okxmm_tui", "exchange", "--market", "synthetic"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


def start(venue, out, *words):
    """A recorder process that has told its first progress."""
    command = [sys.executable, "-m", "okxmm_tui", "record", "--symbol", INST, "--out", str(out)]
    command += ["--rest-url", venue["rest"], "--ws-url", venue["ws"], "--progress", "1", *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    watchdog = threading.Timer(PATIENCE_S, process.kill)
    watchdog.start()
    lines = [process.stderr.readline(), process.stderr.readline()]
    watchdog.cancel()
    assert all("recording" in line for line in lines), lines
    return process


def test_a_killed_recorder_leaves_a_readable_file(venue, tmp_path):
    """After kill -9 at any moment: the file scans, plays, and its quotes agree with its depth."""
    out = tmp_path / "a.jsonl.zst"
    with start(venue, out) as process:
        os.kill(process.pid, signal.SIGKILL)
    book, kinds = DisplayedBook(), set()
    for event in first_loop(out):
        kinds.add(type(event))
        if isinstance(event, BookEvent):
            book.apply_book(event)
            assert book.bids.best()[0] < book.asks.best()[0]
    assert {BookEvent, BboEvent, TradeEvent} <= kinds


def test_sigint_ends_cleanly(venue, tmp_path):
    """Exit code 0, a last line with the figures, no traceback."""
    out = tmp_path / "a.jsonl.zst"
    with start(venue, out) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
        last = process.stderr.read().strip().splitlines()
    assert "Traceback" not in "\n".join(last)
    assert last[-1].startswith("recorded ")
    assert scan(out).messages > 50
