"""Order operations between request and answer: correlation by id, timeouts, lost connections.

Sans-IO. A request that is not answered is never taken for refused: its rows become UNKNOWN. Answers that
come after the timeout are still worth reading.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from okxmm_tui.okx.amend_guard import AmendGuard
from okxmm_tui.okx.decoding import text_of
from okxmm_tui.okx.error_codes import Reaction, describe, reaction_of
from okxmm_tui.okx.messages import OpRow
from okxmm_tui.okx.order_requests import Batch, OrderEffect
from okxmm_tui.okx.rate_limits import Verb

DEFAULT_TIMEOUT_NS = 2 * 1_000_000_000
KEPT_LATE = 256


class RowOutcome(Struct, frozen=True):
    """What became of one row."""

    effect: OrderEffect
    code: str
    """"0" accepted, "" unknown, else the venue's code."""
    text: str
    ord_id: str = ""
    is_batch: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether the venue took it for processing."""
        return self.code == "0"

    @property
    def is_unknown(self) -> bool:
        """Whether the venue's state has to be asked for."""
        return not self.code or reaction_of(self.code) is Reaction.QUERY


class _InFlight(Struct):
    batch: Batch
    sent_ns: int
    deadline_ns: int


class OrderTracker:
    """Remembers WebSocket operations until they are answered.

    Args:
        timeout_ns: How long an answer may take.
    """

    def __init__(self, timeout_ns: int = DEFAULT_TIMEOUT_NS) -> None:
        self._timeout_ns = timeout_ns
        self._serial = 0
        # Insertion order is deadline order, because the timeout is the same for all.
        self._open: OrderedDict[str, _InFlight] = OrderedDict()
        self._late: OrderedDict[str, _InFlight] = OrderedDict()
        self.amends = AmendGuard()

    def next_id(self) -> str:
        """A fresh operation id: letters and digits, unique in this process."""
        self._serial += 1
        return f"o{self._serial}"

    def sent(self, request_id: str, batch: Batch, now_ns: int) -> None:
        """Remember an operation that was handed to the socket."""
        self._open[request_id] = _InFlight(batch, now_ns, now_ns + self._timeout_ns)

    def answered(
        self, request_id: str, code: str, text: str, rows: Sequence[OpRow]
    ) -> list[RowOutcome] | None:
        """Take an answer; None when the id is not one of ours."""
        flight = self._open.pop(request_id, None) or self._late.pop(request_id, None)
        return None if flight is None else row_outcomes(flight.batch, code, text, rows)

    def waited(self, request_id: str, now_ns: int) -> tuple[Verb, int] | None:
        """What an operation asks and for how long it has waited, ns; None when the id is not ours."""
        flight = self._open.get(request_id) or self._late.get(request_id)
        return None if flight is None else (flight.batch.verb, now_ns - flight.sent_ns)

    def timed_out(self, now_ns: int) -> list[RowOutcome]:
        """Give up waiting for what is overdue."""
        outcomes: list[RowOutcome] = []
        while self._open:
            request_id, flight = next(iter(self._open.items()))
            if flight.deadline_ns > now_ns:
                break
            del self._open[request_id]
            self._late[request_id] = flight
            if len(self._late) > KEPT_LATE:
                self._late.popitem(last=False)
            outcomes += _unknown(flight.batch, "no answer in time")
        return outcomes

    def disconnected(self, reason: str) -> list[RowOutcome]:
        """The answers will never come."""
        outcomes = [row for flight in self._open.values() for row in _unknown(flight.batch, reason)]
        self._open.clear()
        self._late.clear()
        return outcomes

    @property
    def next_deadline(self) -> int | None:
        """When ``timed_out`` is due."""
        return next(iter(self._open.values())).deadline_ns if self._open else None

    @property
    def open_count(self) -> int:
        """Operations without an answer."""
        return len(self._open)


def row_outcomes(batch: Batch, code: str, text: str, rows: Sequence[OpRow]) -> list[RowOutcome]:
    """Match an answer's rows with the request's, by client order id where there is one, else by place.

    A row's own ``sCode`` decides; the top code speaks for rows only where the answer has none.
    """
    is_batch = batch.is_batch
    # Code 2 says that some rows failed, and not which.
    shared = "" if code == "2" else code
    if not rows:
        # Top code 0 without rows would claim success for orders it does not name.
        shared = "" if code == "0" else shared
        return [RowOutcome(effect, shared, text or describe(code), "", is_batch) for effect in batch.rows]
    by_client_id = {text_of(row.cl_ord_id): row for row in rows if text_of(row.cl_ord_id)}
    outcomes: list[RowOutcome] = []
    for index, effect in enumerate(batch.rows):
        row = by_client_id.get(effect.cl_ord_id) if effect.cl_ord_id else None
        if row is None and index < len(rows) and not text_of(rows[index].cl_ord_id):
            row = rows[index]
        if row is None:
            outcomes.append(RowOutcome(effect, "", "the answer did not name this order", "", is_batch))
            continue
        row_code = shared if row.s_code is None else text_of(row.s_code)
        sub_code = text_of(row.sub_code)
        words = f"{text_of(row.s_msg)} [{sub_code}]" if sub_code else text_of(row.s_msg)
        outcomes.append(RowOutcome(effect, row_code, words, text_of(row.ord_id), is_batch))
    return outcomes


def _unknown(batch: Batch, reason: str) -> list[RowOutcome]:
    return [RowOutcome(effect, "", reason, "", batch.is_batch) for effect in batch.rows]
