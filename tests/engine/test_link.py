"""Snapshots up, commands down, kill on a line of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from okxmm_tui.core.commands import Kill, Pause, Resume
from okxmm_tui.core.snapshot import CommandReply, Farewell, Snapshot
from okxmm_tui.engine import link as link_module
from okxmm_tui.engine.link import Ask, EngineLink, Hello, LinkServer, socket_path
from okxmm_tui.engine.view import build_snapshot
from okxmm_tui.errors import LinkError
from tests.engine.desk import Desk


class Engine:
    """A link server with a list instead of an engine."""

    def __init__(self, folder):
        self.commands: list[tuple[str, int, object]] = []
        self.counts: list[int] = []
        self.arrived = asyncio.Event()
        self.server = LinkServer(socket_path(folder), self._on_command, self._on_count)

    def _on_command(self, client, command_id, command):
        self.commands.append((client, command_id, command))
        self.arrived.set()

    def _on_count(self, count):
        self.counts.append(count)
        self.arrived.set()

    async def until(self, ready):
        """Wait for something to arrive that makes ``ready`` true."""
        async with asyncio.timeout(5):
            while not ready():
                self.arrived.clear()
                await self.arrived.wait()


@pytest.fixture
async def engine(tmp_path):
    """A listening engine."""
    made = Engine(tmp_path)
    await made.server.start()
    yield made
    await made.server.stop()


def _snapshot(seq: int) -> Snapshot:
    return build_snapshot(Desk().reducer, seq)


async def test_snapshots_replies_and_the_farewell_arrive(engine, tmp_path):
    """All three kinds reach the console, in order, and the end is seen."""
    link = await EngineLink.connect(socket_path(tmp_path), "c")
    await engine.until(lambda: engine.counts == [1])
    engine.server.publish(_snapshot(1))
    engine.server.reply("c", 7, ok=True, text="done")
    engine.server.farewell(0, "bye")
    seen = []
    async with asyncio.timeout(5):
        async for message in link.messages():
            seen.append(message)
            if isinstance(message, Farewell):
                break
    assert [type(message) for message in seen] == [Snapshot, CommandReply, Farewell]
    assert seen[0] == _snapshot(1)
    link.close()


async def test_commands_arrive_with_their_ids(engine, tmp_path):
    """The reply can be matched to the question."""
    link = await EngineLink.connect(socket_path(tmp_path), "c")
    command_id = link.send(Pause())
    await engine.until(lambda: engine.commands)
    assert engine.commands == [("c", command_id, Pause())]
    link.close()


async def test_the_kill_line_works_from_another_thread(engine, tmp_path):
    """The input thread writes; no event loop of the console is involved."""
    link = await EngineLink.connect(socket_path(tmp_path), "c")
    assert await asyncio.to_thread(link.kill_now, "key")
    await engine.until(lambda: engine.commands)
    assert engine.commands == [("c", 0, Kill("key"))]
    link.close()


async def test_losing_only_the_kill_line_keeps_the_console(engine, tmp_path):
    """The two connections of a console are two things."""
    link = await EngineLink.connect(socket_path(tmp_path), "c")
    await engine.until(lambda: engine.counts == [1])
    link._kill_line.close()
    link.send(Pause())
    await engine.until(lambda: engine.commands)
    assert engine.server.wants_snapshot()
    assert engine.counts == [1]
    link.close()


async def test_a_slow_console_is_never_queued_for(engine, tmp_path):
    """Until it has taken one snapshot it gets no second, and the newest is what it gets then."""
    link = await EngineLink.connect(socket_path(tmp_path), "slow")
    await engine.until(lambda: engine.counts == [1])
    assert engine.server.wants_snapshot()
    for seq in range(1, 50):
        engine.server.publish(_snapshot(seq))
    assert not engine.server.wants_snapshot()
    source = link.messages()
    async with asyncio.timeout(5):
        first = await anext(source)
        assert isinstance(first, Snapshot)
        assert first.seq == 1
        waiting = asyncio.ensure_future(anext(source))
        while not engine.server.wants_snapshot():
            await asyncio.sleep(0)
        engine.server.publish(_snapshot(99))
        second = await waiting
    assert isinstance(second, Snapshot)
    assert second.seq == 99
    link.close()


async def test_a_stopped_console_counts_as_lost(engine, tmp_path, monkeypatch):
    """Connected but not answering is not attached."""
    link = await EngineLink.connect(socket_path(tmp_path), "frozen")
    await engine.until(lambda: engine.counts == [1])
    engine.server.publish(_snapshot(1))
    monkeypatch.setattr(link_module, "LOST_AFTER_S", -1.0)
    assert not engine.server.wants_snapshot()
    assert engine.counts == [1, 0]
    link.close()


async def test_a_read_only_console_may_only_kill(engine, tmp_path):
    """Other commands are answered with the reason."""
    link = await EngineLink.connect(socket_path(tmp_path), "guest", is_read_only=True)
    link.send(Pause())
    async with asyncio.timeout(5):
        answer = await anext(link.messages())
    assert isinstance(answer, CommandReply)
    assert not answer.ok
    assert engine.commands == []
    assert link.kill_now("guest")
    await engine.until(lambda: engine.commands)
    assert engine.commands[0][2] == Kill("guest")
    link.close()


async def test_nothing_makes_a_read_only_console_trade(engine, tmp_path):
    """Not its kill line, not a second greeting, not a connection under its own name."""
    path = socket_path(tmp_path)
    link = await EngineLink.connect(path, "guest", is_read_only=True)
    link._kill_line.sendall(link_module._frame(Ask(1, Pause())))
    link._writer.write(link_module._frame(Hello("guest")))
    link._writer.write(link_module._frame(Ask(2, Resume())))
    async with asyncio.timeout(5):
        assert [message async for message in link.messages()] == []
    stray_reader, stray = await asyncio.open_unix_connection(path)
    stray.write(link_module._frame(Ask(3, Pause())))
    async with asyncio.timeout(5):
        assert await stray_reader.read() == b""
    stray.close()
    assert link.kill_now("guest")
    await engine.until(lambda: engine.commands)
    assert engine.commands == [("guest", 0, Kill("guest"))]
    link.close()


async def test_an_onlooker_is_shown_everything_but_is_no_operator(engine, tmp_path):
    """It gets snapshots; the engine's rule for a lost console does not take it for one."""
    onlooker = await EngineLink.connect(socket_path(tmp_path), "guest", is_read_only=True)
    operator = await EngineLink.connect(socket_path(tmp_path), "c")
    await engine.until(lambda: engine.counts == [1])
    async with asyncio.timeout(5):
        while len(engine.server._consoles) < 2:
            await asyncio.sleep(0)
    engine.server.publish(_snapshot(1))
    for link in (onlooker, operator):
        async with asyncio.timeout(5):
            assert isinstance(await anext(link.messages()), Snapshot)
    operator.close()
    await engine.until(lambda: engine.counts == [1, 0])
    onlooker.close()


