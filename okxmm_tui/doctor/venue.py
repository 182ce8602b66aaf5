"""The way to the venue: addresses, hosts, both WebSockets, the clock."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from okxmm_tui.compose import open_venue
from okxmm_tui.core.types import Mode
from okxmm_tui.credentials import SIM_KEY
from okxmm_tui.doctor.desk import Desk
from okxmm_tui.doctor.rows import Row, bad_key, bad_setting, ok, unreachable, warn
from okxmm_tui.engine.plan import SessionPlan
from okxmm_tui.engine_config import EngineConfig, Urls
from okxmm_tui.errors import UsageError, VenueUnreachableError
from okxmm_tui.okx.auth import login_args
from okxmm_tui.okx.clock import KEPT_SAMPLES
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.preparation import FIX_KEY
from okxmm_tui.okx.probe import PRIVATE_CHANNEL, PUBLIC_CHANNEL, ProbeSession, probe
from okxmm_tui.okx.rest import Rest
from okxmm_tui.statedir import EXCHANGE_NAME
from okxmm_tui.strategies.registry import chosen_strategy

FIX_NETWORK = "Check network, proxy and firewall, and okx.region or the addresses that were set."
MILLISECOND_NS = 1_000_000


async def venue(desk: Desk) -> list[Row]:
    """Find the venue; the embedded exchange of the state directory is used or, when none runs, started."""
    settings = desk.settings
    if not desk.is_local:
        okx, is_demo = settings.okx, settings.venue is Mode.DEMO
        desk.endpoints = Endpoints.venue(okx.region, is_demo=is_demo, rest=okx.rest_url, ws=okx.ws_url)
        host, ws_host = (urlsplit(url).hostname for url in (desk.endpoints.rest, desk.endpoints.ws))
        return [ok("venue", f"{settings.venue}: REST {host}, WebSocket {ws_host}")]
    assert desk.state_dir is not None  # noqa: S101 - the check needs the state directory
    running = await _running_exchange(desk.state_dir)
    if running is not None:
        desk.endpoints = running
        return [ok("venue", f"{settings.venue}: the embedded exchange that runs at {running.rest}")]
    if desk.running_session:
        raise UsageError(
            f"{desk.running_session}, and no embedded exchange of it answers.",
            "Name the venue it trades on with --venue, or choose another --state-dir.",
        )
    config = _config(desk, desk.state_dir)
    desk.endpoints = desk.stack.enter_context(open_venue(config, desk.state_dir))
    return [ok("venue", f"{settings.venue}: an embedded exchange started for this at {desk.endpoints.rest}")]


async def _running_exchange(state_dir: Path) -> Endpoints | None:
    try:
        urls = msgspec.json.decode((state_dir / EXCHANGE_NAME).read_bytes(), type=Urls)
    except (OSError, msgspec.MsgspecError):
        return None
    endpoints = Endpoints.local(urls.rest, urls.ws)
    rest = Rest(endpoints, None)
    try:
        await rest.sync_clock()
    except VenueUnreachableError:
        return None
    finally:
        await rest.close()
    return endpoints


def _config(desk: Desk, state_dir: Path) -> EngineConfig:
    settings = desk.settings
    plan = SessionPlan(
        mode=settings.venue,
        symbols=tuple(desk.symbols),
        strategy=chosen_strategy(settings.strategy, desk.symbols),
        params={},
        limits=settings.risk.limits(is_headless=True),
        tag=settings.tag,
    )
    return EngineConfig(
        plan=plan,
        markets=tuple(settings.market),
        speed=settings.speed,
        state_dir=str(state_dir),
        key=SIM_KEY,
        region=settings.okx.region,
        rest_url=settings.okx.rest_url,
        ws_url=settings.okx.ws_url,
    )


async def upstream(desk: Desk) -> list[Row]:
    """The public data of the live hosts, which the paper venue relays."""
    okx = desk.settings.okx
    source = Endpoints.venue(okx.region, is_demo=False, rest=okx.rest_url, ws=okx.ws_url)
    rest = Rest(source, None)
    try:
        return [
            await _rest_row("upstream REST", rest, source),
            await _public_row("upstream WebSocket", source),
        ]
    finally:
        await rest.close()


async def rest_host(desk: Desk) -> list[Row]:
    """Resolve the REST host and ask it for the time."""
    return [await _rest_row("REST", desk.rest, desk.venue_endpoints)]


async def public_socket(desk: Desk) -> list[Row]:
    """Connect to the market data stream and subscribe."""
    return [await _public_row("public WebSocket", desk.venue_endpoints)]


async def private_socket(desk: Desk) -> list[Row]:
    """Connect to the account stream, log in and subscribe."""
    key, name, url = desk.signing_key(), "private WebSocket", desk.venue_endpoints.private_ws
    session = ProbeSession(PRIVATE_CHANNEL, lambda: login_args(key, desk.clock.now_ns()))
    started_ns = time.monotonic_ns()
    problem = await probe(url, session)
    if not problem:
        return [ok(name, f"{url}: logged in and subscribed in {_ms_since(started_ns)}")]
    if session.is_login_refused:
        return [bad_key(name, f"{url}: {problem.rstrip('.')}.", FIX_KEY)]
    return [await _unreachable(name, url, problem)]


async def clock(desk: Desk) -> list[Row]:
    """Measure the offset of the venue's clock and hold it against the limits of a session."""
    for _ in range(KEPT_SAMPLES):
        await desk.rest.sync_clock()
    risk, measured = desk.settings.risk, desk.clock
    offset_ms, uncertainty_ms = (
        measured.offset_ns / MILLISECOND_NS,
        measured.uncertainty_ns / MILLISECOND_NS,
    )
    finding = (
        f"venue {round(offset_ms):+d} ms against ours (± {uncertainty_ms:.0f} ms); said above "
        f"{risk.clock_alarm_ms} ms, no new orders above {risk.clock_limit_ms} ms"
    )
    advice = "Set this machine's clock: turn on NTP (timedatectl set-ntp true, or chrony)."
    if abs(offset_ms) > risk.clock_limit_ms:
        return [bad_setting("clock", finding, advice)]
    if abs(offset_ms) > risk.clock_alarm_ms:
        return [warn("clock", finding, advice)]
    if uncertainty_ms > risk.clock_alarm_ms:
        return [warn("clock", finding, "The line is too slow to tell the time by: check the network.")]
    return [ok("clock", finding)]


