"""The event log: what was flushed can be read, a torn tail costs only itself."""

from __future__ import annotations

import os

import pytest

from okxmm_tui.core.messages import Tick
from okxmm_tui.engine.journal import EventLog, log_path, read_log
from okxmm_tui.errors import RecordingError
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


def test_the_log_is_private(tmp_path):
    """Only its owner may read it."""
    path = _written(tmp_path, [Tick(1)])
    assert os.stat(path).st_mode & 0o077 == 0


def test_a_write_error_is_told_and_nothing_is_lost(tmp_path):
    """While the disk is full the problem is shown; afterwards everything is written."""
    path = log_path(tmp_path, 1)
    log = EventLog(path)
    good = log._file
    log._file = open("/dev/full", "ab")  # noqa: SIM115 - a device that is always full
    log.append(1, Tick(1), [])
    while not log.problem:
        os.sched_yield()
    log._file.raw.close()
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
