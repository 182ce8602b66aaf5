"""The console in a browser: the door, the page, and a real console behind it."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import subprocess
import sys
from typing import ClassVar

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from okxmm_tui import serve
from okxmm_tui.cli import main
from okxmm_tui.errors import UsageError

TOKEN = "t0ken-of-the-test"


class NoConsole:
    """Stands where a page's console process would."""

    started: ClassVar[list[str]] = []

    def __init__(self, command, **_):
        self.command = command

    async def start(self, width, height):
        """Only count."""
        self.started.append(self.command)

    async def stop(self):
        """Nothing runs."""


@pytest.fixture
async def client(monkeypatch):
    """A browser before the door, and no process behind it."""
    monkeypatch.setattr("textual_serve.server.AppService", NoConsole)
    monkeypatch.setattr(NoConsole, "started", [])
    app = serve.make_app(["console", "of this test"], TOKEN)
    async with TestServer(app, host="127.0.0.1") as server, TestClient(server) as made:
        yield made


def origin(client) -> str:
    """Origin of our own page."""
    return f"http://127.0.0.1:{client.port}"


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", f"?token={TOKEN}x", "?token=%C3%A9"])
async def test_without_the_token_there_is_no_page(client, query):
    """403, and neither token nor terminal in the answer."""
    answer = await client.get(f"/{query}")
    text = await answer.text()
    assert answer.status == 403
    assert TOKEN not in text
    assert "terminal" not in text


async def test_with_the_token_the_page_loads(client):
    """Page, script and styles come from here, and nothing is fetched from elsewhere."""
    answer = await client.get(f"/?token={TOKEN}")
    text = await answer.text()
    assert answer.status == 200
    assert f"ws://127.0.0.1:{client.port}/ws/{TOKEN}" in text
    script = re.search(r'src="([^"]+textual\.js)"', text)
    assert script
    assert (await client.get(script[1])).status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/ws", "/ws/", "/ws/wrong", f"/ws?token={TOKEN}"])
async def test_the_socket_refuses_without_the_token(client, path):
    """No WebSocket, and no process behind one."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(path, headers={"Origin": origin(client)})
    assert refused.value.status in {403, 404}
    assert NoConsole.started == []


@pytest.mark.parametrize("from_where", ["http://evil.example", "null", "https://127.0.0.1", None])
async def test_the_socket_refuses_other_pages(client, from_where):
    """A foreign page that knows the token is refused too, and so is one without an origin."""
    headers = {} if from_where is None else {"Origin": from_where}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(f"/ws/{TOKEN}", headers=headers)
    assert refused.value.status == 403
    assert NoConsole.started == []


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "192.168.1.7:8000", "127.0.0.1.nip.io"]
)
async def test_other_host_names_are_refused(client, host):
    """A name that was made to point here is not this machine's own."""
    answer = await client.get(f"/?token={TOKEN}", headers={"Host": host})
    assert answer.status == 403


async def test_with_token_and_origin_the_socket_opens_and_pages_are_counted(client):
    """As many pages as there may be, and no more."""
    opened = []
    async with asyncio.timeout(20):
        for _ in range(serve.MAX_PAGES):
            page = await client.ws_connect(f"/ws/{TOKEN}", headers={"Origin": origin(client)})
            opened.append(page)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(f"/ws/{TOKEN}", headers={"Origin": origin(client)})
        assert refused.value.status == 503
        for each in opened:
            await each.close()
    assert NoConsole.started == ["console 'of this test'"] * serve.MAX_PAGES


def test_a_page_may_look_and_kill_unless_allowed_more(tmp_path):
    """The console behind the page is read-only by default."""
    assert "--read-only" in serve.attach_command(tmp_path, "okxmm-dark", None, may_command=False)
    assert "--read-only" not in serve.attach_command(tmp_path, "okxmm-dark", None, may_command=True)


def test_a_page_speaks_the_language_that_was_asked_for(tmp_path):
    """The language of the setting goes to the console behind the page."""
    words = serve.attach_command(tmp_path, "okxmm-dark", None, may_command=False, language="zh")
    assert words[words.index("--language") + 1] == "zh"


def test_a_taken_port_is_told():
    """The port, the reason, the way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="--port"):
            serve.serve(["true"], taken.getsockname()[1])


def test_without_the_extra_the_command_says_what_to_install(monkeypatch, capsys, tmp_path):
    """One line and exit code 2."""
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    assert main(["serve", "--state-dir", str(tmp_path)]) == 2
    assert "pip install 'okxmm-tui[serve]'" in capsys.readouterr().err


async def test_the_served_page_is_a_console_and_the_token_is_not_logged(tmp_path):
    """The real command: an address on stdout, a console's screen over the socket, no token on stderr."""
    process = subprocess.Popen(  # noqa: ASYNC220 - starting it returns at once
        [sys.executable, "-m", "okxmm_tui", "serve", "--port", "0", "--state-dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        address = (await asyncio.to_thread(process.stdout.readline)).decode().strip()
        base, _, token = address.partition("/?token=")
        assert base.startswith("http://127.0.0.1:")
        assert len(token) >= 32
        async with asyncio.timeout(40), aiohttp.ClientSession() as browser:
            assert (await browser.get(f"{base}/?token=nothing")).status == 403
            assert "textual.js" in await (await browser.get(address)).text()
            url = f"{base.replace('http', 'ws')}/ws/{token}?width=120&height=35"
            async with browser.ws_connect(url, headers={"Origin": base}) as page:
                drawn = b""
                while b"connecting to the engine" not in drawn and b"No engine answered" not in drawn:
                    message = await page.receive()
                    if message.type is not aiohttp.WSMsgType.BINARY:
                        break
                    drawn += message.data
        assert b"\x1b[" in drawn
    finally:
        process.terminate()
        out, err = await asyncio.to_thread(process.communicate, timeout=20)
    assert token.encode() not in out + err
    assert logging.getLogger("aiohttp.access").level == logging.NOTSET
