"""Opening consoles: with an engine of their own, several on one, and what is told before the screen comes."""

from __future__ import annotations

import gc
import json
import subprocess
import sys

import pytest

from okxmm_tui import console_session
from okxmm_tui.engine_start import console_words, start_engine_with
from okxmm_tui.errors import CredentialError, LinkError, UsageError
from tests.safety.session import Console, until

ALTERNATE_SCREEN = b"\x1b[?1049h"


class Attached(Console):
    """``okxmm-tui attach`` on the engine of another session."""

    def __init__(self, state_dir, *flags):
        super().__init__(state_dir, *flags)
        self.command = [sys.executable, "-m", "okxmm_tui", "attach", "--state-dir", str(state_dir), *flags]

    def kill(self):
        """Die without a word."""
        self.process.kill()
        self.finish()


def _saying(line: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", f"print({line!r})"], stdout=subprocess.PIPE)


def test_the_engine_tells_the_console_what_it_needs_and_no_secret(tmp_path, monkeypatch):
    """Theme, language, keys, bell, motion and the state directory come from its settings; API keys do not."""
    monkeypatch.setenv("OKXMM_OKX__SECRET", "s3cret-of-the-test")
    monkeypatch.setenv("OKXMM_BELL", "true")
    monkeypatch.setenv("OKXMM_LANGUAGE", "th")
    monkeypatch.setenv("OKXMM_KEYS", '{"pause": "f5"}')
    with start_engine_with(["--state-dir", str(tmp_path), "--theme", "okxmm-light"]) as engine:
        said = console_words(engine)
        engine.terminate()
    assert said == {
        "theme": "okxmm-light",
        "language": "th",
        "keys": {"pause": "f5"},
        "bell": True,
        "limited_motion": False,
        "state_dir": str(tmp_path),
    }


def test_loading_is_not_disturbed_by_the_collector(monkeypatch):
    """Python's collector is off while the console loads and opens, and on again after it, come what may."""
    was_on: list[bool] = []

    def words(_: object) -> None:
        was_on.append(gc.isenabled())
        raise UsageError("No such theme.", "Choose another.")

    monkeypatch.setattr(console_session, "console_words", words)
    with _saying("never read") as engine:
        monkeypatch.setattr(console_session, "start_engine_with", lambda _: engine)
        with pytest.raises(UsageError):
            console_session.open_console([], None)
    assert was_on == [False]
    assert gc.isenabled()


def test_a_bare_command_has_an_engine_too(tmp_path, monkeypatch):
    """Without one flag the engine reads its settings as well; it once waited for a configuration instead."""
    monkeypatch.setenv("OKXMM_STATE_DIR", str(tmp_path))
    with start_engine_with([]) as engine:
        said = console_words(engine)
        engine.terminate()
    assert said is not None
    assert said["state_dir"] == str(tmp_path)


@pytest.mark.parametrize("kind", [UsageError, CredentialError])
def test_a_refusal_arrives_as_the_error_it_was(kind):
    """With its hint and its exit code."""
    line = json.dumps({"message": "It was wrong.", "hint": "Do it right.", "exit_code": kind.exit_code})
    with _saying(line) as engine, pytest.raises(kind, match=r"It was wrong. Do it right."):
        console_words(engine)


def test_an_engine_that_dies_at_once_is_told():
    """No line at all."""
    silent = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    with silent, pytest.raises(LinkError, match="before it had read the settings"):
        console_words(silent)


def test_a_session_without_a_console_is_none(tmp_path, monkeypatch):
    """The environment may say headless; then the engine's process steps back."""
    monkeypatch.setenv("OKXMM_HEADLESS", "true")
    with start_engine_with(["--state-dir", str(tmp_path)]) as engine:
        assert console_words(engine) is None
        assert engine.wait(20) == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--strategy", "nope"), b"inventory_skew"),
        (("--set", "order_size=-1"), b"-1"),
        (("--theme", "nope"), b"Known themes"),
    ],
)
def test_what_was_wrong_is_told_before_the_screen_is_taken(tmp_path, flags, said):
    """Exit 2, one line in the terminal as it was, and no engine left behind."""
    session = Console(tmp_path, *flags).start()
    try:
        assert session.finish() == 2
    finally:
        session.stop_everything()
    assert said in session.drawn
    assert ALTERNATE_SCREEN not in session.drawn
    assert not (tmp_path / "engine.sock").exists()


def test_keys_that_clash_are_told_before_the_screen_is_taken(tmp_path, monkeypatch):
    """The report of the key table reaches the operator."""
    config = tmp_path / "okxmm.toml"
    config.write_text('[keys]\npause = "ctrl+k"\narm = "f5"\nresume = "f5"\n', encoding="utf-8")
    session = Console(tmp_path / "s", "--config", str(config)).start()
    try:
        assert session.finish() == 2
    finally:
        session.stop_everything()
    said = b" ".join(session.drawn.split())
    assert b"pause cannot have ctrl+k, which kills" in said
    assert b"F5 is wanted by arm and resume" in said
    assert ALTERNATE_SCREEN not in session.drawn


def test_of_three_consoles_one_may_die_and_the_onlooker_may_only_kill(tmp_path):
    """An attached console dies, a read-only one is refused a pause; quotes stand, and the onlooker kills."""
    session = Console(tmp_path).start()
    others: list[Attached] = []
    try:
        session.wait_for_quotes()
        others = [Attached(tmp_path).start(), Attached(tmp_path, "--read-only").start()]
        for each in others:
            until(lambda each=each: b"BTC-USDT-SWAP" in each.drawn, "the attached console's screen")
        victim, onlooker = others
        victim.kill()
        engine = session.engine_pid()
        session.wait_for_quotes()
        onlooker.press(b"p")
        until(lambda: b"read-only" in onlooker.drawn, "the refusal")
        session.wait_for_quotes()
        assert session.engine_pid() == engine
        onlooker.press(b"\x0b")
        until(lambda: not session.live_orders() or None, "the kill")
        session.press(b"\x11")
        assert session.finish() == 0
        assert onlooker.finish() == 0
    finally:
        for each in others:
            if each.process.poll() is None:
                each.kill()
        session.stop_everything()
