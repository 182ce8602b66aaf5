"""Puts an engine together: venue, gateway, host. Runs in the engine process and in headless sessions."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import logging.handlers
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import msgspec

from okxmm_tui.core.effects import Report
from okxmm_tui.core.types import Mode
from okxmm_tui.engine_config import EngineConfig, Urls, account_names
from okxmm_tui.errors import OkxmmError, UsageError, VenueUnreachableError
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.statedir import EXCHANGE_NAME, LOG_NAME, SESSION_NAME, owned, owned_account

if TYPE_CHECKING:
    from okxmm_tui.engine.host import EngineHost
    from okxmm_tui.engine.reducer import Reducer

EXCHANGE_READY_S = 20.0
EXCHANGE_IDLE_EXIT_S = 60
"""Outlives a killed engine for long enough that the dead-man's switch can fire."""


class EngineRun:
    """One engine from configuration to exit code.

    Args:
        config: What to run.
        on_report: Called with the time and every line for people.
        on_ready: Called once when consoles can connect.
    """

    def __init__(
        self, config: EngineConfig, *, on_report: Callable[[int, Report], None], on_ready: Callable[[], None]
    ) -> None:
        self._config = config
        self._on_report = on_report
        self._on_ready = on_ready
        self.reducer: Reducer | None = None
        """The engine's last state once :meth:`run` has returned."""

    def run(self) -> int:
        """Run to the end and return the exit code.

        Raises:
            OkxmmError: It could not be started; no order was sent.
        """
        config, state_dir = self._config, Path(self._config.state_dir)
        with owned(state_dir), _account(config), _venue(config, state_dir) as endpoints:
            log_to_file(state_dir)
            facts = {"venue": config.plan.mode, "tag": config.plan.tag, "okx": {"region": config.region}}
            (state_dir / SESSION_NAME).write_bytes(msgspec.json.encode(facts))
            host = self._host(endpoints, state_dir)
            try:
                return _run(host)
            finally:
                self.reducer = host.reducer

    def _host(self, endpoints: Endpoints, state_dir: Path) -> EngineHost:
        from okxmm_tui.engine.host import EngineHost  # noqa: PLC0415 - see _load_engine
        from okxmm_tui.okx.extras import Extras  # noqa: PLC0415 - see _load_engine
        from okxmm_tui.okx.gateway import OkxGateway  # noqa: PLC0415 - see _load_engine
        from okxmm_tui.okx.route_choice import RoutePolicy  # noqa: PLC0415 - see _load_engine

        plan = self._config.plan
        gateway = OkxGateway(
            endpoints,
            self._config.key,
            tag=plan.tag,
            ack_timeout_ms=plan.limits.ack_timeout_ms,
            private_stale_ms=plan.limits.private_stale_ms,
            order_route=RoutePolicy(self._config.order_route),
            stp_mode=self._config.stp_mode,
            book_channel=self._config.book_channel,
            extras=Extras(has_fills=self._config.has_fills_channel),
        )
        return EngineHost(gateway, plan, state_dir, on_report=self._on_report, on_ready=self._on_ready)


def _account(config: EngineConfig) -> contextlib.AbstractContextManager[None]:
    """Hold the account at the venue; an embedded exchange opens one for every session."""
    plan = config.plan
    if plan.mode in {Mode.SIM, Mode.PAPER}:
        return contextlib.nullcontext()
    names = account_names(plan.mode, config.region, config.rest_url, config.key, plan.tag)
    return owned_account(*names)


def _run(host: EngineHost) -> int:
    try:
        import uvloop  # noqa: PLC0415 - only where there is one
    except ImportError:
        return asyncio.run(host.run())
    return uvloop.run(host.run())


