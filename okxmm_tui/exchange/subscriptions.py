"""Connections of the venue and what they are subscribed to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from typing import Any
from zlib import crc32

from msgspec import Struct

from okxmm_tui.exchange.outbox import Outbox

IDLE_NS = 30_000_000_000
"""A connection without a push and without a ping for this long is closed with 4004."""


class Socket(StrEnum):
    """The three WebSocket endpoints."""

    PUBLIC = "public"
    PRIVATE = "private"
    BUSINESS = "business"


Key = tuple[str, str]
"""(channel, instId or index); private channels are keyed by their name only."""


class Subscription(Struct, frozen=True):
    """One accepted subscription argument."""

    arg: dict[str, Any]


class Connection(Struct):
    """One open WebSocket."""

    number: int
    socket: Socket
    conn_id: str
    is_logged_in: bool = False
    last_push_ns: int = 0
    last_ping_ns: int = 0
    operations_ns: deque[int] = deque()
    """Times of subscribe, unsubscribe and login requests of the last hour."""
    subscriptions: dict[str, Subscription] = {}
    """Accepted arguments by their identity."""


class Registry:
    """Open connections and, per channel key, who listens."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.connections: dict[int, Connection] = {}
        self._listeners: dict[Key, dict[int, None]] = {}
        self._serial = 0

    def open(self, socket: Socket, now_ns: int) -> Connection:
        """Register a new connection."""
        self._serial += 1
        conn_id = f"{crc32(f'{self._serial} {now_ns}'.encode()):08x}"
        connection = Connection(self._serial, socket, conn_id, last_push_ns=now_ns, operations_ns=deque())
        self.connections[connection.number] = connection
        return connection

    def socket_of(self, number: int) -> str:
        """Connection kind by number; empty when it is gone."""
        connection = self.connections.get(number)
        return connection.socket.value if connection else ""

    def forget(self, number: int) -> None:
        """Remove a connection and all it listened to."""
        connection = self.connections.pop(number, None)
        if connection is None:
            return
        for listeners in self._listeners.values():
            listeners.pop(number, None)

    def close(self, number: int, code: int, reason: str) -> None:
        """Close a connection from our side; nothing more is sent to it."""
        if number in self.connections:
            self._outbox.close(number, code, reason)
            self.forget(number)

    def add(self, connection: Connection, identity: str, key: Key, arg: dict[str, Any]) -> None:
        """Subscribe a connection; repeating an argument changes nothing."""
        connection.subscriptions.setdefault(identity, Subscription(arg))
        self._listeners.setdefault(key, {})[connection.number] = None

    def drop(self, connection: Connection, identity: str, key: Key) -> None:
        """Unsubscribe; the connection keeps the key while another argument still needs it."""
        connection.subscriptions.pop(identity, None)
        if not any(key_of(one.arg) == key for one in connection.subscriptions.values()):
            self._listeners.get(key, {}).pop(connection.number, None)

    def has_listeners(self, key: Key) -> bool:
        """Whether anybody listens to a key."""
        return bool(self._listeners.get(key))

    def push(self, key: Key, message: dict[str, Any], now_ns: int) -> None:
        """Send one push to everybody who listens to a key."""
        listeners = self._listeners.get(key)
        if not listeners:
            return
        numbers = tuple(listeners)
        for number in numbers:
            self.connections[number].last_push_ns = now_ns
        self._outbox.send(numbers, message)

    def reply(self, connection: Connection, message: dict[str, Any], now_ns: int) -> None:
        """Send one message to one connection."""
        connection.last_push_ns = now_ns
        self._outbox.send((connection.number,), message)

    def listening(self, channel: str) -> Iterator[tuple[Connection, Subscription]]:
        """Connections and their arguments on one private channel, oldest subscription first."""
        for number in self._listeners.get((channel, ""), {}):
            connection = self.connections[number]
            for one in connection.subscriptions.values():
                if one.arg["channel"] == channel:
                    yield connection, one

    def channels_of(self, inst_id: str) -> list[str]:
        """Channels somebody listens to for an instrument or index."""
        return [
            channel for (channel, name), numbers in self._listeners.items() if name == inst_id and numbers
        ]

    def listener_count(self, channel: str) -> int:
        """Connections on one private channel, each counted once."""
        return len(self._listeners.get((channel, ""), {}))

    def idle(self, now_ns: int) -> list[Connection]:
        """Connections to close for silence."""
        return [
            one
            for one in self.connections.values()
            if now_ns - max(one.last_push_ns, one.last_ping_ns) >= IDLE_NS
        ]


CAPPED_CHANNELS = frozenset({"orders", "account", "positions", "balance_and_position"})
"""Channels of which a sub-account may have thirty connections."""

PRIVATE_CHANNELS = CAPPED_CHANNELS | {"fills"}


def key_of(arg: dict[str, Any]) -> Key:
    """Listener key of a subscription argument."""
    channel = str(arg.get("channel", ""))
    if channel in PRIVATE_CHANNELS or channel == "status":
        return channel, ""
    return channel, str(arg.get("instId") or arg.get("instType") or "")


def identity_of(arg: dict[str, Any]) -> str:
    """Text that is equal for equal arguments, whatever the order of their fields."""
    return repr(sorted((str(name), str(value)) for name, value in arg.items()))
