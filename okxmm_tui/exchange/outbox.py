"""What the venue wants sent, as data; the server carries it out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from msgspec import Struct

_ENCODER = msgspec.json.Encoder()


class Send(Struct, frozen=True, gc=False):
    """One text, encoded once, for one or more connections."""

    connections: tuple[int, ...]
    text: str


class Close(Struct, frozen=True, gc=False):
    """Close one connection with a WebSocket code."""

    connection: int
    code: int
    reason: str


Output = Send | Close


class Gate(Protocol):
    """Judges every message for every connection; see ``okxmm_tui.exchange.faults.frames``."""

    @property
    def is_armed(self) -> bool:
        """Whether it has anything to judge."""
        ...

    def dressed(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return a message as a fault may change it."""
        ...

    def outbound(self, socket: str, message: dict[str, Any]) -> tuple[int, ...]:
        """Return after how many ns to send a message: once, never, or twice."""
        ...


class Outbox:
    """Collects outputs in order until the server takes them."""

    def __init__(self) -> None:
        self._items: list[Output] = []
        self._gate: Gate | None = None

    def guard(
        self, gate: Gate, socket_of: Callable[[int], str], later: Callable[[int, Callable[[], None]], None]
    ) -> None:
        """Have every message judged.

        Args:
            gate: The judge.
            socket_of: Connection kind by number.
            later: Runs an action after so many ns.
        """
        self._gate, self._socket_of, self._later = gate, socket_of, later

    def send(self, connections: tuple[int, ...], message: dict[str, Any]) -> None:
        """Encode a message once and queue it for every connection named."""
        if not connections:
            return
        if self._gate is None or not self._gate.is_armed:
            self._items.append(Send(connections, _ENCODER.encode(message).decode()))
            return
        text = _ENCODER.encode(self._gate.dressed(message)).decode()
        for number in connections:
            for delay_ns in self._gate.outbound(self._socket_of(number), message):
                self._send_after(delay_ns, Send((number,), text))

    def _send_after(self, delay_ns: int, item: Send) -> None:
        if delay_ns:
            self._later(delay_ns, lambda: self._items.append(item))
        else:
            self._items.append(item)

    def send_text(self, connection: int, text: str) -> None:
        """Queue a text that is no JSON."""
        self._items.append(Send((connection,), text))

    def close(self, connection: int, code: int, reason: str) -> None:
        """Queue a close."""
        self._items.append(Close(connection, code, reason))

    def take(self) -> list[Output]:
        """Hand over everything queued."""
        items, self._items = self._items, []
        return items
