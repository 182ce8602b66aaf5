"""The WebSocket protocol of one venue: ping, login, subscriptions and trade operations."""

from __future__ import annotations

from typing import Any

import msgspec

from okxmm_tui.exchange.api_error import ApiError, missing, no_mass_cancel, wrong
from okxmm_tui.exchange.channels import (
    CANDLE_CHANNELS,
    DEPTH_CHANNELS,
    INDEX_CHANNELS,
    ROW_CHANNELS,
    check_argument,
)
from okxmm_tui.exchange.depth_push import SLOW
from okxmm_tui.exchange.faults.kinds_orders import DropBeforeAck, Latency, PushBeforeAck, RefuseWsOrders
from okxmm_tui.exchange.faults.kinds_wire import RefuseLogin
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.login import check_login
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.market_push import MarketPushes
from okxmm_tui.exchange.private_push import PrivatePushes
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.subscriptions import (
    CAPPED_CHANNELS,
    PRIVATE_CHANNELS,
    Connection,
    Socket,
    identity_of,
    key_of,
)
from okxmm_tui.exchange.trade_operations import TradeAnswer, TradeOperations, Verb

OPERATIONS_PER_HOUR = 480
HOUR_NS = 3_600_000_000_000
MAX_REQUEST_BYTES = 64 * 1024
MAX_CHANNEL_CONNECTIONS = 30

TRADE_OPS = {
    "order": Verb.PLACE,
    "batch-orders": Verb.PLACE,
    "amend-order": Verb.AMEND,
    "batch-amend-orders": Verb.AMEND,
    "cancel-order": Verb.CANCEL,
    "batch-cancel-orders": Verb.CANCEL,
}
Row = dict[str, Any]