async def test_of_two_consoles_one_may_die(engine, tmp_path):
    """The other one goes on seeing and commanding, and a reply goes to whom it was meant for."""
    dying = await EngineLink.connect(socket_path(tmp_path), "one")
    staying = await EngineLink.connect(socket_path(tmp_path), "two")
    await engine.until(lambda: engine.counts == [1, 2])
    dying._writer.transport.abort()
    await engine.until(lambda: engine.counts == [1, 2, 1])
    engine.server.reply("one", 1, ok=True, text="to nobody")
    engine.server.publish(_snapshot(1))
    async with asyncio.timeout(5):
        assert isinstance(await anext(staying.messages()), Snapshot)
    staying.send(Pause())
    await engine.until(lambda: engine.commands)
    assert engine.commands == [("two", 1, Pause())]
    for link in (dying, staying):
        link.close()


async def test_no_engine_is_one_clear_error(tmp_path):
    """The path and what to do."""
    with pytest.raises(LinkError, match="okxmm-tui"):
        await EngineLink.connect(socket_path(tmp_path), "c")


async def test_a_gone_engine_makes_the_kill_line_say_so(tmp_path):
    """The console must know that its kill reached nobody."""
    made = Engine(tmp_path)
    await made.server.start()
    link = await EngineLink.connect(socket_path(tmp_path), "c")
    await made.until(lambda: made.counts == [1])
    await made.server.stop()
    async with asyncio.timeout(5):
        while await asyncio.to_thread(link.kill_now, "key"):
            await asyncio.sleep(0)
    link.close()


async def test_only_the_owner_can_open_the_socket(engine, tmp_path):
    """Mode 0600."""
    assert os.stat(socket_path(tmp_path)).st_mode & 0o077 == 0


def test_a_long_path_is_refused_with_the_way_out(tmp_path):
    """Unix sockets have short paths."""
    with pytest.raises(LinkError, match="--state-dir"):
        socket_path(tmp_path / ("x" * 120))


_AT_ONCE = """
import sys, threading, time
import msgspec
from okxmm_tui.engine import link
from tests.console import sample
sys.setswitchinterval(1e-6)
raw, start = msgspec.msgpack.encode(sample.quoting()), threading.Barrier(6)
def decode(number):
    start.wait()
    threading.Event().wait(number * 0.005)
    for _ in range(20):
        link._up().decode(raw)
threads = [threading.Thread(target=decode, args=(number,)) for number in range(6)]
for each in threads: each.start()
for each in threads: each.join()
"""


def test_links_of_several_threads_may_begin_at_once():
    """Making the decoder in one thread while another used its own crashed the interpreter."""
    done = subprocess.run([sys.executable, "-c", _AT_ONCE], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
