"""Lines leave in order; who does not read them neither stops the writer of lines nor loses count of them."""

from __future__ import annotations

import os
import threading

from okxmm_tui.line_writer import LineWriter
from tests.pipes import fill_up, read_all


def lost(count: int) -> str:
    """The line that counts."""
    return f"lost {count}"


def test_lines_are_written_in_order():
    """All of them, by the time it is closed."""
    read, write = os.pipe()
    writer = LineWriter(write, lost, lambda: None)
    for number in range(100):
        writer.put(f"line {number}")
    writer.close(5.0)
    os.close(write)
    assert read_all(read) == [f"line {number}" for number in range(100)]


def test_a_reader_who_stops_costs_lines_and_nothing_else():
    """Putting never blocks, and whoever reads again is told how many lines are missing."""
    read, write = os.pipe()
    already = fill_up(write)
    writer = LineWriter(write, lost, lambda: None, most_waiting=3)
    for number in range(10):
        writer.put(f"line {number}")
    left = already
    while left:
        left -= len(os.read(read, left))
    writer.put("line 10")
    writer.close(5.0)
    os.close(write)
    seen = read_all(read)
    told = [int(line.removeprefix("lost ")) for line in seen if line.startswith("lost ")]
    assert seen[0] == "line 0"
    assert sum(told) + sum(line.startswith("line ") for line in seen) == 11
    assert told


def test_closing_gives_up_on_a_reader_who_stopped():
    """The process ends although its last lines are not read."""
    read, write = os.pipe()
    fill_up(write)
    writer = LineWriter(write, lost, lambda: None, most_waiting=2)
    for _ in range(5):
        writer.put("x")
    writer.close(0.01)
    os.close(read)


def test_a_reader_who_has_gone_is_told_of_once():
    """From then on lines are dropped."""
    read, write = os.pipe()
    os.close(read)
    gone = threading.Event()
    calls: list[int] = []

    def on_gone() -> None:
        calls.append(1)
        gone.set()

    writer = LineWriter(write, lost, on_gone)
    writer.put("x")
    assert gone.wait(5.0)
    writer.put("y")
    writer.close(5.0)
    os.close(write)
    assert calls == [1]
