"""What is already there: open orders, open positions, and the dead-man's switch."""

from __future__ import annotations

import re

from okxmm_tui.doctor.desk import Desk
from okxmm_tui.doctor.rows import Row, failed, ok, skipped, unreachable, warn
from okxmm_tui.errors import OkxmmError
from okxmm_tui.okx.convert import optional_number
from okxmm_tui.okx.decoding import text_of
from okxmm_tui.okx.messages import ORDERS, POSITIONS, OrderRow, PositionRow
from okxmm_tui.okx.rest_queries import PENDING_PATH, checked, paged

POSITIONS_PATH = "/api/v5/account/positions"
DEAD_MAN = "dead-man's switch"
PROBE_TIMEOUT_S = 10
"""The shortest OKX takes; it is disarmed long before."""
CALL_EVERY_S = 1.1
"""OKX takes one call a second for each tag (cancel-all-after)."""
DISARM_ATTEMPTS = 3

_OUR_FORM = re.compile(r"1[0-9]{16}")
"""Client order ids of this program: the session's start in Unix seconds, then seven digits."""


async def open_orders(desk: Desk) -> list[Row]:
    """Count the account's open orders: with our tag, like ours, and of others."""
    rest = desk.rest
    desk.pending = await paged(rest, PENDING_PATH, {}, ORDERS, lambda row: text_of(row.ord_id))
    tag, rows = desk.settings.tag, desk.pending
    mine = [row for row in rows if text_of(row.tag) == tag]
    others = [row for row in rows if text_of(row.tag) != tag]
    alike = [row for row in others if _OUR_FORM.fullmatch(text_of(row.cl_ord_id))]
    finding = (
        f"{len(mine)} with our tag {tag}, {len(alike)} like ours under another tag, "
        f"{len(others) - len(alike)} of others"
    )
    if mine and not desk.running_session:
        advice = f"Left behind, or a session elsewhere: okxmm-tui kill --venue {desk.settings.venue}."
        return [warn("open orders", f"{finding}: {_listed(mine)}", advice)]
    if alike:
        advice = "Another session trades on this account: use an account of its own, or know why not."
        return [warn("open orders", f"{finding}: {_listed(alike)}", advice)]
    return [ok("open orders", finding)]


def _listed(rows: list[OrderRow], most: int = 3) -> str:
    shown = [
        f"{row.inst_id} {text_of(row.side)} {text_of(row.sz)} at {text_of(row.px)}" for row in rows[:most]
    ]
    return ", ".join([*shown, f"{len(rows) - most} more"] if len(rows) > most else shown)


async def open_positions(desk: Desk) -> list[Row]:
    """List positions in the instruments to be traded, count the others."""
    reply = checked(await desk.rest.get(POSITIONS_PATH))
    held = [row for row in reply.rows(POSITIONS) if optional_number(row.pos)]
    ours = [row for row in held if row.inst_id in desk.symbols]
    count = len(held) - len(ours)
    if not ours:
        return [ok("open positions", f"none in our instruments, {count} in others")]
    finding = f"{', '.join(map(_position_text, ours))}; {count} in other instruments"
    if desk.running_session:
        return [ok("open positions", finding)]
    return [
        warn(
            "open positions", finding, "A session takes it over and quotes around it; close it if not wanted."
        )
    ]


def _position_text(row: PositionRow) -> str:
    side = text_of(row.pos_side)
    return f"{row.inst_id} {text_of(row.pos)} ct{f' {side}' if side not in {'', 'net'} else ''}"


async def dead_man(desk: Desk) -> list[Row]:
    """Arm cancel-all-after with the session's tag and disarm it, never where a session may have its own.

    A running engine's timer has the same tag: setting ours to 0 would leave its orders without protection.
    The state directory is held during this, so no session can start on it; one elsewhere shows by its orders.
    """
    tag = desk.settings.tag
    if desk.running_session:
        return [skipped(DEAD_MAN, f"{desk.running_session}; its own timer must not be disarmed.")]
    if any(text_of(row.tag) == tag for row in desk.pending):
        why = f"Orders with tag {tag} are open; a session elsewhere may have armed it."
        return [skipped(DEAD_MAN, why, "Kill them first, or give this session another tag.")]
    problem: OkxmmError | None = None
    try:
        await desk.queries.set_dead_man(PROBE_TIMEOUT_S, tag)
    except OkxmmError as error:
        problem = error  # it may be armed all the same: an answer can be lost
    finally:  # also when the time is up: what was armed must not stay so
        left = await _disarm(desk, tag)
    if problem is not None:
        return [failed(DEAD_MAN, problem)]
    if left:
        advice = f"It fires within {PROBE_TIMEOUT_S} s; start no session with tag {tag} before."
        return [unreachable(DEAD_MAN, f"Armed, but not disarmed: {left}", advice)]
    return [ok(DEAD_MAN, f"armed for {PROBE_TIMEOUT_S} s with tag {tag}, and disarmed")]


async def _disarm(desk: Desk, tag: str) -> str:
    """Disarm; returns why it did not work."""
    problem = ""
    for _ in range(DISARM_ATTEMPTS):
        await desk.sleep(CALL_EVERY_S)
        try:
            await desk.queries.set_dead_man(0, tag)
        except OkxmmError as error:
            problem = error.message
        else:
            return ""
    return problem