def log_to_file(state_dir: Path) -> None:
    """Send our log records to the rotated log file."""
    handler = logging.handlers.RotatingFileHandler(
        state_dir / LOG_NAME, maxBytes=5_000_000, backupCount=3, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("okxmm")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.propagate = False


# -- the venue -------------------------------------------------------------------------------------


def open_venue(config: EngineConfig, state_dir: Path) -> contextlib.AbstractContextManager[Endpoints]:
    """Open the venue of a session without an engine; an embedded exchange ends with the context.

    Whoever opens one must hold the state directory.

    Raises:
        UsageError: The venue is not offered, or its market cannot be used.
        VenueUnreachableError: The embedded exchange did not get ready.
    """
    return _venue(config, state_dir)


@contextlib.contextmanager
def _venue(config: EngineConfig, state_dir: Path) -> Iterator[Endpoints]:
    match config.plan.mode:
        case Mode.SIM:
            with _embedded_exchange(config, state_dir, config.markets) as urls:
                yield Endpoints.local(urls.rest, urls.ws)
        case Mode.PAPER:
            with _embedded_exchange(config, state_dir, (_relayed(config),)) as urls:
                yield Endpoints.local(urls.rest, urls.ws)
        case Mode.DEMO | Mode.LIVE:
            is_demo = config.plan.mode is Mode.DEMO
            yield Endpoints.venue(
                config.region,
                is_demo=is_demo,
                rest=config.rest_url,
                ws=config.ws_url,
                other_rest=config.other_rest_url,
                other_ws=config.other_ws_url,
            )


def _relayed(config: EngineConfig) -> str:
    """Market of the paper venue: the live hosts' public data, for the instruments of this session."""
    source = Endpoints.venue(config.region, is_demo=False, rest=config.rest_url, ws=config.ws_url)
    return f"relay:{','.join((source.rest, source.ws, *config.plan.symbols))}"


@contextlib.contextmanager
def _embedded_exchange(config: EngineConfig, state_dir: Path, markets: Sequence[str]) -> Iterator[Urls]:
    command = [
        sys.executable, "-m", "okxmm_tui", "exchange", "--port", "0", "--speed", str(config.speed),
        "--latency-ms", str(config.latency_ms), "--idle-exit", str(EXCHANGE_IDLE_EXIT_S),
    ]  # fmt: skip
    for market in markets:
        command += ["--market", market]
    errors = state_dir / "exchange.log"
    with errors.open("w+") as stderr:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        )
        try:
            _load_engine()
            urls = _await_ready(process, errors)
            (state_dir / EXCHANGE_NAME).write_bytes(
                msgspec.json.encode({"rest": urls.rest, "ws": urls.ws, "pid": process.pid})
            )
            yield urls
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=3.0)
            if process.stdout is not None:
                process.stdout.close()


def _load_engine() -> None:
    """Import engine and the venue's libraries, half a second, while the exchange starts on the other core."""
    import okxmm_tui.engine.host  # noqa: PLC0415 - loading is all it is for
    import okxmm_tui.okx.gateway  # noqa: F401, PLC0415 - loading is all it is for


def _await_ready(process: subprocess.Popen[bytes], errors: Path) -> Urls:
    assert process.stdout is not None  # noqa: S101 - opened as a pipe above
    readable, _, _ = select.select([process.stdout], [], [], EXCHANGE_READY_S)
    line = process.stdout.readline() if readable else b""
    if line:
        return msgspec.json.decode(line, type=Urls)
    if not readable:
        raise VenueUnreachableError(
            f"The embedded exchange did not get ready within {EXCHANGE_READY_S:.0f} s.",
            f"See {errors} for its own words.",
        )
    code = process.wait(timeout=5.0)
    said = errors.read_text(encoding="utf-8").strip().splitlines()
    why = said[-1].removeprefix("okxmm-tui: ") if said else "The embedded exchange ended at once."
    raise VenueUnreachableError(why) if code == VenueUnreachableError.exit_code else UsageError(why)


# -- the engine process ----------------------------------------------------------------------------------


def engine_main(config: EngineConfig) -> int:
    """Entry of the engine process; says on standard output when it is ready, or why it cannot be."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    logger = logging.getLogger("okxmm.session")

    def report(_: int, line: Report) -> None:
        logger.log(
            logging.WARNING if line.severity != "info" else logging.INFO, "%s: %s", line.kind, line.text
        )

    def ready() -> None:
        _say(out, {"ready": True})

    try:
        return EngineRun(config, on_report=report, on_ready=ready).run()
    except OkxmmError as error:
        logger.error("%s", error)  # noqa: TRY400 - an expected failure has no traceback
        _say(out, {"message": error.message, "hint": error.hint, "exit_code": error.exit_code})
        return error.exit_code


def _say(out: TextIO, words: dict[str, object]) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(words), file=out, flush=True)
