"""Before the first quote: what the journal does not explain, and the operator's answers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.commands import AnswerPreflight, Kill, Pause, Resume, SetLimit
from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder, Reply, Report, SetDeadMan
from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.preflight import CheckState, PreflightPolicy
from okxmm_tui.core.restored import LeftOrder, Restored, SavedMarket
from okxmm_tui.core.types import Side
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.store.recorder import Recorder
from okxmm_tui.engine.store.rows import NOTE
from okxmm_tui.engine.view import build_snapshot
from tests.safety.asserts import readable, said
from tests.safety.virtual import Engine, World
from tests.samples import INST, START_NS, swap

LEFT = {Side.BUY: "17000000000000001", Side.SELL: "17000000000000002"}
TOUCHES = (PlaceOrder, AmendOrder, CancelOrder, SetDeadMan)


def limits(policy: PreflightPolicy = PreflightPolicy.ASK) -> Limits:
    """A session without consoles that treats differences as told."""
    return Limits(is_headless=True, preflight=policy)


def leave_orders(world: World) -> None:
    """Two orders with our tag and the ids of a session that is gone, near the mid."""
    world.run(0.3)
    market = world.markets[INST]
    prices = {Side.BUY: market.bid_ticks - 40, Side.SELL: market.bid_ticks + market.spread_ticks + 40}
    for side, cl_ord_id in LEFT.items():
        price = swap().price_text(prices[side])
        world.fault("foreign_order", instId=INST, side=side, tag="okxmm", clOrdId=cl_ord_id, px=price, sz="1")


def leave_position(world: World, contracts: str = "2") -> None:
    """A long position from before."""
    world.run(0.3)
    world.fault("external_fill", instId=INST, side="buy", sz=contracts)


def asking(world: World, **changes: object) -> Engine:
    """An engine that has found the differences and asks."""
    engine = world.start_engine(limits=limits(), **changes)
    world.until(lambda: engine.is_ready and engine.reducer.reconciler.preflight.is_asking, 20, "the question")
    return engine


def touched(engine: Engine) -> list[object]:
    """Everything sent that could change something at the venue."""
    return [effect for kind in TOUCHES for _, effect in engine.sent(kind)]


def reply(engine: Engine) -> Reply:
    """The last answer to a command."""
    return engine.sent(Reply)[-1][1]


def answers(engine: Engine) -> list[str]:
    """What was journaled of the preflight, by its ``answer`` field."""
    return [str(each.fields["answer"]) for _, each in engine.sent(Report) if each.kind == "preflight"]


def books(lots: int) -> Restored:
    """What an earlier session on this account left: a position, and two orders not proven gone."""
    ledger = Ledger(swap())
    ledger.position.adopt(lots, Decimal(60_000))
    orders = tuple(LeftOrder(1_700_000_000, INST, each) for each in LEFT.values())
    saved = SavedMarket(1_700_000_000, START_NS, ledger.state(), complete_to_ms=0)
    return Restored(markets=(saved,), orders=orders)


class TestAsking:
    """Until the operator answers nothing is touched."""

    def test_nothing_is_sent_that_could_change_anything(self, world):
        """For a minute, with the market moving: no order, no cancel, no timer; the leftovers stand."""
        leave_orders(world)
        leave_position(world)
        engine = asking(world)
        world.run(60)
        assert touched(engine) == []
        assert {order.cl_ord_id for order in world.live_orders()} == set(LEFT.values())
        assert world.venue_position() == 2
        assert engine.block.startswith("preflight: waiting")

    def test_the_question_says_what_differs(self, world):
        """Alarm, journal and screen name both orders and the position, and that the journal has no record."""
        leave_orders(world)
        leave_position(world)
        engine = asking(world)
        said(engine, "preflight", "2 orders and 1 position:", "adopt, cancel or abort")
        text = engine.reports("preflight")[0]
        for words in ("buy 1.00 @", "sell 1.00 @", "position 2.00 ct", "no record"):
            assert words in text
        view = build_snapshot(engine.reducer, 1).preflight
        assert view is not None
        assert view.is_asking
        assert [each.what for each in view.differences] == ["order", "order", "position"]
        checks = {each.name: each for each in view.checks}
        assert checks["orders"].state is checks["positions"].state is CheckState.DIFFERENT
        assert checks["login"].state is checks["connection"].state is CheckState.GOOD
        assert checks["dead-man's switch"].state is CheckState.WAITING
        for check in view.checks:
            assert check.text
        assert answers(engine) == ["ask"]

    def test_a_kill_still_kills(self, world):
        """The leftovers are cancelled and proven gone, and nothing is quoted afterwards."""
        leave_orders(world)
        engine = asking(world)
        engine.command(Kill("test"))
        world.until(lambda: engine.reducer.safety.kill_run.is_proven, 5, "the proof")
        assert world.live_orders(None) == []
        world.run(20)
        assert engine.sent(PlaceOrder) == []
        assert engine.state == "HALTED"

    def test_what_goes_away_by_itself_needs_no_answer(self, world):
        """Somebody cancels the leftovers: venue and journal are equal, and quoting begins."""
        leave_orders(world)
        engine = asking(world)
        for order in world.live_orders():
            world.rest("POST", "trade/cancel-order", instId=INST, ordId=order.order_id)
        world.until(engine.is_quoting, 20, "quoting")
        assert answers(engine) == ["ask", "venue and journal are equal"]
        assert engine.alarm("preflight") is None

    def test_a_lost_connection_does_not_answer(self, world):
        """The private stream goes and comes back: still asked, still nothing touched."""
        leave_orders(world)
        engine = asking(world)
        world.fault("drop_connections", which="private")
        world.run(20)
        assert engine.reducer.reconciler.preflight.is_asking
        assert touched(engine) == []
        assert len(world.live_orders()) == 2

    def test_a_limit_may_be_set_while_it_asks(self, world):
        """Whether a book is there or not, the leftovers stand: they are the operator's to judge."""
        leave_orders(world)
        engine = asking(world)
        for limit, count in (("price_collar_bps", 1), ("max_order_notional_quote", 10)):
            engine.command(SetLimit(limit, Decimal(count)))
            assert reply(engine).ok
            world.fault("book_gap", instId=INST)
            world.until(lambda: not engine.market.is_two_sided, 5, "a broken book")
        engine.command(SetLimit("price_collar_bps", Decimal("0.5")))
        assert reply(engine).ok
        world.run(5)
        assert touched(engine) == []
        assert len(world.live_orders()) == 2

    def test_every_decision_is_repeated_by_a_replay(self, world):
        """The question and its answer are steps of the reducer like all others."""
        leave_orders(world)
        leave_position(world)
        engine = asking(world)
        engine.command(AnswerPreflight("cancel"))
        world.until(lambda: engine.sent(PlaceOrder) and engine.is_quoting(), 20, "quoting")
        started = engine.reducer.session.started
        again = Reducer(started, engine.started_ns)
        effects = [effect for event, at_ns in engine.inputs for effect in again.apply(event, at_ns)]
        assert effects == [effect for _, effect in engine.effects]


