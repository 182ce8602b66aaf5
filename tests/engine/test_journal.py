"""The event log: what was flushed can be read, a torn tail costs only itself, old sessions make room."""

from __future__ import annotations

import os

import pytest

from okxmm_tui.core.messages import JournalGap, Tick
from okxmm_tui.engine.journal import EventLog, log_path, prune, read_log, segments
from okxmm_tui.errors import JournalError, RecordingError
from tests.engine.desk import Desk
from tests.samples import started


def _written(tmp_path, events):
    path = log_path(tmp_path, 1)
    log = EventLog(path)
    for at_ns, event in enumerate(events):
        log.append(at_ns, event, [])
    log.close()
    return path


def test_what_was_written_is_read_back(tmp_path):
    """Order, times, events and effects survive."""
    desk = Desk()
    desk.quoting()
    path = log_path(tmp_path, 1)
    log = EventLog(path)
    log.append(1, started(), [])
    log.append(2, Tick(5), desk.effects)
    log.close()
    records = list(read_log(path))
    assert records[0].event == started()
    assert (records[1].at_ns, records[1].event, list(records[1].effects)) == (2, Tick(5), desk.effects)


def test_a_torn_tail_costs_only_the_torn_frame(tmp_path):
    """Cut anywhere in the second flush, the first is still there."""
    path = _written(tmp_path, [Tick(n) for n in range(100)])
    first = path.read_bytes()
    log = EventLog(path)
    log.append(1_000, Tick(1_000), [])
    log.close()
    whole = path.read_bytes()
    for end in range(len(first), len(whole)):
        path.write_bytes(whole[:end])
        assert [record.event for record in read_log(path)] == [Tick(n) for n in range(100)]


def test_a_tail_of_zeros_is_a_torn_one(tmp_path):
    """After a power cut a file system may have grown a file without its data, whole or from somewhere on."""
    path = _written(tmp_path, [Tick(n) for n in range(100)])
    first = path.read_bytes()
    log = EventLog(path)
    log.append(1_000, Tick(1_000), [])
    log.close()
    whole = path.read_bytes()
    for good in range(len(first), len(whole)):
        path.write_bytes(whole[:good] + bytes(len(whole) - good + 4_000))
        assert [record.event for record in read_log(path)] == [Tick(n) for n in range(100)]


