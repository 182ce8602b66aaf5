"""Clear something away over REST and prove that it is gone: the loop below the emergency commands."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from okxmm_tui.errors import VenueUnreachableError, WireError
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.rest_queries import FetchRefusedError

PROOFS_NEEDED = 2

Progress = Callable[[str], None]
"""Told, in words, of every step."""


CLOCK_PATIENCE_S = 1.0


class ProofLoop(ABC):
    """Lists and clears until the venue has said "nothing left" twice in a row.

    An answer that fails, or is unreadable, is neither a proof nor the end: only a refusal that cannot change,
    or the deadline, ends the loop without a proof.
    """

    POLL_EVERY_S: ClassVar[float]
    NOTHING: ClassVar[str]
    """What an empty list means, in words."""

    def __init__(self, rest: Rest, on_progress: Progress) -> None:
        self._rest = rest
        self._on_progress = on_progress
        self._empty = 0
        self._problem = ""

    @property
    def is_proven(self) -> bool:
        """Whether the last replies proved it."""
        return self._empty >= PROOFS_NEEDED

    async def run(self, deadline_s: float) -> None:
        """Return when it is proven, hopeless or too late; the connection is closed in any case."""
        try:
            async with asyncio.timeout(deadline_s):
                await self._set_clock()
                await self._until_proven()
        except TimeoutError:
            self._on_progress(f"no proof within {deadline_s:g} s")
        finally:
            await self._rest.close()

    async def _set_clock(self) -> None:
        # Signing needs no more than 30 s of accuracy: a venue that is slow here must not cost the kill.
        try:
            async with asyncio.timeout(CLOCK_PATIENCE_S):
                await self._rest.sync_clock()
        except (VenueUnreachableError, TimeoutError) as error:
            self._note(f"the venue's clock could not be read: {error or 'no answer'}")

    async def _until_proven(self) -> None:
        while not self.is_proven:
            try:
                await self._step()
            except FetchRefusedError as error:
                self._note(f"the venue refused: {error}")
                if error.is_final:
                    return
            except (VenueUnreachableError, WireError) as error:
                self._note(str(error))
            if not self.is_proven:
                await asyncio.sleep(self.POLL_EVERY_S)

    async def _step(self) -> None:
        if await self._list():
            self._empty = 0
            await self._clear()
        else:
            self._empty += 1
            self._on_progress(f"{self.NOTHING} ({self._empty} of {PROOFS_NEEDED})")

    @abstractmethod
    async def _list(self) -> int:
        """Ask what is there, keep it, and return how much it is.

        Raises:
            FetchRefusedError: The venue refused to say.
            VenueUnreachableError: The venue did not answer.
            WireError: The list was unreadable.
        """

    @abstractmethod
    async def _clear(self) -> None:
        """Ask the venue to take away what was listed. Raises the same errors."""

    def _note(self, problem: str) -> None:
        self._problem = problem
        self._on_progress(problem)