class TestAdopt:
    """Orders and position are taken over."""

    def test_orders_become_quotes_and_the_position_is_booked(self, world):
        """No cancel, no second order beside them: the leftovers are moved to where quotes belong."""
        leave_orders(world)
        leave_position(world)
        engine = asking(world)
        engine.command(AnswerPreflight("adopt"))
        assert reply(engine).ok
        world.until(engine.reducer.safety.is_dead_man_armed, 3, "the switch")
        world.until(lambda: not engine.block, 10, "quoting")
        assert {order.cl_ord_id for order in world.live_orders()} == set(LEFT.values())
        assert engine.sent(CancelOrder) == []
        assert engine.market.position_lots == 200
        world.run(3)
        assert len(world.live_orders()) <= 2
        assert engine.sent(AmendOrder)
        assert answers(engine) == ["ask", "adopt"]

    def test_a_pause_takes_adopted_orders_out_like_any_others(self, world):
        """From the answer on they are ours."""
        leave_orders(world)
        engine = asking(world)
        engine.command(AnswerPreflight("adopt"))
        engine.command(Pause())
        world.until(engine.is_pulled, 3, "pulling")

    def test_orders_nothing_guards_do_not_stay(self, world):
        """The switch cannot be armed: adopted orders are pulled ten seconds later."""
        leave_orders(world)
        engine = asking(world)
        world.fault("rest_error", path="trade/cancel-all-after", code="51071")
        engine.command(AnswerPreflight("adopt"))
        world.run(8)
        assert len(world.live_orders()) == 2
        world.until(engine.is_pulled, 6, "pulling")

    def test_is_refused_while_paused_with_orders_left(self, world):
        """A paused engine leaves no order standing: it says so and touches nothing."""
        leave_orders(world)
        engine = asking(world)
        engine.command(Pause())
        engine.command(AnswerPreflight("adopt"))
        assert not reply(engine).ok
        readable(reply(engine).text)
        world.run(2)
        assert touched(engine) == []
        engine.command(Resume())
        engine.command(AnswerPreflight("adopt"))
        assert reply(engine).ok
        world.until(lambda: not engine.block, 10, "quoting")


class TestCancel:
    """Orders go, the position is taken over."""

    def test_orders_are_gone_before_the_first_quote(self, world):
        """Both leftovers are cancelled, the venue lists none of them, and only then is quoted."""
        leave_orders(world)
        leave_position(world)
        engine = asking(world)
        engine.command(AnswerPreflight("cancel"))
        seen: list[set[str]] = []

        def look(event, effects):
            del event
            if any(isinstance(effect, PlaceOrder) for effect in effects) and not seen:
                seen.append({order.cl_ord_id for order in world.live_orders()})

        engine.watch = look
        world.until(lambda: seen and engine.is_quoting(), 20, "quoting")
        assert seen == [set()]
        assert {cancel.cl_ord_id for _, cancel in engine.sent(CancelOrder)} >= set(LEFT.values())
        assert engine.market.position_lots == 200
        assert answers(engine) == ["ask", "cancel"]


