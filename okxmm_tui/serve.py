"""The console in a browser of this machine: ``okxmm-tui serve``.

textual-serve runs one attached console a page and carries its screen over a WebSocket. Around it stands a
door: loopback only; a token, new at every start, in the address that is printed, asked for by the page and
by the socket, compared in constant time and never logged; pages of other origins and requests under other
host names are refused, so that neither a foreign site nor a rebound name reaches the socket. From another
machine an SSH tunnel is the way. The page may look and kill; ``--allow-commands`` makes it a full console.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import shlex
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from okxmm_tui.errors import UsageError

if TYPE_CHECKING:
    from aiohttp import web

LOOPBACK = "127.0.0.1"
HOST_NAMES = frozenset({"127.0.0.1", "localhost"})
MAX_PAGES = 4
"""Every page is a process; more than these are refused."""
TOKEN_BYTES = 24
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)
"""The page loads nothing from elsewhere; the terminal's script compiles a template of its own."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def attach_command(
    state_dir: Path, theme: str, config: Path | None, *, may_command: bool, language: str = "auto"
) -> list[str]:
    """Command line of the console behind a page."""
    words = [sys.executable, "-m", "okxmm_tui", "attach", "--web", "--state-dir", str(state_dir)]
    words += ["--theme", theme, "--language", language]
    words += ["--config", str(config.absolute())] if config else []
    return words if may_command else [*words, "--read-only"]


def serve(command: list[str], port: int) -> int:
    """Serve until interrupted, and print the address to open.

    Raises:
        UsageError: The extra is not installed, or the port was taken.
    """
    web = _aiohttp_web()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    listening = _listen(port)
    number = listening.getsockname()[1]
    app = make_app(command, token)
    # textual-serve and aiohttp name requests in their logs, and an address holds the token.
    for name in ("aiohttp.access", "textual-serve"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    print(f"http://{LOOPBACK}:{number}/?token={token}", flush=True)  # noqa: T201 - what the command is for
    print("ctrl+c ends it; engine and orders stay as they are", file=sys.stderr, flush=True)  # noqa: T201
    web.run_app(app, sock=listening, access_log=None, print=None)
    return 0


def _aiohttp_web():  # noqa: ANN202 - a module
    try:
        import textual_serve  # noqa: F401, PLC0415 - an extra, loaded only to serve
        from aiohttp import web  # noqa: PLC0415 - the same
    except ImportError as error:
        raise UsageError(
            f"The console cannot be served: {error.name} is not installed.",
            "Install it with: pip install 'okxmm-tui[serve]'.",
        ) from error
    return web


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"Port {port} on loopback could not be used: {reason}.", "Give another --port."
        ) from error
    return listening


def make_app(command: list[str], token: str) -> web.Application:
    """The web application: textual-serve's handlers behind the door."""
    import aiohttp_jinja2  # noqa: PLC0415 - an extra, loaded only to serve
    import jinja2  # noqa: PLC0415 - the same
    from aiohttp import web  # noqa: PLC0415 - the same
    from textual_serve.server import Server  # noqa: PLC0415 - the same

    server = Server(shlex.join(command), title="okxmm-tui")
    pages = asyncio.Semaphore(MAX_PAGES)

    def is_ours(given: str) -> bool:
        return hmac.compare_digest(given.encode(), token.encode())

    @web.middleware
    async def door(request: web.Request, handler):  # noqa: ANN001, ANN202 - aiohttp's types
        if not is_own_host(request.host) or not is_own_origin(request.headers.get("Origin"), request.host):
            raise web.HTTPForbidden(text="Open the address okxmm-tui serve printed.\n", headers=HEADERS)
        response = await handler(request)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    async def page(request: web.Request) -> web.Response:
        if not is_ours(request.query.get("token", "")):
            raise web.HTTPForbidden(text="The address lacks its token.\n", headers=HEADERS)
        facts = {
            "font_size": 16,
            "app_websocket_url": f"ws://{request.host}/ws/{token}",
            "config": {"static": {"url": "/static/"}},
            "application": {"name": "okxmm-tui"},
        }
        return aiohttp_jinja2.render_template("app_index.html", request, facts)

    async def stream(request: web.Request) -> web.StreamResponse:
        if not is_ours(request.match_info["token"]) or "Origin" not in request.headers:
            raise web.HTTPForbidden(text="The address lacks its token.\n", headers=HEADERS)
        if pages.locked():
            raise web.HTTPServiceUnavailable(text=f"{MAX_PAGES} pages are open.\n", headers=HEADERS)
        async with pages:
            return await server.handle_websocket(request)

    app = web.Application(middlewares=[door])
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(server.templates_path))
    app.router.add_get("/", page)
    app.router.add_get("/ws/{token}", stream)
    app.router.add_static("/static", server.statics_path)
    return app


def is_own_host(host: str) -> bool:
    """Whether a Host header names this machine itself; the port may be a tunnel's."""
    try:
        return urlsplit(f"//{host}").hostname in HOST_NAMES
    except ValueError:
        return False


def is_own_origin(origin: str | None, host: str) -> bool:
    """Whether a request comes from a page of ours, or from no page at all."""
    return origin is None or origin == f"http://{host}"
