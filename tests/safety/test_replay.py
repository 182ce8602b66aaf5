"""A session with real processes can be played again and reported on, to the last digit."""

from __future__ import annotations

from okxmm_tui.replay.cli import find_log
from okxmm_tui.replay.cli import main as replay
from okxmm_tui.report.cli import main as report
from tests.past import tamper
from tests.safety.session import Headless


def test_a_real_session_replays_without_a_difference_and_reports_the_same_figures(tmp_path, capsys):
    """Every effect of engine, gateway and exchange together is reproduced; tampering is found."""
    session = Headless(tmp_path, "--speed", "20", "--duration", "6").start()
    try:
        session.wait_for_quotes()
        assert session.finish() == 0
    finally:
        session.stop_everything()
    assert replay([str(tmp_path), "--check"]) == 0
    said = capsys.readouterr().out
    assert "0 differences" in said
    assert "SAME as recorded" in said
    assert report(["--state-dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "INCOMPLETE" not in said
    assert "DIFFERS" not in said
    tamper(find_log(tmp_path))
    assert replay([str(tmp_path), "--check"]) == 1
    assert "DIFFERENCE at event" in capsys.readouterr().out
