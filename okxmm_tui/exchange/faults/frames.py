"""Stands between the venue and its sockets: delays, drops and doubles single frames."""

from __future__ import annotations

from typing import Any

import msgspec

from okxmm_tui.exchange.faults.kinds_orders import UnknownFields
from okxmm_tui.exchange.faults.kinds_wire import DelayFrame, DropFrame, DuplicateFrame, Silence
from okxmm_tui.exchange.faults.laboratory import Faults

Row = dict[str, Any]
PASS = (0,)
"""Delays of an untouched frame: once, at once."""


class FrameGate:
    """Judges frames one connection at a time."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    @property
    def is_armed(self) -> bool:
        """Whether any fault of frames is armed; otherwise nobody need ask."""
        return self._faults.has(DelayFrame, DropFrame, DuplicateFrame, Silence, UnknownFields)

    def dressed(self, message: Row) -> Row:
        """Return a message with a field nobody knows in each row, where a fault asks for it."""
        channel = _argument([message.get("arg") or {}])[0]
        # Order pushes have theirs already, with an unknown enum value beside it.
        if "data" not in message or not channel or channel == "orders":
            return message
        if self._faults.met(UnknownFields, channel=channel) is None:
            return message
        rows = [
            {**row, "someNewField": {"nested": ["value"]}} if isinstance(row, dict) else row
            for row in message["data"]
        ]
        return {**message, "someNewTop": "value", "data": rows}

    def outbound(self, socket: str, message: Row) -> tuple[int, ...]:
        """Return after how many ns to send a message: once, never, or twice."""
        return self._judge({"direction": "out", "socket": socket, **_occasion(message)})

    def inbound(self, socket: str, text: str) -> tuple[int, ...]:
        """Return after how many ns to handle a client's text: once, never, or twice."""
        try:
            request = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return PASS
        if not isinstance(request, dict):
            return PASS
        channel, inst_id = _argument(request.get("args"))
        occasion = {"kind": "request", "op": str(request.get("op", "")), "channel": channel}
        return self._judge({"direction": "in", "socket": socket, "inst_id": inst_id, **occasion})

    def _judge(self, occasion: dict[str, str]) -> tuple[int, ...]:
        faults = self._faults
        is_push = occasion["kind"] == "push"
        if is_push and faults.met(Silence, **occasion) is not None:
            return ()
        if faults.met(DropFrame, **occasion) is not None:
            return ()
        delay = faults.met(DelayFrame, **occasion)
        delays = (delay.ms * 1_000_000,) if delay is not None else PASS
        return delays * 2 if faults.met(DuplicateFrame, **occasion) is not None else delays


def _occasion(message: Row) -> dict[str, str]:
    channel, inst_id = _argument([message.get("arg") or {}])
    if not inst_id and isinstance(rows := message.get("data"), list) and rows and isinstance(rows[0], dict):
        inst_id = str(rows[0].get("instId", ""))
    kind = "ack" if "op" in message else "event" if "event" in message else "push"
    return {"kind": kind, "op": str(message.get("op", "")), "channel": channel, "inst_id": inst_id}


def _argument(args: object) -> tuple[str, str]:
    first = args[0] if isinstance(args, list) and args else None
    if not isinstance(first, dict):
        return "", ""
    return str(first.get("channel", "")), str(first.get("instId", ""))
