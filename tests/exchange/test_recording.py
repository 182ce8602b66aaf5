"""Recordings: what is read, and how every broken one is refused in one sentence."""

from __future__ import annotations

import json

import pytest
import zstandard

from okxmm_tui.errors import RecordingError, UsageError
from okxmm_tui.exchange.market_source import open_feeds
from okxmm_tui.exchange.recording import read_lines, scan
from tests.exchange.bench import INST


def line(t, channel="books", data=None, **extra):
    """One line of a recording."""
    row = data or {
        "asks": [["60000.1", "1", "0", "1"]],
        "bids": [["60000", "1", "0", "1"]],
        "ts": str(t // 10**6),
    }
    return json.dumps(
        {"t": t, "ws": "public", "m": {"arg": {"channel": channel, "instId": INST}, "data": [row], **extra}}
    )


GOOD = [line(10**9, action="snapshot"), line(2 * 10**9, action="update")]


def write(folder, name, text):
    """Write a recording, compressed by its name."""
    path = folder / name
    data = "\n".join(text).encode() if isinstance(text, list) else text
    path.write_bytes(zstandard.compress(data) if name.endswith(".zst") else data)
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.zst"])
def test_good_recordings_are_summed_up(tmp_path, name):
    """Plain and compressed files, with acks in between, give channels and times."""
    ack = json.dumps({"t": 10**9, "ws": "public", "m": {"event": "subscribe", "arg": {"channel": "books"}}})
    summary = scan(write(tmp_path, name, [ack, *GOOD]))
    assert (summary.messages, summary.first_ns, summary.last_ns) == (2, 10**9, 2 * 10**9)
    assert summary.channels == {INST: frozenset({"books"})}


def test_several_zstd_frames_are_one_recording(tmp_path):
    """Appended frames are read on."""
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(b"".join(zstandard.compress(f"{one}\n".encode()) for one in GOOD))
    assert [number for number, _ in read_lines(path)] == [1, 2]


BROKEN = [
    ("empty.jsonl", b"", "held no order book"),
    ("text.jsonl", b"hello\n", "line 1, was no market message"),
    ("half.jsonl", [*GOOD, '{"t": 3, "m"'], "line 3, was no market message"),
    ("shape.jsonl", [*GOOD, '{"t": "x", "m": {}}'], "line 3, was no market message"),
    ("back.jsonl", [*GOOD, line(1)], "line 3, went back in time"),
    ("trades.jsonl", [line(1, "trades", {"px": "1"})], "held no order book"),
]


@pytest.mark.parametrize(("name", "content", "why"), BROKEN)
def test_broken_recordings(tmp_path, name, content, why):
    """Each names the file, the line where there is one, and the reason, with a hint."""
    path = write(tmp_path, name, content)
    with pytest.raises(RecordingError) as caught:
        open_feeds((str(path),))
    assert why in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_cut_off_compressed_file(tmp_path):
    """A truncated zstd file is refused at the start, not when the loop reaches the cut."""
    path = tmp_path / "cut.jsonl.zst"
    path.write_bytes(zstandard.compress("\n".join(GOOD * 200).encode())[:-7])
    with pytest.raises(RecordingError, match="cut off"):
        scan(path)


def test_garbage_with_a_zst_name(tmp_path):
    """No zstd at all."""
    path = tmp_path / "bad.jsonl.zst"
    path.write_bytes(b"this is not compressed")
    with pytest.raises(RecordingError, match="no valid zstd"):
        scan(path)


def test_missing_file():
    """A name that is no file says what may be given."""
    with pytest.raises(RecordingError, match="was no file"):
        open_feeds(("nowhere.jsonl",))


def test_unknown_instrument_is_named(tmp_path):
    """Without metadata for an instrument the recording is refused by its name."""
    path = write(tmp_path, "a.jsonl", [one.replace(INST, "ABC-USDT-SWAP") for one in GOOD])
    with pytest.raises(RecordingError, match="ABC-USDT-SWAP"):
        open_feeds((str(path),))


def test_metadata_beside_the_recording_wins(tmp_path):
    """<stem>.instruments.json is used before the packaged rows."""
    path = write(tmp_path, "a.jsonl.zst", GOOD)
    row = {
        "instId": INST,
        "instType": "SWAP",
        "ctVal": "1",
        "ctMult": "1",
        "ctType": "linear",
        "settleCcy": "USDT",
    }
    row |= {"tickSz": "0.1", "lotSz": "1", "minSz": "1", "baseCcy": "", "quoteCcy": "", "uly": "BTC-USDT"}
    (tmp_path / "a.instruments.json").write_text(json.dumps({"data": [row]}))
    (feed,) = open_feeds((str(path),))
    assert feed.listings[0].instrument.lot_size == 1
    assert feed.listings[0].code == 10459


@pytest.mark.parametrize("content", ["{", "{}", '{"data": [{"instId": "X"}]}', '{"data": 5}'])
def test_broken_metadata(tmp_path, content):
    """Unusable metadata is a recording error too."""
    path = write(tmp_path, "a.jsonl", GOOD)
    (tmp_path / "instruments.json").write_text(content)
    with pytest.raises(RecordingError):
        open_feeds((str(path),))


def test_one_source_per_instrument():
    """The same instrument in two markets is a usage error."""
    with pytest.raises(UsageError, match="two markets"):
        open_feeds(("builtin", "synthetic"))
    with pytest.raises(UsageError, match="No market"):
        open_feeds(())
