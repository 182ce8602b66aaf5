"""Runs the checks in order; one that fails stops only those that need it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from okxmm_tui.doctor.desk import Desk
from okxmm_tui.doctor.rows import Row, State, failed, skipped, unreachable
from okxmm_tui.errors import OkxmmError

Look = Callable[[Desk], Awaitable[list[Row]]]


class Check(Struct, frozen=True):
    """One thing to look at."""

    name: str
    look: Look
    """Returns one row or more; an error of the house becomes one."""
    needs: tuple[str, ...] = ()
    """Checks without which it makes no sense."""


async def examine(desk: Desk, checks: Sequence[Check], timeout_s: float) -> list[Row]:
    """Run every check that can be run.

    Args:
        desk: Shared by the checks; its connections are closed at the end.
        checks: In order; a need names an earlier one.
        timeout_s: What one check may take, in seconds.
    """
    rows: list[Row] = []
    missing: set[str] = set()
    try:
        for check in checks:
            lacking = [name for name in check.needs if name in missing]
            found = [_skip(check, lacking)] if lacking else await _look(check, desk, timeout_s)
            if lacking or any(row.state is State.FAIL for row in found):
                missing.add(check.name)
            rows += found
    finally:
        await desk.close()
    return rows


async def _look(check: Check, desk: Desk, timeout_s: float) -> list[Row]:
    try:
        async with asyncio.timeout(timeout_s):
            return await check.look(desk)
    except TimeoutError:
        advice = "Try again, or allow more with --timeout SECONDS."
        return [unreachable(check.name, f"No answer within {timeout_s:g} s.", advice)]
    except OkxmmError as error:
        return [failed(check.name, error)]


def _skip(check: Check, lacking: Sequence[str]) -> Row:
    return skipped(check.name, f"Needs: {', '.join(lacking)}.")
