"""Which way each instrument's orders go: WebSocket, or REST while the WebSocket refuses its code.

Sans-IO. Seen on demo (September 2026): the order channel answers 51001 for the very ``instIdCode`` that the
venue publishes, while REST takes the same order. Such a refusal is certain, so the order may go the other
way; the WebSocket is tried again later, because it is the quicker one.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

SECOND_NS = 1_000_000_000
FIRST_RETRY_NS = 600 * SECOND_NS
LONGEST_RETRY_NS = 24 * 3_600 * SECOND_NS


class RoutePolicy(StrEnum):
    """Setting ``okx.order_route``."""

    AUTO = "auto"
    """WebSocket first, REST where it must be."""
    WS = "ws"
    """Never place or amend by REST; cancels still may."""
    REST = "rest"


class _Detour(Struct):
    retry_ns: int
    wait_ns: int = FIRST_RETRY_NS
    is_trying: bool = False


class RouteChoice:
    """The way of every instrument.

    Args:
        policy: What the operator chose.
    """

    def __init__(self, policy: RoutePolicy) -> None:
        self.policy = policy
        self._detours: dict[str, _Detour] = {}

    def is_by_rest(self, inst_id: str) -> bool:
        """Whether an instrument's orders go by REST now."""
        return self.policy is RoutePolicy.REST or inst_id in self._detours

    def by_rest(self, inst_ids: set[str]) -> frozenset[str]:
        """Those of some instruments whose orders go by REST now."""
        return frozenset(inst_id for inst_id in inst_ids if self.is_by_rest(inst_id))

    def try_socket(self, inst_id: str, now_ns: int) -> bool:
        """Whether the next place of a detoured instrument shall try the WebSocket again.

        Args:
            inst_id: Its orders go by REST.
            now_ns: Monotonic time.
        """
        detour = self._detours.get(inst_id)
        if detour is None or now_ns < detour.retry_ns:
            return False
        detour.retry_ns, detour.is_trying = now_ns + detour.wait_ns, True
        return True

    def refused(self, inst_id: str, now_ns: int) -> bool:
        """The WebSocket does not know the code; True when the instrument changes to REST by that.

        A try that failed doubles the wait before the next one.
        """
        detour = self._detours.get(inst_id)
        if detour is None:
            self._detours[inst_id] = _Detour(now_ns + FIRST_RETRY_NS)
            return True
        if detour.is_trying:
            detour.is_trying = False
            detour.wait_ns = min(2 * detour.wait_ns, LONGEST_RETRY_NS)
            detour.retry_ns = now_ns + detour.wait_ns
        return False

    def socket_took(self, inst_id: str) -> bool:
        """The WebSocket took an order, or the code has changed; True when that ends a detour."""
        return self._detours.pop(inst_id, None) is not None
