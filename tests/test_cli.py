"""The command line as a user meets it: one clear line and the right exit code."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from okxmm_tui.cli import main


def _run(
    *words: str, environment: dict[str, str] | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "okxmm_tui", *words],
        capture_output=True, text=True, check=False, timeout=timeout, stdin=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip


@pytest.mark.parametrize("words", [["--state-dir", "/nowhere", "kill", "--yes"], ["--config=x", "kill"]])
def test_a_command_behind_flags_is_named_with_the_line_that_was_meant(words):
    """Who types the flags first and wants to kill reads what to type."""
    done = _run(*words)
    assert done.returncode == 2
    rest = " ".join(word for word in words if word != "kill")
    assert f"Write: okxmm-tui kill {rest}" in _one_line(done)


def _one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The single line a user sees; no traceback."""
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("okxmm-tui: ")
    return lines[0]


@pytest.mark.parametrize(
    ("words", "mentions"),
    [
        (["--set", "nope=1"], ["nope", "order_size"]),
        (["--set", "order_size=abc"], ["order_size=abc", "NAME=NUMBER"]),
        (["--set", "order_size=-1"], ["-1", "between"]),
        (["--set", "order_size=NaN"], ["NaN"]),
        (["--strategy", "nope"], ["nope", "inventory_skew"]),
        (["--venue", "moon"], ["moon"]),
        (["--speed", "0"], ["speed"]),
        (["--config", "/nonexistent.toml"], ["/nonexistent.toml"]),
        (["--symbol", "NOPE-USDT-SWAP"], ["NOPE-USDT-SWAP"]),
        (["--market", "/nonexistent.jsonl.zst"], ["/nonexistent.jsonl.zst"]),
    ],
)
def test_bad_input_is_told_in_one_line_with_exit_2(words, mentions, tmp_path):
    """What was wrong, with the value, and what would be right; nothing is left running."""
    done = _run("--headless", "--duration", "1", "--state-dir", str(tmp_path), *words)
    line = _one_line(done)
    assert done.returncode == 2
    for mention in mentions:
        assert mention in line
    assert not (tmp_path / "engine.sock").exists()


def test_a_truncated_recording_is_told(tmp_path):
    """A file that ends in the middle names itself."""
    path = tmp_path / "cut.jsonl.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd\x04\x58")
    done = _run("--headless", "--duration", "1", "--state-dir", str(tmp_path / "s"), "--market", str(path))
    assert done.returncode == 2
    assert "cut.jsonl.zst" in _one_line(done)


def test_demo_without_keys_exits_3(tmp_path):
    """The missing variables are named."""
    clean = dict.fromkeys(("OKXMM_OKX__API_KEY", "OKXMM_OKX__SECRET", "OKXMM_OKX__PASSPHRASE"), "")
    done = _run("--venue", "demo", "--headless", "--state-dir", str(tmp_path), environment=clean)
    assert done.returncode == 3
    assert "OKXMM_OKX__API_KEY" in _one_line(done)


def test_live_headless_needs_its_own_flag(tmp_path):
    """Real money without a screen is asked for in words."""
    keys = {f"OKXMM_OKX__{part}": "x" for part in ("API_KEY", "SECRET", "PASSPHRASE")}
    done = _run("--venue", "live", "--headless", "--state-dir", str(tmp_path), environment=keys)
    assert done.returncode == 2
    assert "--i-know-this-is-live" in _one_line(done)


def test_the_console_needs_a_terminal(tmp_path):
    """Piped output is told, not drawn into."""
    done = _run("--state-dir", str(tmp_path))
    assert done.returncode == 2
    assert "terminal" in _one_line(done)


def test_a_port_in_use_is_told():
    """The exchange names the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _run("exchange", "--port", str(port))
    assert done.returncode == 2
    assert str(port) in _one_line(done)


@pytest.mark.parametrize(
    "words", [("--account-level", "5"), ("--account-level", "4", "--position-mode", "long_short_mode")]
)
def test_impossible_accounts_are_refused(words):
    """An unknown level, and sides where the level has none, end before anything is served."""
    done = _run("exchange", *words)
    assert done.returncode == 2
    assert "level" in _one_line(done)


def test_kill_without_an_exchange_exits_4(tmp_path):
    """There is nothing to reach, and the state directory is named."""
    done = _run("kill", "--state-dir", str(tmp_path))
    assert done.returncode == 4
    assert str(tmp_path) in _one_line(done)


def test_a_second_engine_on_one_state_directory_is_refused(tmp_path):
    """It is pointed to attach."""
    (tmp_path / "engine.lock").touch()
    import fcntl

    with (tmp_path / "engine.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = _run("--headless", "--duration", "1", "--state-dir", str(tmp_path))
    assert done.returncode == 2
    assert "attach" in _one_line(done)


def test_help_names_commands_and_exit_codes(capsys):
    """Everything fixed for the outside is in the help."""
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    for word in ("attach", "kill", "exchange", "--venue", "--symbol", "--headless", "75"):
        assert word in text


def test_a_short_headless_session_is_clean(tmp_path):
    """JSON lines only, a proof, a summary, exit 0."""
    done = _run("--headless", "--duration", "4", "--state-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["kind"] == "summary"
    assert lines[-1]["proven"] is True
    assert "kill" in {line["kind"] for line in lines}


def test_venue_words_never_show_a_secret(tmp_path):
    """A failing demo start tells everything but the key."""
    keys = {f"OKXMM_OKX__{part}": f"hunter2{part}" for part in ("API_KEY", "SECRET", "PASSPHRASE")}
    keys["OKXMM_OKX__REGION"] = "nowhere"
    done = _run("--venue", "demo", "--headless", "--state-dir", str(tmp_path), environment=keys)
    assert "hunter2" not in done.stdout + done.stderr


KEYS = {"OKXMM_OKX__API_KEY": "sim", "OKXMM_OKX__SECRET": "sim", "OKXMM_OKX__PASSPHRASE": "sim"}


@pytest.fixture
def exchange():
    """An embedded exchange in a process of its own; yields the variables that point demo at it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "okxmm_tui", "exchange", "--market", "synthetic"], stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        urls = json.loads(process.stdout.readline())
        yield {**KEYS, "OKXMM_OKX__REST_URL": urls["rest"], "OKXMM_OKX__WS_URL": urls["ws"]}
        process.terminate()