class WsSession:
    """Handles texts from clients; answers go to the outbox."""

    def __init__(
        self, state: VenueState, market: MarketPushes, pushes: PrivatePushes, trades: TradeOperations
    ) -> None:
        self._state = state
        self._market = market
        self._pushes = pushes
        self._trades = trades

    def receive(self, connection: Connection, text: str) -> None:
        """Handle one text of a client."""
        state = self._state
        if text == "ping":
            connection.last_ping_ns = state.now_ns
            state.outbox.send_text(connection.number, "pong")
            return
        try:
            request = msgspec.json.decode(text)
        except msgspec.DecodeError:
            request = None
        if len(text.encode()) > MAX_REQUEST_BYTES and not _is_subscription(request):
            state.registry.close(connection.number, 1009, "message too large")
            return
        if not isinstance(request, dict) or not isinstance(request.get("op"), str):
            self._error(connection, "", ApiError("60012", f"Illegal request: {text[:200]}"))
            return
        self._dispatch(connection, request)

    def _dispatch(self, connection: Connection, request: Row) -> None:
        op = request["op"]
        message_id = request.get("id") if isinstance(request.get("id"), str) else ""
        try:
            if op in TRADE_OPS:
                self._trade(connection, request)
            elif op == "mass-cancel":
                self._mass_cancel(connection, request)
            elif op in {"login", "subscribe", "unsubscribe"}:
                self._count_operation(connection)
                if op == "login":
                    self._login(connection, request)
                else:
                    self._subscriptions(connection, request, str(message_id))
            else:
                raise ApiError("60019", f"Invalid op: {op}")  # noqa: TRY301 - one place words every refusal
        except ApiError as error:
            self._error(connection, str(message_id), error)

    def _count_operation(self, connection: Connection) -> None:
        times, now_ns = connection.operations_ns, self._state.now_ns
        while times and times[0] <= now_ns - HOUR_NS:
            times.popleft()
        if len(times) >= OPERATIONS_PER_HOUR:
            raise ApiError("60014", "Requests too frequent.")
        times.append(now_ns)

    def _error(self, connection: Connection, message_id: str, error: ApiError) -> None:
        row = {"event": "error", "code": error.code, "msg": error.text, "connId": connection.conn_id}
        self._state.registry.reply(
            connection, {"id": message_id, **row} if message_id else row, self._state.now_ns
        )

    def _login(self, connection: Connection, request: Row) -> None:
        if connection.is_logged_in:
            raise ApiError("60031", "Repeated login is not allowed.")
        try:
            check_login(request.get("args"), self._state.shown_ns)
            refused = self._state.faults.met(RefuseLogin)
            if refused is not None:
                raise ApiError(refused.code, "Login failed.")  # noqa: TRY301 - one place answers every refusal
        except ApiError as error:
            self._error(connection, "", error)
            self._state.registry.close(connection.number, 4001, "login failed")
            return
        connection.is_logged_in = True
        answer = {"event": "login", "code": "0", "msg": "", "connId": connection.conn_id}
        self._state.registry.reply(connection, answer, self._state.now_ns)

    def _subscriptions(self, connection: Connection, request: Row, message_id: str) -> None:
        args = request.get("args")
        if not isinstance(args, list) or not args:
            raise ApiError("60013", "Invalid args")
        if len(msgspec.json.encode(args)) > MAX_REQUEST_BYTES:
            raise ApiError("60012", "Illegal request: args are longer than 64 KB.")
        for arg in args:
            try:
                if request["op"] == "subscribe":
                    self._subscribe(connection, check_argument(arg, connection, self._state), message_id)
                else:
                    self._unsubscribe(connection, arg, message_id)
            except ApiError as error:
                self._error(connection, message_id, error)

    def _event(self, connection: Connection, message_id: str, event: str, arg: Row) -> None:
        row: Row = {"id": message_id} if message_id else {}
        row |= {"event": event, "arg": arg, "connId": connection.conn_id}
        self._state.registry.reply(connection, row, self._state.now_ns)

    def _subscribe(self, connection: Connection, arg: Row, message_id: str) -> None:
        registry, channel = self._state.registry, arg["channel"]
        self._event(connection, message_id, "subscribe", arg)
        if channel in CAPPED_CHANNELS:
            count = registry.listener_count(channel)
            is_new = all(one.arg["channel"] != channel for one in connection.subscriptions.values())
            full = is_new and count >= MAX_CHANNEL_CONNECTIONS
            event = "channel-conn-count-error" if full else "channel-conn-count"
            shown = str(count + (is_new and not full))
            row = {"event": event, "channel": channel, "connCount": shown, "connId": connection.conn_id}
            registry.reply(connection, row, self._state.now_ns)
            if full:
                return
        if channel in SLOW:
            # Before the newcomer listens: an update must never precede its snapshot.
            self._market.depth.settle(self._state.markets[arg["instId"]])
        registry.add(connection, identity_of(arg), key_of(arg), arg)
        self._first_state(connection, arg)

    def _first_state(self, connection: Connection, arg: Row) -> None:
        channel, state = arg["channel"], self._state
        if channel in PRIVATE_CHANNELS:
            self._pushes.snapshot(connection, arg)
        elif channel in DEPTH_CHANNELS:
            self._market.depth.snapshot(connection, channel, state.markets[arg["instId"]])
        elif channel in ROW_CHANNELS | CANDLE_CHANNELS:
            send = self._market.candles if channel in CANDLE_CHANNELS else self._market.snapshot
            send(connection, channel, self._market_of(channel, arg["instId"]))

    def _market_of(self, channel: str, wanted: str) -> Market:
        index = self._state.index_market(wanted) if channel in INDEX_CHANNELS else None
        return index or self._state.market(wanted)

    def _unsubscribe(self, connection: Connection, arg: object, message_id: str) -> None:
        if not isinstance(arg, dict) or not isinstance(arg.get("channel"), str):
            raise ApiError("60013", "Invalid args")
        if identity_of(arg) not in connection.subscriptions:
            raise ApiError("60018", f"Not subscribed: {arg.get('channel')}.")
        self._state.registry.drop(connection, identity_of(arg), key_of(arg))
        self._event(connection, message_id, "unsubscribe", arg)

    def _trade(self, connection: Connection, request: Row) -> None:
        _check_trader(connection, request)
        state, received_ns = self._state, self._state.now_ns
        state.faults.via = "ws"
        late = state.faults.operation(Latency, TRADE_OPS[request["op"]].value, self._named(request))
        late_ms = state.settings.latency_ms + (late.ms if late is not None else 0)
        if late_ms:
            number, due_ns = connection.number, received_ns + late_ms * 1_000_000
            state.timers.at(due_ns, lambda: self._trade_later(number, request, received_ns))
        else:
            self._execute(connection, request, received_ns)

    def _mass_cancel(self, connection: Connection, request: Row) -> None:
        _check_trader(connection, request)
        # Options with market-maker protection only; no account of this exchange has that permission.
        refusal, now_ns = no_mass_cancel(), self._state.now_ns
        answer = TradeAnswer(refusal.code, refusal.text, [])
        shown = self._envelope(request, answer, self._state.shown_ns)
        self._state.registry.reply(connection, shown, now_ns)

    def _trade_later(self, number: int, request: Row, received_ns: int) -> None:
        # The connection may be gone by now; the request was received, so it executes all the same.
        self._execute(self._state.registry.connections.get(number), request, received_ns)

    def _named(self, request: Row) -> str:
        """Return the instrument a trade request names first; empty when there is none."""
        args = request.get("args")
        first = args[0] if isinstance(args, list) and args else None
        code = first.get("instIdCode") if isinstance(first, dict) else None
        found = self._state.by_code.get(code) if isinstance(code, int) else None
        return found.inst_id if found is not None else ""

    def _execute(self, connection: Connection | None, request: Row, received_ns: int) -> None:
        state, op, args = self._state, request["op"], request.get("args")
        verb, inst_id = TRADE_OPS[op], self._named(request)
        received_ns += state.faults.skew_ns()
        state.faults.via = "ws"
        self._pushes.hold()
        is_single = not op.startswith("batch-")
        if is_single and isinstance(args, list) and len(args) > 1:
            answer = TradeAnswer("60013", "Invalid args", [])
        else:
            exp_time = request.get("expTime")
            answer = self._trades.execute(
                verb, args, lambda params: self._listing(verb, params), exp_time, received_ns
            )
        if state.faults.operation(PushBeforeAck, verb.value, inst_id) is not None:
            self._pushes.release()
        dropped = state.faults.operation(DropBeforeAck, verb.value, inst_id) if connection else None
        if connection is not None and dropped is not None:
            state.registry.close(connection.number, 4006, "connection dropped by an injected fault")
        elif connection is not None and not answer.is_lost:
            state.registry.reply(connection, self._envelope(request, answer, received_ns), state.now_ns)
        self._pushes.release()

    def _envelope(self, request: Row, answer: TradeAnswer, received_ns: int) -> Row:
        return {
            "id": request["id"],
            "op": request["op"],
            "code": answer.code,
            "msg": answer.msg,
            "data": answer.data,
            "inTime": str(received_ns // 1000),
            "outTime": str(self._state.shown_ns // 1000),
        }

    def _listing(self, verb: Verb, params: Row) -> Listing:
        code = params.get("instIdCode")
        if code is None or code == "":
            raise missing("instIdCode")
        if not isinstance(code, int) or isinstance(code, bool):
            raise wrong("instIdCode", "must be an unquoted integer")
        found = self._state.by_code.get(code)
        if found is None:
            raise ApiError("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
        refused = self._state.faults.operation(RefuseWsOrders, verb.value, found.inst_id)
        if refused is not None:
            raise ApiError(refused.code, "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
        return found


def _is_subscription(request: object) -> bool:
    return isinstance(request, dict) and request.get("op") in {"subscribe", "unsubscribe"}


def _check_trader(connection: Connection, request: Row) -> None:
    if connection.socket is not Socket.PRIVATE:
        raise ApiError("60028", f"The op {request['op']} is not supported on this URL.")
    if not connection.is_logged_in:
        raise ApiError("60011", "Please log in.")
    if not isinstance(request.get("id"), str) or not request["id"].isalnum() or len(request["id"]) > 32:
        raise ApiError("60013", "Invalid args: id is mandatory, letters and digits, at most 32.")
