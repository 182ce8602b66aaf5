"""A doctor for a venue in the test's own process."""

from __future__ import annotations

import os

import pytest

from okxmm_tui.doctor.checks import checks_for
from okxmm_tui.doctor.desk import Desk
from okxmm_tui.doctor.examination import examine
from okxmm_tui.doctor.report import hide_secrets
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.settings import load_settings, sources

KEY = {"api_key": "sim", "secret": "sim", "passphrase": "sim"}


async def at_once(seconds: float) -> None:
    """Wait not at all."""


class Doctor:
    """Looks at a venue as demo trading would."""

    def __init__(self, state_dir) -> None:
        self.state_dir = state_dir

    async def look(self, endpoints: Endpoints, *, okx=None, timeout_s=10.0, sleep=at_once, **given):
        """Rows by name."""
        urls = {"rest_url": endpoints.rest, "ws_url": endpoints.ws}
        flags = {"venue": "demo", "state_dir": self.state_dir, "okx": {**KEY, **urls, **(okx or {})}, **given}
        settings = load_settings(flags)
        desk = Desk(settings, sources(flags), sleep=sleep)
        with desk.stack:
            rows = await examine(desk, checks_for(settings.venue), timeout_s)
        found = hide_secrets(rows, settings)
        assert len({row.name for row in found}) == len(found), "two rows with one name"
        return {row.name: row for row in found}


@pytest.fixture
def doctor(tmp_path, monkeypatch):
    """Sees no settings but the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in [name for name in os.environ if name.startswith("OKXMM_")]:
        monkeypatch.delenv(name)
    return Doctor(tmp_path / "state")
