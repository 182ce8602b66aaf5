"""``okxmm-tui doctor`` as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from okxmm_tui.cli import main


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "okxmm_tui", "doctor", *words],
        capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "140", **environment},
    )  # fmt: skip


def test_the_sim_is_started_looked_at_and_ended(tmp_path):
    """One JSON object, exit 0, no exchange left."""
    done = run("--json", "--state-dir", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["exit_code"] == 0
    states = {row["name"]: row["state"] for row in found["checks"]}
    assert states.pop("terminal") == "skipped"
    assert set(states.values()) == {"ok"}
    assert found["settings"]["state_dir"] == {"value": str(tmp_path), "source": "flag"}
    assert found["settings"]["okx.secret"] == {"value": "missing", "source": "default"}
    with pytest.raises(ProcessLookupError):
        os.kill(json.loads((tmp_path / "exchange.json").read_bytes())["pid"], 0)


def test_demo_without_a_key_is_told_in_the_table_with_exit_3(tmp_path):
    """What needs no key is looked at first; the variables to set are named."""
    clean = dict.fromkeys(("OKXMM_OKX__API_KEY", "OKXMM_OKX__SECRET", "OKXMM_OKX__PASSPHRASE"), "")
    address = {"OKXMM_OKX__REST_URL": "http://127.0.0.1:9", "OKXMM_OKX__WS_URL": "ws://127.0.0.1:9/ws/v5"}
    done = run("--venue", "demo", "--state-dir", str(tmp_path), **clean, **address)
    assert done.returncode == 4  # the venue is not there either, and that is the higher class
    for word in ("OKXMM_OKX__API_KEY", "credentials", "fail", "Needs: REST, credentials.", "exit code 4"):
        assert word in done.stdout
    assert "Traceback" not in done.stderr


def test_settings_that_cannot_be_read_are_a_row_with_exit_2(capsys, tmp_path):
    """What can be said without them is said."""
    code = main(["doctor", "--json", "--venue", "moon", "--state-dir", str(tmp_path)])
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["checks"]}
    assert code == 2
    assert "moon" in rows["configuration"]["finding"]
    assert rows["versions"]["state"] == "ok"
    assert rows["everything else"]["state"] == "skipped"


def test_a_timeout_must_be_positive(capsys):
    """Zero would let nothing answer."""
    assert main(["doctor", "--timeout", "0"]) == 2
    assert "--timeout" in capsys.readouterr().err


def test_help_names_its_flags_and_exit_codes(capsys):
    """All that is fixed for the outside."""
    with pytest.raises(SystemExit):
        main(["doctor", "--help"])
    text = capsys.readouterr().out
    for word in ("--venue", "--symbol", "--config", "--state-dir", "--json", "--timeout", "3 credentials"):
        assert word in text
