"""The ports of the engine: what a venue gateway must offer. The engine knows no venue by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from okxmm_tui.core.account import AccountFacts
from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent

Emit = Callable[[AnyEvent], None]
"""Hands one event to the engine; called on the engine's event loop, never blocks."""


class Gateway(Protocol):
    """A venue as the engine sees it."""

    async def prepare(self, inst_ids: Sequence[str]) -> tuple[Sequence[Instrument], AccountFacts]:
        """Load metadata, check the keys, and return the instruments and account facts.

        Raises:
            UsageError: An instrument does not exist on the venue.
            CredentialError: The keys were refused or lack trade permission.
            VenueUnreachableError: The venue did not answer.
        """
        ...

    async def run(self, emit: Emit) -> None:
        """Keep both streams connected and emit events until cancelled."""
        ...

    def execute(self, effects: Sequence[AnyEffect]) -> None:
        """Start the venue effects of one reducer step; outcomes come back as events. Never blocks."""
        ...

    async def rescue(self, deadline_s: float) -> str:
        """Cancel every order with our tag, over connections of its own, and prove that none is left.

        For an engine that has failed: works whatever state :meth:`run` is in.

        Returns:
            Why it is not proven, in a few words; empty when it is.
        """
        ...

    async def close(self) -> None:
        """Send what is queued, then close every socket."""
        ...