class TestAbort:
    """The engine ends and leaves everything as it was."""

    def test_leaves_orders_and_position_alone(self, world):
        """Exit code 75 says that orders are left; a minute later they still stand: no timer was armed."""
        leave_orders(world)
        leave_position(world)
        engine = asking(world)
        engine.command(AnswerPreflight("abort"))
        assert engine.stop is not None
        assert engine.stop.exit_code == 75
        readable(engine.stop.text)
        engine.die()
        world.run(60)
        assert touched(engine) == []
        assert len(world.live_orders()) == 2
        assert answers(engine) == ["ask", "abort"]

    def test_without_orders_the_end_is_clean(self, world):
        """Only a position was left: exit code 0."""
        leave_position(world)
        engine = asking(world)
        engine.command(AnswerPreflight("abort"))
        assert engine.stop is not None
        assert engine.stop.exit_code == 0

    def test_nothing_is_answered_twice(self, world):
        """An answer that is not asked for is refused with what was settled."""
        engine = world.quoting(limits=limits())
        engine.command(AnswerPreflight("cancel"))
        assert not reply(engine).ok
        assert "equal" in reply(engine).text


class TestBooksCarriedOn:
    """The journal knows the account."""

    def test_equal_books_ask_nothing(self, world):
        """The venue holds what the journal says: one line in the journal, and quotes."""
        leave_position(world)
        engine = world.quoting(limits=limits(), restored=books(200))
        assert answers(engine) == ["venue and journal are equal"]
        view = build_snapshot(engine.reducer, 1).preflight
        assert view is not None
        assert {c.text for c in view.checks if c.name in {"orders", "positions"}} == {"equal"}

    def test_the_journal_keeps_its_figure_until_the_answer(self, world):
        """2 at the venue, 0.5 in the journal: asked, the books unchanged; adopted by agreement, no alarm."""
        leave_position(world)
        engine = asking(world, restored=books(50))
        world.run(10)
        assert engine.market.position_lots == 50
        difference = engine.reducer.reconciler.preflight.differences[0]
        assert (difference.journal.split()[0], difference.venue.split()[0]) == ("0.50", "2.00")
        engine.command(AnswerPreflight("adopt"))
        world.until(engine.is_quoting, 20, "quoting")
        assert engine.market.position_lots == 200
        assert engine.alarm("position") is None

    def test_orders_the_journal_knows_are_named_so(self, world):
        """An order of the last session is told from one that another engine may have placed."""
        leave_orders(world)
        engine = asking(world, restored=books(0))
        kinds = {each.journal for each in engine.reducer.reconciler.preflight.differences}
        assert kinds == {"an earlier session's"}


class TestSettings:
    """``risk.preflight`` answers by itself where nobody is asked."""

    @pytest.mark.parametrize("policy", [PreflightPolicy.ADOPT, PreflightPolicy.CANCEL])
    def test_adopt_and_cancel_go_on(self, world, policy):
        """Orders are kept or cancelled, the position is booked, the answer is journaled."""
        leave_orders(world)
        leave_position(world)
        engine = world.start_engine(limits=limits(policy))
        world.until(lambda: engine.is_ready and not engine.block, 20, "quoting")
        is_kept = {order.cl_ord_id for order in world.live_orders()} == set(LEFT.values())
        assert is_kept == (policy is PreflightPolicy.ADOPT)
        assert engine.market.position_lots == 200
        assert answers(engine) == [policy.value]
        assert "by the setting risk.preflight" in engine.reports("preflight")[0]

    def test_abort_ends_at_once(self, world):
        """Nothing was touched."""
        leave_orders(world)
        engine = world.start_engine(limits=limits(PreflightPolicy.ABORT))
        world.until(lambda: engine.stop is not None, 20, "the end")
        assert touched(engine) == []
        assert len(world.live_orders()) == 2


def test_the_answer_is_in_the_journal(world):
    """Question and answer are rows of the notes table, with their field."""
    leave_orders(world)
    engine = world.start_engine(limits=limits())
    world.until(lambda: engine.is_ready, 5)
    recorder, rows = Recorder(engine.reducer, "test"), []
    engine.watch = lambda event, effects: rows.extend(recorder.rows(event, effects))
    world.until(lambda: engine.reducer.reconciler.preflight.is_asking, 20, "the question")
    engine.command(AnswerPreflight("cancel"))
    notes = [values for table, values in rows if table == NOTE and "preflight" in values]
    assert [values[-1] for values in notes] == ['{"answer":"ask"}', '{"answer":"cancel"}']
