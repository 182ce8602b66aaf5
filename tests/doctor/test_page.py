"""The page with the doctor's words tells what the doctor finds."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from okxmm_tui.doctor.rows import State as RowState
from okxmm_tui.doctor.rows import exit_code_of
from okxmm_tui.exchange.options import ExchangeOptions
from okxmm_tui.exchange.process import running_exchange
from okxmm_tui.okx.endpoints import Endpoints
from tests.doctor_page import PAGE, STATES, State


def section(state: State) -> str:
    """What the page says of a state."""
    return PAGE.read_text(encoding="utf-8").split(f"## {state.title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.title)
async def test_the_page_shows_what_is_found(doctor, state):
    """Each state once more: the same rows are not ok, with the same exit code."""
    level = dict(zip(state.exchange[::2], state.exchange[1::2], strict=True)).get("--account-level", "2")
    given = {"symbol": [state.symbol], "okx": dict(state.okx), "sleep": asyncio.sleep}
    async with running_exchange(ExchangeOptions(account_level=level)) as running:
        for fault in state.faults:
            answer = running.venue.inject(json.dumps(fault).encode(), running.venue.state.now_ns)
            assert answer.status == 200, answer.body
        endpoints = Endpoints.local(running.rest, running.ws)
        rows = {} if state.is_gone else await doctor.look(endpoints, **given)
    rows = rows or await doctor.look(endpoints, **given)
    found = {name for name, row in rows.items() if row.state in {RowState.FAIL, RowState.WARN}}
    assert found == state.found
    assert exit_code_of(rows.values()) == state.exit_code
    shown = re.findall(r"^│ (\S.*?) +│ (?:fail|warn) +│", section(state), re.MULTILINE)
    assert set(shown) == state.found
    assert f"Exit code {state.exit_code}." in section(state)
