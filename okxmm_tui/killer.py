"""The kill that needs nothing of ours alive: REST, the key, and the venue."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from okxmm_tui.core.types import Mode
from okxmm_tui.credentials import api_key
from okxmm_tui.engine_config import Urls
from okxmm_tui.engine_halt import halt_engine, latch
from okxmm_tui.errors import UsageError, VenueUnreachableError
from okxmm_tui.okx.emergency import KillOutcome, cancel_everything
from okxmm_tui.okx.emergency_flatten import close_positions, open_positions
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.settings import Settings
from okxmm_tui.statedir import EXCHANGE_NAME, SESSION_NAME, make_state_dir

EXIT_UNPROVEN = 75


class LastRegion(Struct, frozen=True):
    """Where the account was opened."""

    region: Literal["global", "eea", "us", "tr"]


class LastSession(Struct, frozen=True):
    """What the engine wrote when it started."""

    venue: Mode
    tag: str
    okx: LastRegion


def of_last_session(settings: Settings, given: Mapping[str, object]) -> Settings:
    """Take venue, tag and region of the session that ran in the state directory, unless a venue is given."""
    path = make_state_dir(settings.state_dir) / SESSION_NAME
    if "venue" in given or not path.exists():
        return settings
    try:
        last = msgspec.json.decode(path.read_bytes(), type=LastSession)
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"{path} was unreadable: {error}.", "Say which venue to kill on with --venue sim, demo or live."
        ) from error
    okx = settings.okx.model_copy(update={"region": last.okx.region})
    return settings.model_copy(update={"venue": last.venue, "tag": last.tag, "okx": okx})


def kill(settings: Settings, inst_id: str | None, *, whole_account: bool, deadline_s: float) -> int:
    """Tell the engine, cancel and prove; returns the exit code.

    Raises:
        CredentialError: There is no key to do it with.
        VenueUnreachableError: No embedded exchange is known in the state directory.
    """
    halt = halt_engine(settings)
    _say(*halt.said)
    outcome = asyncio.run(
        cancel_everything(
            _endpoints(settings),
            api_key(settings.venue, settings.okx),
            tag=None if whole_account else settings.tag,
            inst_id=inst_id,
            deadline_s=deadline_s,
            on_progress=_say,
        )
    )
    is_proven = outcome.is_proven and not halt.problem
    _say(_proof(outcome) if is_proven else f"NOT PROVEN: {halt.problem or _doubt(outcome)}")
    if inst_id is None:  # last: a journal that is busy must not keep the operator from the proof
        _say(*latch(settings))
    return 0 if is_proven else EXIT_UNPROVEN


def _proof(outcome: KillOutcome) -> str:
    return (
        f"orders proven gone: {outcome.found} found, {outcome.cancels_sent} cancels sent, "
        f"{outcome.empty_replies} empty replies"
    )


def _doubt(outcome: KillOutcome) -> str:
    hint = " New ones kept coming: stop what places them." if outcome.came_later else ""
    return (
        f"{outcome.problem}; {outcome.residual} orders were in the last list that could be read.{hint} "
        "Run the command again, and look at the exchange's own page."
    )


def _say(*texts: str) -> None:
    for text in texts:
        print(text, flush=True)  # noqa: T201 - a command prints


def flatten(settings: Settings, inst_id: str | None, *, is_confirmed: bool, deadline_s: float) -> int:
    """Show the open positions, have the closing confirmed, close them and prove it; returns the exit code.

    Raises:
        CredentialError: There is no key to do it with.
        VenueUnreachableError: The positions could not be read.
        UsageError: Nobody could be asked and nothing was confirmed.
    """
    endpoints, key = _endpoints(settings), api_key(settings.venue, settings.okx)
    held = asyncio.run(open_positions(endpoints, key, inst_id))
    if not held:
        _say("no position is open")
        return 0
    _say("open positions: " + ", ".join(each.text for each in held))
    if not is_confirmed and not _is_typed():
        _say("nothing was closed")
        return 0
    outcome = asyncio.run(
        close_positions(
            endpoints,
            key,
            inst_id,
            deadline_s=deadline_s,
            on_progress=_say,
        )
    )
    if outcome.is_proven:
        _say(f"positions proven closed: {outcome.closed}")
        return 0
    left = ", ".join(each.text for each in outcome.left)
    _say(f"NOT CLOSED: {left or 'unknown'}; {outcome.problem}. Look at the exchange's own page.")
    return EXIT_UNPROVEN


def _is_typed() -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            "Closing positions needs a confirmation.", "Run it in a terminal, or add --yes to confirm it."
        )
    return input("They will be closed at the market. Type flatten to go on: ").strip() == "flatten"


def _endpoints(settings: Settings) -> Endpoints:
    if settings.venue not in {Mode.SIM, Mode.PAPER}:
        okx, is_demo = settings.okx, settings.venue is Mode.DEMO
        return Endpoints.venue(
            okx.region,
            is_demo=is_demo,
            rest=okx.rest_url,
            ws=okx.ws_url,
            other_rest=okx.other_rest_url,
        )
    path = make_state_dir(settings.state_dir) / EXCHANGE_NAME
    try:
        urls = msgspec.json.decode(path.read_bytes(), type=Urls)
    except (OSError, msgspec.MsgspecError) as error:
        raise VenueUnreachableError(
            f"No embedded exchange was found: {path} could not be read.",
            "Give the --state-dir of the session, or --venue demo or live.",
        ) from error
    return Endpoints.local(urls.rest, urls.ws)