async def _rest_row(name: str, rest: Rest, endpoints: Endpoints) -> Row:
    started_ns = time.monotonic_ns()
    try:
        await rest.sync_clock()
    except VenueUnreachableError as error:
        return await _unreachable(name, endpoints.rest, error.message)
    answered = _ms_since(started_ns)
    return ok(name, f"{endpoints.rest}: {await _resolved(endpoints.rest)}, answered in {answered}")


async def _public_row(name: str, endpoints: Endpoints) -> Row:
    started_ns = time.monotonic_ns()
    problem = await probe(endpoints.public_ws, ProbeSession(PUBLIC_CHANNEL))
    if problem:
        return await _unreachable(name, endpoints.public_ws, problem)
    return ok(name, f"{endpoints.public_ws}: subscribed in {_ms_since(started_ns)}")


async def _unreachable(name: str, url: str, problem: str) -> Row:
    shown = problem.rstrip(".") if url in problem else f"{url}: {problem.rstrip('.')}"
    return unreachable(name, f"{shown} ({await _resolved(url)}).", FIX_NETWORK)


async def _resolved(url: str) -> str:
    """What the name stands for; behind a proxy it need not resolve here."""
    host, started_ns = urlsplit(url).hostname or "", time.monotonic_ns()
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        return f"{host} does not resolve here: {error.strerror}"
    addresses = {entry[4][0] for entry in found}
    plural = "address" if len(addresses) == 1 else "addresses"
    return f"{len(addresses)} {plural} in {_ms_since(started_ns)}"


def _ms_since(started_ns: int) -> str:
    return f"{(time.monotonic_ns() - started_ns) / MILLISECOND_NS:.0f} ms"
