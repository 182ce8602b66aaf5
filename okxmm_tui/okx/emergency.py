"""Cancel everything over REST alone, for a kill command that must work with the engine dead.

List, cancel in batches, list again, until the venue has said "nothing pending" twice in a row or the
deadline has come. It holds no state and trusts nothing but the venue's lists.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import msgspec
from msgspec import Struct, structs

from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.decoding import Scalar, text_of
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.error_codes import describe, is_credential_problem
from okxmm_tui.okx.messages import OP_ROWS
from okxmm_tui.okx.order_requests import MAX_BATCH
from okxmm_tui.okx.proof_loop import Progress, ProofLoop
from okxmm_tui.okx.requests import OrderArgs, encode
from okxmm_tui.okx.rest import HttpPort, Rest
from okxmm_tui.okx.rest_queries import PENDING_PATH, FetchRefusedError, paged

CANCEL_PATH = "/api/v5/trade/cancel-batch-orders"
_log = logging.getLogger("okxmm.emergency")
BATCH_EVERY_S = 0.14
"""300 orders in 2 s are allowed: 15 batches of 20."""


class _Pending(Struct, gc=False, rename="camel"):
    """All that cancelling needs of an order: what else its row says, and how, must not stand in the way."""

    inst_id: str
    ord_id: Scalar
    tag: Scalar = ""


_PENDING = msgspec.json.Decoder(list[_Pending])


class KillOutcome(Struct, frozen=True):
    """What is known at the end."""

    found: int
    """Different orders seen pending."""
    came_later: int
    """How many of them were not in the first list yet."""
    cancels_sent: int
    """Cancel requests the venue answered, one per order and attempt."""
    empty_replies: int
    """Lists in a row, at the end, in which nothing was pending."""
    residual: int
    """Orders in the last list that was read."""
    is_proven: bool
    """Whether the venue said twice in a row that nothing is pending."""
    problem: str
    """The last thing that went wrong; empty when nothing did."""


class _Sweep(ProofLoop):
    POLL_EVERY_S = 0.2
    NOTHING = "nothing pending"

    def __init__(self, rest: Rest, tag: str | None, inst_id: str | None, on_progress: Progress) -> None:
        super().__init__(rest, on_progress)
        self._tag = tag
        self._query = {"instId": inst_id} if inst_id else {}
        self._first: frozenset[str] | None = None
        self._seen: set[str] = set()
        self._mine: list[_Pending] = []
        self._sent = 0

    @property
    def outcome(self) -> KillOutcome:
        problem = "" if self.is_proven else self._problem
        late = self._seen - (self._first or frozenset())
        return KillOutcome(
            found=len(self._seen),
            came_later=len(late),
            cancels_sent=self._sent,
            empty_replies=self._empty,
            residual=len(self._mine),
            is_proven=self.is_proven,
            problem=problem,
        )

    async def _list(self) -> int:
        rows = await paged(self._rest, PENDING_PATH, self._query, _PENDING, lambda row: text_of(row.ord_id))
        self._mine = [row for row in rows if self._tag is None or text_of(row.tag) == self._tag]
        ids = frozenset(text_of(row.ord_id) for row in self._mine)
        self._first = ids if self._first is None else self._first
        self._seen |= ids
        return len(self._mine)

    async def _clear(self) -> None:
        self._on_progress(f"{len(self._mine)} pending, cancelling")
        for start in range(0, len(self._mine), MAX_BATCH):
            await self._cancel(self._mine[start : start + MAX_BATCH])
            await asyncio.sleep(BATCH_EVERY_S)

    async def _cancel(self, rows: Sequence[_Pending]) -> None:
        body = encode([OrderArgs(inst_id=row.inst_id, ord_id=text_of(row.ord_id)) for row in rows])
        reply = await self._rest.post(CANCEL_PATH, body)
        answers = reply.rows(OP_ROWS)
        if not answers and not reply.is_ok:
            raise FetchRefusedError(f"{reply.problem}.", is_final=is_credential_problem(reply.code))
        self._sent += len(rows)
        for answer in answers:
            code = text_of(answer.s_code)
            # 51400 is the normal race: the order was gone before the cancel came.
            if code not in {"0", "51400"}:
                self._note(f"a cancel was refused: {describe(code, text_of(answer.s_msg))}")


async def cancel_everything(
    endpoints: Endpoints,
    api_key: ApiKey,
    *,
    tag: str | None,
    inst_id: str | None,
    deadline_s: float,
    on_progress: Progress,
    http: HttpPort | None = None,
) -> KillOutcome:
    """Cancel every pending order and prove that none is left.

    Args:
        endpoints: Where.
        api_key: Needs trade permission.
        tag: Only orders with this tag; None for every order of the account.
        inst_id: Only this instrument; None for all.
        deadline_s: Return after this long at the latest, even when the venue hangs.
        on_progress: Told, in words, of every step.
        http: The transport; a real one by default.
    """
    rest = Rest(endpoints, api_key, http=http)
    sweep = _Sweep(rest, tag, inst_id, on_progress)
    await sweep.run(deadline_s)
    outcome = sweep.outcome
    if not outcome.is_proven and not outcome.problem:
        return structs.replace(outcome, problem=f"no proof within {deadline_s:g} s")
    return outcome


async def rescue(endpoints: Endpoints, api_key: ApiKey | None, *, tag: str, deadline_s: float) -> str:
    """The same for an engine that has failed; returns why nothing is proven, or an empty string."""
    if api_key is None:
        return ""
    outcome = await cancel_everything(
        endpoints, api_key, tag=tag, inst_id=None, deadline_s=deadline_s, on_progress=_log.warning
    )
    return outcome.problem
