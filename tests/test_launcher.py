"""The console's link to an engine that is still starting."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

from okxmm_tui.core.commands import Kill, Pause
from okxmm_tui.core.snapshot import Farewell
from okxmm_tui.engine.link import LinkServer, socket_path
from okxmm_tui.launcher import LaunchedLink


def _saying(words: str) -> subprocess.Popen[bytes]:
    """A process that says one line where an engine would."""
    return _running(f"print({words!r})")


def _running(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)


async def _messages(link: LaunchedLink) -> list[object]:
    async with asyncio.timeout(20):
        return [message async for message in link.messages()]


async def test_a_failed_start_is_the_engines_farewell(tmp_path):
    """Message, hint and exit code reach the operator through the console."""
    process = _saying('{"message": "Symbol was wrong.", "hint": "Use another.", "exit_code": 2}')
    with process:
        link = LaunchedLink(tmp_path, "console", process)
        assert await _messages(link) == [Farewell(2, "Symbol was wrong. Use another.")]


async def test_an_engine_that_dies_silently_is_told(tmp_path):
    """No line at all: exit code 4 and where to look."""
    with _running("") as process:
        (said,) = await _messages(LaunchedLink(tmp_path, "console", process))
    assert isinstance(said, Farewell)
    assert said.exit_code == 4
    assert "okxmm.log" in said.text


async def test_attaching_to_nothing_is_told(tmp_path):
    """No engine in that state directory."""
    (said,) = await _messages(LaunchedLink(tmp_path, "attach", None))
    assert isinstance(said, Farewell)
    assert "No engine answered" in said.text


async def test_keys_pressed_before_the_engine_answers_are_not_lost(tmp_path):
    """A command and a kill given early arrive when the link stands, the kill included."""
    seen: list[object] = []
    done = asyncio.Event()

    def on_command(client, command_id, command):
        seen.append(command)
        if isinstance(command, Kill):
            done.set()

    server = LinkServer(socket_path(tmp_path), on_command, lambda count: None)
    await server.start()
    with _saying('{"ready": true}') as process:
        link = LaunchedLink(tmp_path, "console", process)
        assert link.kill_now("key")
        link.send(Pause())
        reading = asyncio.create_task(_messages(link))
        async with asyncio.timeout(20):
            await done.wait()
        assert seen == [Pause(), Kill("operator")]
        link.close()
        await server.stop()
        await reading


def test_a_kill_in_the_moment_the_link_comes_up_is_not_lost(tmp_path):
    """The console has looked for early wishes already when the wish is noted: it goes by the link itself."""
    link = LaunchedLink(tmp_path, "console", None)
    sent: list[str] = []

    class Answering:
        def kill_now(self, reason: str) -> bool:
            sent.append(reason)
            return True

    class Meanwhile(threading.Event):
        def set(self) -> None:
            link._link = Answering()  # pyright: ignore[reportAttributeAccessIssue]
            super().set()

    link._kill_wanted = Meanwhile()
    assert link.kill_now("key")
    assert sent == ["key"]