@pytest.mark.parametrize("part", ["API_KEY", "SECRET", "PASSPHRASE"])
def test_wrong_keys_exit_3(exchange, tmp_path, part):
    """The venue's refusal is told with its code; the wrong value is not."""
    environment = {**exchange, f"OKXMM_OKX__{part}": "hunter2"}
    done = _run("--venue", "demo", "--headless", "--state-dir", str(tmp_path), environment=environment)
    line = _one_line(done)
    assert done.returncode == 3
    assert "501" in line
    assert "hunter2" not in line


def test_a_venue_that_is_not_there_exits_4(tmp_path):
    """The address is named."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    environment = {**KEYS, "OKXMM_OKX__REST_URL": url, "OKXMM_OKX__WS_URL": url.replace("http", "ws")}
    done = _run("--venue", "demo", "--headless", "--state-dir", str(tmp_path), environment=environment)
    assert done.returncode == 4
    assert url in _one_line(done)


def test_demo_trades_on_a_test_venue(exchange, tmp_path):
    """The same engine, another address: a session from quotes to proof."""
    words = ("--venue", "demo", "--headless", "--duration", "4", "--state-dir", str(tmp_path))
    done = _run(*words, environment=exchange)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["proven"] is True


def _without_keys(environment):
    return {**environment, **dict.fromkeys(KEYS, "")}


def test_paper_trades_the_relayed_market_without_keys(exchange, tmp_path):
    """Another exchange's market, our own orders: quotes, a proof and exit code 0."""
    words = ("--venue", "paper", "--headless", "--duration", "5", "--state-dir", str(tmp_path))
    done = _run(*words, environment=_without_keys(exchange))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["proven"] is True
    kill = next(line for line in lines if line["kind"] == "kill")
    assert kill["orders"] == 2
    session = json.loads((tmp_path / "session.json").read_bytes())
    assert session["venue"] == "paper"


def test_paper_without_a_venue_exits_4(tmp_path):
    """The address that did not answer is named."""
    environment = {"OKXMM_OKX__REST_URL": "http://127.0.0.1:9", "OKXMM_OKX__WS_URL": "ws://127.0.0.1:9"}
    done = _run("--venue", "paper", "--headless", "--state-dir", str(tmp_path), environment=environment)
    assert done.returncode == 4
    assert "http://127.0.0.1:9" in _one_line(done)


def test_paper_with_an_unknown_symbol_exits_2(exchange, tmp_path):
    """The symbol is named."""
    words = ("--venue", "paper", "--symbol", "NOPE-USDT-SWAP", "--headless", "--state-dir", str(tmp_path))
    done = _run(*words, environment=_without_keys(exchange))
    assert done.returncode == 2
    assert "NOPE-USDT-SWAP" in _one_line(done)


@pytest.mark.parametrize(
    ("words", "mentions"),
    [
        (["--out", "a.txt"], [".jsonl.zst"]),
        (["--out", "a.jsonl.zst", "--venue", "sim"], ["sim", "live or demo"]),
        (["--out", "a.jsonl.zst", "--rotate-mb", "0"], ["--rotate-mb", "0"]),
        (["--out", "a.jsonl.zst", "--duration", "-1"], ["--duration", "-1"]),
    ],
)
def test_bad_words_to_record(words, mentions, tmp_path, monkeypatch):
    """Each is told in one line before anything is asked or created."""
    monkeypatch.chdir(tmp_path)
    done = _run("record", *words)
    assert done.returncode == 2
    line = _one_line(done)
    assert all(each in line for each in mentions)
    assert not list(tmp_path.iterdir())


def test_record_without_a_venue_exits_4(tmp_path):
    """The address is named and no file is left."""
    urls = ("--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9/ws/v5")
    done = _run("record", "--out", str(tmp_path / "a.jsonl.zst"), *urls)
    assert done.returncode == 4
    assert "http://127.0.0.1:9" in _one_line(done)
    assert not list(tmp_path.iterdir())
