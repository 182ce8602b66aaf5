"""The kill command goes where the last session traded."""

from __future__ import annotations

import pytest

from okxmm_tui.core.types import Mode
from okxmm_tui.errors import UsageError
from okxmm_tui.killer import of_last_session
from okxmm_tui.settings import load_settings

FACTS = b'{"venue":"demo","tag":"mine","okx":{"region":"eea"}}'


def test_venue_tag_and_region_come_from_the_last_session(tmp_path):
    """In a panic nobody remembers flags."""
    (tmp_path / "session.json").write_bytes(FACTS)
    given = {"state_dir": tmp_path}
    settings = of_last_session(load_settings(given), given)
    assert (settings.venue, settings.tag, settings.okx.region) == (Mode.DEMO, "mine", "eea")


def test_a_given_venue_wins(tmp_path):
    """What the operator says counts."""
    (tmp_path / "session.json").write_bytes(FACTS)
    given = {"state_dir": tmp_path, "venue": "sim"}
    assert of_last_session(load_settings(given), given).venue is Mode.SIM


def test_an_unreadable_file_is_told(tmp_path):
    """With the flag that helps."""
    (tmp_path / "session.json").write_bytes(b"{")
    given = {"state_dir": tmp_path}
    with pytest.raises(UsageError, match="--venue"):
        of_last_session(load_settings(given), given)
