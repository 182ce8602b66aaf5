"""What the checks share: settings, the way to the venue, and what earlier checks have found."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from okxmm_tui.core.account import AccountFacts
from okxmm_tui.core.types import Mode
from okxmm_tui.errors import CredentialError
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.clock import VenueClock
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.messages import ConfigRow, OrderRow
from okxmm_tui.okx.preparation import Loaded
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.rest_queries import RestQueries
from okxmm_tui.settings import Settings


class Desk:
    """State of one examination.

    Args:
        settings: As a session would use them.
        sources: Where each of them comes from.
        clock: The venue's time; a real one by default.
        sleep: Waits some seconds between two requests.
    """

    def __init__(
        self,
        settings: Settings,
        sources: dict[str, str],
        *,
        clock: VenueClock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self.sources = sources
        self.clock = clock or VenueClock()
        self.sleep = sleep
        self.stack = contextlib.ExitStack()
        """Ends what was started: the hold on the state directory, an embedded exchange."""
        self.state_dir: Path | None = None
        """Once it is known to be usable."""
        self.running_session = ""
        """Why the state directory could not be held; empty when nobody else holds it."""
        self.endpoints: Endpoints | None = None
        self.key: ApiKey | None = None
        self.config: ConfigRow | None = None
        self.account: AccountFacts | None = None
        self.loaded: dict[str, Loaded] = {}
        self.pending: list[OrderRow] = []
        self._rest: Rest | None = None

    @property
    def symbols(self) -> list[str]:
        """Instruments asked for, each once."""
        return list(dict.fromkeys(self.settings.symbol))

    @property
    def is_local(self) -> bool:
        """Whether orders would go to an embedded exchange."""
        return self.settings.venue in {Mode.SIM, Mode.PAPER}

    @property
    def venue_endpoints(self) -> Endpoints:
        """Where the venue is; known once the check ``venue`` went well."""
        assert self.endpoints is not None  # noqa: S101 - the checks declare what they need
        return self.endpoints

    @property
    def rest(self) -> Rest:
        """The venue's REST API, signed when there is a key."""
        if self._rest is None:
            self._rest = Rest(self.venue_endpoints, self.key, clock=self.clock)
        return self._rest

    @property
    def queries(self) -> RestQueries:
        """Reads of the account."""
        instruments = {name: instrument for name, (instrument, _) in self.loaded.items()}
        return RestQueries(self.rest, instruments)

    def signing_key(self) -> ApiKey:
        """The key.

        Raises:
            CredentialError: There is none.
        """
        if self.key is None:
            raise CredentialError("There is no API key.")
        return self.key

    async def close(self) -> None:
        """Close connections; what the stack holds ends with the stack."""
        if self._rest is not None:
            await self._rest.close()
