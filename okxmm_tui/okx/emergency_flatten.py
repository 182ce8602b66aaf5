"""Close positions over REST alone, for a kill command that must work with the engine dead.

The venue's own close-position is used: at the market, reduce-only by nature, whole positions. Proof is the
positions list: twice in a row without a position in scope (OKX v5, "Close positions").
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.convert import number
from okxmm_tui.okx.decoding import text_of
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.messages import POSITIONS, PositionRow
from okxmm_tui.okx.proof_loop import Progress, ProofLoop
from okxmm_tui.okx.rest import HttpPort, Rest
from okxmm_tui.okx.rest_queries import checked

POSITIONS_PATH = "/api/v5/account/positions"
CLOSE_PATH = "/api/v5/trade/close-position"


class Held(Struct, frozen=True):
    """One open position."""

    inst_id: str
    size: Decimal
    """Contracts, signed in net mode."""
    side: str
    """OKX posSide."""
    margin_mode: str

    @property
    def text(self) -> str:
        """For people."""
        side = "" if self.side in {"", "net"} else f" {self.side}"
        return f"{self.size:+f} {self.inst_id}{side}"


class _CloseArgs(Struct, rename="camel"):
    inst_id: str
    mgn_mode: str
    pos_side: str = "net"
    auto_cxl: bool = True


class FlattenOutcome(Struct, frozen=True):
    """What is known at the end."""

    closed: int
    """Positions that were there and are not any more."""
    left: tuple[Held, ...]
    is_proven: bool
    problem: str


async def open_positions(
    endpoints: Endpoints, api_key: ApiKey, inst_id: str | None, *, http: HttpPort | None = None
) -> tuple[Held, ...]:
    """List what is held.

    Raises:
        FetchRefusedError: The venue refused to say.
        VenueUnreachableError: The venue did not answer.
        WireError: The list was unreadable.
    """
    rest = Rest(endpoints, api_key, http=http)
    try:
        return await _held(rest, inst_id)
    finally:
        await rest.close()


async def close_positions(
    endpoints: Endpoints,
    api_key: ApiKey,
    inst_id: str | None,
    *,
    deadline_s: float,
    on_progress: Progress,
    http: HttpPort | None = None,
) -> FlattenOutcome:
    """Close every position in scope and prove that none is left.

    Args:
        endpoints: Where.
        api_key: Needs trade permission.
        inst_id: Only this instrument; None for all.
        deadline_s: Return after this long at the latest.
        on_progress: Told, in words, of every step.
        http: The transport; a real one by default.
    """
    rest = Rest(endpoints, api_key, http=http)
    closing = _Closing(rest, inst_id, on_progress)
    await closing.run(deadline_s)
    return closing.outcome


class _Closing(ProofLoop):
    POLL_EVERY_S = 0.4
    NOTHING = "no position open"

    def __init__(self, rest: Rest, inst_id: str | None, on_progress: Progress) -> None:
        super().__init__(rest, on_progress)
        self._inst_id = inst_id
        self._seen: set[tuple[str, str]] = set()
        self._left: tuple[Held, ...] = ()

    @property
    def outcome(self) -> FlattenOutcome:
        left = () if self.is_proven else self._left
        problem = "" if self.is_proven else self._problem or "positions are still open"
        return FlattenOutcome(len(self._seen) - len(left), left, self.is_proven, problem)

    async def _list(self) -> int:
        self._left = await _held(self._rest, self._inst_id)
        self._seen.update((held.inst_id, held.side) for held in self._left)
        return len(self._left)

    async def _clear(self) -> None:
        self._on_progress("closing " + ", ".join(held.text for held in self._left))
        for held in self._left:
            side = held.side or "net"
            body = msgspec.json.encode(_CloseArgs(held.inst_id, held.margin_mode or "cross", side))
            reply = await self._rest.post(CLOSE_PATH, body)
            if not reply.is_ok:
                self._note(f"{held.inst_id}: {reply.problem}")


async def _held(rest: Rest, inst_id: str | None) -> tuple[Held, ...]:
    query = {"instId": inst_id} if inst_id else {}
    rows: Sequence[PositionRow] = checked(await rest.get(POSITIONS_PATH, query)).rows(POSITIONS)
    return tuple(
        Held(row.inst_id, size, text_of(row.pos_side), text_of(row.mgn_mode))
        for row in rows
        if (size := number(row.pos))
    )
