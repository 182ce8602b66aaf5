"""The kill command goes where the last session traded."""

from __future__ import annotations

import pytest

from okxmm_tui import killer
from okxmm_tui.core.types import Mode
from okxmm_tui.engine_halt import Halt
from okxmm_tui.errors import UsageError
from okxmm_tui.killer import of_last_session
from okxmm_tui.okx.emergency import KillOutcome
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


@pytest.mark.parametrize(
    ("is_proven", "problem", "code"), [(True, "", 0), (True, "deaf", 75), (False, "", 75)]
)
def test_the_cancels_go_out_and_the_proof_is_said_before_the_journal_is_written(
    monkeypatch, capsys, tmp_path, *, is_proven, problem, code
):
    """Proven counts only where no engine may put orders back; a busy journal keeps nobody from reading it."""
    outcome = KillOutcome(2, 0, 2, 2 * is_proven, 0, is_proven, "" if is_proven else "silence")

    async def cancelled(*_args, **_options):
        return outcome

    monkeypatch.setattr(killer, "halt_engine", lambda settings: Halt((problem,) if problem else (), problem))
    monkeypatch.setattr(killer, "cancel_everything", cancelled)
    monkeypatch.setattr(killer, "latch", lambda settings: ("latched",))
    (tmp_path / "exchange.json").write_bytes(b'{"rest":"http://127.0.0.1:1","ws":"ws://127.0.0.1:1"}')
    settings = load_settings({"state_dir": tmp_path})
    assert killer.kill(settings, None, whole_account=False, deadline_s=1) == code
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "latched"
    assert said[-2].startswith("orders proven gone" if code == 0 else f"NOT PROVEN: {problem or 'silence'}")
    assert killer.kill(settings, "X", whole_account=False, deadline_s=1) == code
    assert "latched" not in capsys.readouterr().out


def test_an_unreadable_file_is_told(tmp_path):
    """With the flag that helps."""
    (tmp_path / "session.json").write_bytes(b"{")
    given = {"state_dir": tmp_path}
    with pytest.raises(UsageError, match="--venue"):
        of_last_session(load_settings(given), given)
