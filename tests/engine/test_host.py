"""The host carries effects out, in order, and ends in order; with a gateway made of a list."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from okxmm_tui.core.account import AccountFacts, FeeRates
from okxmm_tui.core.commands import Kill, Quit
from okxmm_tui.core.effects import AmendOrder, CancelOrder, FetchTruth, PlaceOrder, PollPending, SetDeadMan
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import (
    BookSnapshot,
    BookUpdate,
    DeadManArmed,
    OperatorCommand,
    OrderBudget,
    PendingPolled,
    StreamUp,
    Tick,
    TruthFetched,
)
from okxmm_tui.core.snapshot import Farewell, Snapshot
from okxmm_tui.core.types import Mode
from okxmm_tui.engine import host as module
from okxmm_tui.engine.host import EngineHost
from okxmm_tui.engine.journal import log_path, read_log
from okxmm_tui.engine.link import EngineLink, socket_path
from okxmm_tui.engine.plan import SessionPlan
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.errors import UsageError
from tests.samples import INST, order_update, swap


class ListGateway:
    """Answers like a venue where orders rest and cancels work at once."""

    def __init__(self):
        self.seen = []
        self.is_closed = False
        self.broken = asyncio.Event()
        self.has_broken_execute = False
        self.rescued = ""
        self.rescues = 0
        self.quoted = asyncio.Event()
        self._emit = lambda event: None

    async def prepare(self, inst_ids):
        """One instrument is known."""
        if inst_ids != (INST,):
            raise UsageError(f"symbol {inst_ids[0]!r} does not exist.")
        return [swap()], AccountFacts(
            "list", {"BTC-USDT-SWAP": FeeRates(Decimal("0.0002"), Decimal("0.0005"))}
        )

    async def run(self, emit):
        """Streams up, a book and its updates; then nothing, for ever."""
        self._emit = emit
        emit(OrderBudget(0, 51))
        emit(StreamUp("public"))
        emit(StreamUp("private"))
        emit(BookSnapshot(INST, ((600_000, 500),), ((600_001, 500),), 1, 0))
        for seq in range(2, 7):
            emit(BookUpdate(INST, (), (), seq, 0))
        await self.broken.wait()
        raise RuntimeError("a service broke")

    def execute(self, effects):
        """Answer at once."""
        if self.has_broken_execute:
            raise RuntimeError("nothing can be sent")
        self.seen += effects
        loop = asyncio.get_running_loop()
        for effect in effects:
            match effect:
                case FetchTruth(request_id):
                    loop.call_soon(self._emit, TruthFetched(request_id, (), (), (), ()))
                case SetDeadMan(timeout_s):
                    trigger = 0 if timeout_s == 0 else 2**62 // 1_000_000
                    loop.call_soon(self._emit, DeadManArmed(trigger))
                case PollPending(request_id):
                    loop.call_soon(self._emit, PendingPolled(request_id, ()))
                case PlaceOrder():
                    push = order_update(effect.cl_ord_id, effect.side, effect.price_ticks, effect.size_lots)
                    loop.call_soon(self._emit, push)
                    self.quoted.set()

    async def rescue(self, deadline_s):
        """Say what the test wants to hear."""
        del deadline_s
        self.rescues += 1
        if self.rescued == "raise":
            raise RuntimeError("no way out")
        return self.rescued

    async def close(self):
        """Remember it."""
        self.is_closed = True


async def _fail(tmp_path, gateway, break_it) -> Farewell:
    """Run a host with a console on it until it ends because of a defect; returns its last word."""
    host = _host(tmp_path, gateway, [])
    async with asyncio.timeout(20):
        running = asyncio.create_task(host.run())
        await gateway.quoted.wait()
        link = await EngineLink.connect(socket_path(tmp_path), "test")
        source = link.messages()
        await anext(source)
        break_it(host)
        last = None
        async for message in source:
            last = message
        assert await running == 75
        link.close()
    assert isinstance(last, Farewell)
    assert last.exit_code == 75
    assert gateway.is_closed
    return last


def _host(tmp_path, gateway, reports, symbols=(INST,)):
    plan = SessionPlan(
        mode=Mode.SIM, symbols=symbols, strategy="inventory_skew", params={}, limits=Limits(), tag="okxmm"
    )
    return EngineHost(
        gateway, plan, tmp_path, on_report=lambda _, report: reports.append(report), on_ready=lambda: None
    )


async def test_a_session_from_start_to_a_proven_end(tmp_path):
    """Quotes, a console on it, kill by key line, quit, farewell 0, a log that replays."""
    gateway, reports = ListGateway(), []
    host = _host(tmp_path, gateway, reports)
    async with asyncio.timeout(20):
        running = asyncio.create_task(host.run())
        await gateway.quoted.wait()
        link = await EngineLink.connect(socket_path(tmp_path), "test")
        seen, has_quit = [], False
        async for message in link.messages():
            seen.append(message)
            if isinstance(message, Snapshot) and message.trading_state == "ACTIVE" and len(seen) == 1:
                link.kill_now("key")
            if isinstance(message, Snapshot) and message.kill and message.kill.is_proven and not has_quit:
                has_quit = bool(link.send(Quit("done")))
            if isinstance(message, Farewell):
                break
        assert await running == 0
        link.close()
    assert isinstance(seen[-1], Farewell)
    assert seen[-1].exit_code == 0
    assert gateway.is_closed
    assert "kill" in {report.kind for report in reports}
    records = list(read_log(log_path(tmp_path, host.reducer.session.started.session_id)))
    again = Reducer(records[0].event, records[0].at_ns)
    assert all(tuple(again.apply(each.event, each.at_ns)) == each.effects for each in records[1:])


async def test_a_refused_start_sends_nothing(tmp_path):
    """The error comes out; no socket, no order."""
    gateway = ListGateway()
    with pytest.raises(UsageError, match="NOPE"):
        await _host(tmp_path, gateway, [], symbols=("NOPE",)).run()
    assert gateway.seen == []
    assert not socket_path(tmp_path).exists()


async def test_a_defect_in_the_engine_cancels_and_ends_unproven(tmp_path, monkeypatch):
    """An exception nobody expected: cancels over both routes, exit 75, words for the operator."""
    gateway = ListGateway()
    host = _host(tmp_path, gateway, [])

    def broken(*_):
        raise RuntimeError("defect")

    async with asyncio.timeout(20):
        running = asyncio.create_task(host.run())
        await gateway.quoted.wait()
        link = await EngineLink.connect(socket_path(tmp_path), "test")
        source = link.messages()
        await anext(source)
        monkeypatch.setattr(host.reducer.commands, "_carry_out", broken)
        link.send(Kill())
        last = None
        async for message in source:
            last = message
        assert await running == 75
        link.close()
    assert isinstance(last, Farewell)
    assert "defect" in last.text
    cancels = [effect for effect in gateway.seen if isinstance(effect, CancelOrder)]
    assert {cancel.by_rest for cancel in cancels} == {True, False}
    before = len(gateway.seen)
    host.emit(StreamUp("private"))
    assert len(gateway.seen) == before


@pytest.mark.parametrize(
    ("rescued", "words"),
    [
        ("", "its orders were then proven gone"),
        ("the venue did not answer", "NOT PROVEN that its orders are gone (the venue did not answer)"),
        ("raise", "NOT PROVEN that its orders are gone (RuntimeError: no way out)"),
    ],
)
async def test_a_gateway_that_breaks_is_gone_round(tmp_path, rescued, words):
    """It can send nothing any more: orders are taken out past it, and the last word says how that went."""
    gateway = ListGateway()
    gateway.rescued = rescued
    last = await _fail(tmp_path, gateway, lambda host: gateway.broken.set())
    assert "a service broke" in last.text
    assert words in last.text
    assert gateway.rescues == 1


async def test_a_gateway_that_takes_nothing_ends_the_engine_all_the_same(tmp_path):
    """Neither the effects of a step nor the cancels after it can be handed over: no hanging, no silence."""
    gateway = ListGateway()

    def break_it(host) -> None:
        gateway.has_broken_execute = True
        host._command(Kill())

    last = await _fail(tmp_path, gateway, break_it)
    assert "nothing can be sent" in last.text
    assert gateway.rescues == 1


@pytest.mark.parametrize("name", ["gateway", "tick", "publish"])
async def test_a_task_that_ends_by_itself_is_a_defect(tmp_path, name):
    """Nobody would renew, send or show anything again, and nobody would know."""

    def break_it(host) -> None:
        del host
        (task,) = [each for each in asyncio.all_tasks() if each.get_name() == name]
        task.cancel()

    last = await _fail(tmp_path, ListGateway(), break_it)
    assert f"the {name} task ended by itself" in last.text


async def test_a_picture_that_cannot_be_drawn_does_not_cost_the_orderly_end(tmp_path, monkeypatch):
    """Cancels go out, the gateway is closed after them, and consoles hear the last word."""

    def broken(*_):
        raise RuntimeError("no picture")

    gateway = ListGateway()
    last = await _fail(tmp_path, gateway, lambda host: monkeypatch.setattr(module, "build_snapshot", broken))
    assert "no picture" in last.text
    assert [effect for effect in gateway.seen if isinstance(effect, CancelOrder)]


async def test_an_engine_that_wakes_up_decides_nothing_on_what_it_reads_first(tmp_path):
    """After a second's sleep the sockets speak before the timers: the overdue tick pulls the quotes first."""
    gateway = ListGateway()
    host = _host(tmp_path, gateway, [])
    async with asyncio.timeout(20):
        running = asyncio.create_task(host.run())
        await gateway.quoted.wait()
        await asyncio.sleep(0)
        assert host._beat._due_s is not None
        host._beat._due_s -= 1.0
        before = len(gateway.seen)
        host.emit(BookUpdate(INST, ((600_000, 0), (590_000, 5)), ((600_001, 0), (590_001, 5)), 7, 0))
        sent = [
            each for each in gateway.seen[before:] if isinstance(each, PlaceOrder | AmendOrder | CancelOrder)
        ]
        assert [type(each) for each in sent] == [CancelOrder, CancelOrder]
        host.emit(OperatorCommand("", 0, Quit("done")))
        assert await running == 0
    records = list(read_log(log_path(tmp_path, host.reducer.session.started.session_id)))
    late = [isinstance(each.event, Tick) and each.event.lag_ns > 9e8 for each in records]
    assert late.count(True) == 1
    assert isinstance(records[late.index(True) + 1].event, BookUpdate)


async def test_ticks_go_on_after_one_that_was_overdue(tmp_path):
    """It is not told twice, and the next one is on time."""
    gateway = ListGateway()
    host = _host(tmp_path, gateway, [])
    ticks: list[int] = []
    async with asyncio.timeout(20):
        running = asyncio.create_task(host.run())
        await gateway.quoted.wait()
        reducer = host.reducer
        assert reducer is not None
        real = reducer.apply

        def apply(event, now_ns):
            if isinstance(event, Tick):
                ticks.append(event.lag_ns)
            return real(event, now_ns)

        reducer.apply = apply
        host._beat._due_s -= 1.0
        host.emit(StreamUp("public"))
        while len(ticks) < 3:
            await asyncio.sleep(0)
        host.emit(OperatorCommand("", 0, Quit("done")))
        assert await running == 0
    assert [lag > 9e8 for lag in ticks[:3]] == [True, False, False]