def test_a_flipped_bit_is_found_wherever_it_is(tmp_path):
    """In the last frame it costs that frame, before it the log is called damaged; no step is ever another."""
    steps = [[Tick(1), Tick(2)], [Tick(3), Tick(4)], [Tick(5)]]
    path, ends = log_path(tmp_path, 1), [0]
    for step in steps:
        log = EventLog(path)
        for event in step:
            log.append(1, event, [])
        log.close()
        ends.append(path.stat().st_size)
    whole = path.read_bytes()
    for at in range(len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        path.write_bytes(flipped)
        try:
            seen = [record.event for record in read_log(path)]
        except RecordingError:
            assert at < ends[2]
        else:
            is_whole = seen == [Tick(n) for n in range(1, 6)]  # some bits of a header mean nothing
            assert is_whole or (at >= ends[2] and seen == [Tick(n) for n in range(1, 5)])


def test_a_torn_part_that_cannot_be_cut_off_is_cut_off_before_the_next_try(tmp_path, monkeypatch):
    """The disk refuses the write and then the cut: the next frame must not stand behind the broken one."""
    path = log_path(tmp_path, 1)
    log = EventLog(path)
    log._stopping.set()
    log._thread.join()
    log.append(1, Tick(1), [])
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", _refuse)
        broken.setattr(os, "ftruncate", _refuse)
        log.flush()
        assert log.problem
        log.flush()
    log.flush()
    log._file.close()
    assert [record.event for record in read_log(path)] == [Tick(1)]


def _refuse(*_: object) -> None:
    raise OSError(5, "Input/output error")


def test_the_log_is_private(tmp_path):
    """Only its owner may read it."""
    path = _written(tmp_path, [Tick(1)])
    assert os.stat(path).st_mode & 0o077 == 0


def test_a_write_error_is_told_and_nothing_is_lost(tmp_path):
    """While the disk is full the problem is shown; afterwards everything is written."""
    path = log_path(tmp_path, 1)
    log = EventLog(path)
    good = log._file
    log._file = open("/dev/full", "ab", buffering=0)  # noqa: SIM115 - a device that is always full
    log.append(1, Tick(1), [])
    while not log.problem:
        os.sched_yield()
    log._file.close()
    log._file = good
    log.append(2, Tick(2), [])
    log.close()
    assert [record.event for record in read_log(path)] == [Tick(1), Tick(2)]


def test_a_file_that_is_no_log_is_refused(tmp_path):
    """The message names the file."""
    path = tmp_path / "events-1.log.zst"
    path.write_bytes(b"nonsense")
    with pytest.raises(RecordingError, match="events-1"):
        list(read_log(path))
    with pytest.raises(RecordingError, match="could not be read"):
        list(read_log(tmp_path / "missing"))


def _session(tmp_path, session_id, steps, segment_bytes):
    """One frame a step, so that every step may end a segment."""
    log = EventLog(log_path(tmp_path, session_id), segment_bytes=segment_bytes)
    for number in range(steps):
        log.append(number, Tick(number), [])
        while log._pending or log._unwritten:
            os.sched_yield()
    log.close()


def test_a_log_goes_on_in_the_next_segment(tmp_path):
    """Beyond its size a file is followed by another; read from the first they are one row of steps."""
    _session(tmp_path, 5, 4, 40)
    names = [path.name for path in segments(log_path(tmp_path, 5))]
    assert names[:2] == ["events-5-001.log.zst", "events-5-002.log.zst"]
    assert [each.event for each in read_log(log_path(tmp_path, 5))] == [Tick(n) for n in range(4)]
    assert len(list(read_log(log_path(tmp_path, 5, 2)))) < 4


def test_only_the_last_segment_may_be_torn(tmp_path):
    """A hole in the middle of a session is damage, never silence."""
    _session(tmp_path, 5, 4, 40)
    first, *_, last = segments(log_path(tmp_path, 5))
    last.write_bytes(last.read_bytes()[:-3])
    assert len(list(read_log(first))) == 3
    first.write_bytes(first.read_bytes()[:-3])
    with pytest.raises(RecordingError, match="cut off"):
        list(read_log(first))


def test_a_log_without_a_number_is_still_read(tmp_path):
    """Logs of earlier versions were one file."""
    old = _written(tmp_path, [Tick(1)]).rename(tmp_path / "events-1.log.zst")
    assert [each.event for each in read_log(old)] == [Tick(1)]


def test_old_sessions_make_room_and_the_running_one_stays(tmp_path):
    """The oldest go first, whole, until the rest fits; other files are not touched."""
    for session_id in (3, 20, 100):
        for number in (1, 2):
            log_path(tmp_path, session_id, number).write_bytes(b"x" * 1_000)
    other = tmp_path / "journal.sqlite"
    other.write_bytes(b"x" * 9_000)
    assert prune(tmp_path, 6_000, 100) == []
    removed = prune(tmp_path, 4_500, 100)
    assert {path.name for path in removed} == {"events-3-001.log.zst", "events-3-002.log.zst"}
    prune(tmp_path, 0, 100)
    assert {path.name for path in tmp_path.iterdir()} == {
        "journal.sqlite", "events-100-001.log.zst", "events-100-002.log.zst",
    }  # fmt: skip


def test_a_running_log_makes_room_as_it_grows(tmp_path):
    """Old sessions go first, then its own oldest files, never the one being written; the count is kept."""
    old = log_path(tmp_path, 3)
    old.write_bytes(b"x" * 150)
    log = EventLog(log_path(tmp_path, 9), segment_bytes=40, keep_bytes=200)
    for number in range(12):
        log.append(number, Tick(number), [])
        log.flush()
    log.close()
    left = sorted(path.name for path in tmp_path.iterdir())
    assert not old.exists()
    assert left[-1] == log.path.name
    assert log.removed_segments > 0
    assert f"events-9-{log.removed_segments + 1:03d}.log.zst" == left[0]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 240
    assert [each.event for each in read_log(tmp_path / left[0])][-1] == Tick(11)


def test_memory_is_bounded_while_the_disk_is_full_and_the_hole_is_marked(tmp_path):
    """What was kept is replayable up to the mark; the mark says how many steps are missing."""
    log = EventLog(log_path(tmp_path, 1), most_pending=200)
    good = log._file
    log._file = open("/dev/full", "ab", buffering=0)  # noqa: SIM115 - a device that is always full
    for number in range(100):
        log.append(number, Tick(number), [])
    assert 0 < log.lost_steps < 100
    kept = 100 - log.lost_steps
    while not log.problem:
        os.sched_yield()
    log._file.close()
    log._file = good
    while log.problem:
        os.sched_yield()
    log.append(100, Tick(100), [])
    log.close()
    events = [each.event for each in read_log(log.path)]
    assert events == [*(Tick(n) for n in range(kept)), JournalGap(log.lost_steps), Tick(100)]


def test_a_directory_that_cannot_be_written_is_refused(tmp_path):
    """The words name the file and what to do."""
    log_path(tmp_path, 1).mkdir()
    with pytest.raises(JournalError, match="could not be opened"):
        EventLog(log_path(tmp_path, 1))
