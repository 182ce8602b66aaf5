"""Counts of a soak: how often each fault was injected and struck, and what the engine did until the next."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

from okxmm_tui.core.effects import AnyEffect, Resubscribe
from okxmm_tui.core.messages import AnyEvent, StreamUp, TruthFetched
from tests.safety.fault_menu import CARDS

MERGES, RESYNCS, LOGINS, RESTARTS = "reconciled", "book resynced", "logged in", "restarted"
MARKS = (MERGES, RESYNCS, LOGINS, RESTARTS)


def mark_of(event: AnyEvent) -> str:
    """What an event of the engine counts as; empty for most."""
    if isinstance(event, TruthFetched):
        return MERGES
    return LOGINS if isinstance(event, StreamUp) and event.stream == "private" else ""


def marks(at_ns: int, event: AnyEvent, effects: Iterable[AnyEffect]) -> list[tuple[int, str]]:
    """What one step of the engine counts as."""
    found = [mark_of(event)] if mark_of(event) else []
    found += [RESYNCS for each in effects if isinstance(each, Resubscribe)]
    return [(at_ns, each) for each in found]


class Tally:
    """Faults with their times, and what followed each of them."""

    def __init__(self) -> None:
        self.injected: list[tuple[int, str]] = []
        self.marks: list[tuple[int, str]] = []
        self.struck: Counter[str] = Counter()
        self.deeds: Counter[str] = Counter()

    def note(self, at_ns: int, name: str) -> None:
        """A fault was injected."""
        self.injected.append((at_ns, name))

    def missing(self) -> list[str]:
        """Faults that were never injected."""
        seen = {name for _, name in self.injected}
        return [name for name in CARDS if name not in seen]

    def table(self) -> str:
        """One line a fault; what the engine did counts for the fault injected last."""
        times = [at_ns for at_ns, _ in self.injected]
        counts: dict[str, Counter[str]] = {}
        for at_ns, mark in self.marks:
            place = bisect_right(times, at_ns) - 1
            name = self.injected[place][1] if place >= 0 else "(before the first)"
            counts.setdefault(name, Counter())[mark] += 1
        injected = Counter(name for _, name in self.injected)
        rows = [
            (
                name,
                str(injected[name]),
                str(self.struck[name]) if name in CARDS else "-",
                *_cells(counts.get(name)),
            )
            for name in [*CARDS, *sorted({*injected, *counts} - set(CARDS))]
        ]
        totals = Counter(mark for _, mark in self.marks)
        total = ("total", str(injected.total()), str(self.struck.total()), *_cells(totals))
        head = ("fault", "injected", "struck", *MARKS)
        deeds = ", ".join(f"{name} {times}" for name, times in sorted(self.deeds.items())) or "nothing"
        return "\n".join([*_columns([head, *rows, total]), f"the operator's deeds: {deeds}"])


def _cells(counts: Counter[str] | None) -> list[str]:
    return [str((counts or {}).get(mark, 0)) for mark in MARKS]


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
