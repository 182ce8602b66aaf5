"""What the venue wants sent, as data; the server carries it out."""

from __future__ import annotations

from typing import Any

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


class Outbox:
    """Collects outputs in order until the server takes them."""

    def __init__(self) -> None:
        self._items: list[Output] = []

    def send(self, connections: tuple[int, ...], message: dict[str, Any]) -> None:
        """Encode a message once and queue it for every connection named."""
        if connections:
            self._items.append(Send(connections, _ENCODER.encode(message).decode()))

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
