"""Daily loss and drawdown: the ladder, the day's turn, and figures nobody can vouch for."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.commands import Arm, Reduce, Resume, SetParam
from okxmm_tui.core.effects import CancelOrder, PlaceOrder
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import MarkPrice
from okxmm_tui.engine.loss_limits import DAY_NS, LossLimits, PnlFigure
from tests.engine.desk import Desk
from tests.samples import INST, swap

LIMITS = Limits(
    is_headless=True,
    max_daily_loss_quote=Decimal(100),
    max_drawdown_quote=Decimal(150),
    dead_man_timeout_s=120,
)


def made() -> tuple[Desk, LossLimits]:
    """A quoting desk and limits that the test feeds by hand."""
    desk = Desk(LIMITS)
    desk.quoting()
    reducer = desk.reducer
    limits = LossLimits(reducer.session, reducer.safety, reducer.flatten, reducer.tuning.limit_tripped)
    return desk, limits


def pnl(desk: Desk, limits: LossLimits, amount: float, doubt: str = "", after_s: float = 0.05) -> str:
    """One figure; returns the trading state after it."""
    desk.now_ns += int(after_s * 1e9)
    desk.reducer.session.now_ns = desk.now_ns
    desk.reducer.session.effects = []
    limits.on_tick(PnlFigure(Decimal(str(amount)), doubt))
    desk.effects += desk.reducer.session.effects
    return desk.state


def test_the_ladder_reduces_at_eighty_per_cent_and_halts_at_the_limit():
    """79.9 is fine, 80 reduces, 100 halts and cancels."""
    desk, limits = made()
    assert pnl(desk, limits, -79.9) == "ACTIVE"
    assert pnl(desk, limits, -80) == "REDUCING"
    assert desk.reducer.session.machine.reason == "daily loss 80.00 / 100.00"
    assert pnl(desk, limits, -100) == "HALTED"
    assert len(desk.taken(CancelOrder)) == 4
    assert desk.reducer.session.alarms.is_standing("limit-daily loss")


def test_a_riskier_parameter_of_the_last_ten_seconds_is_taken_back():
    """Only reducing at 80 %: the size raised just before is the old one again."""
    desk, limits = made()
    desk.command(SetParam(INST, "order_size", Decimal(3)))
    pnl(desk, limits, -79)
    assert desk.market.params["order_size"] == 3
    assert pnl(desk, limits, -81) == "REDUCING"
    assert desk.market.params["order_size"] == 1


def test_drawdown_counts_from_the_days_high():
    """Up 120, then down to -30: the daily loss is small, the fall is 150."""
    desk, limits = made()
    assert pnl(desk, limits, 120) == "ACTIVE"
    assert pnl(desk, limits, 0) == "REDUCING"
    assert pnl(desk, limits, -30) == "HALTED"


def test_midnight_starts_a_new_day():
    """Yesterday's loss no longer counts; what is lost from there does."""
    desk, limits = made()
    pnl(desk, limits, -70)
    to_midnight_s = (DAY_NS - desk.now_ns % DAY_NS) / 1e9
    assert pnl(desk, limits, -75, after_s=to_midnight_s + 1) == "ACTIVE"
    assert limits.day_pnl_quote == Decimal(-5)
    assert pnl(desk, limits, -151) == "REDUCING"


def test_earlier_sessions_of_the_day_count():
    """A restart does not forgive: -90 from before and -11 now are -101."""
    desk, limits = made()
    limits.restore_day(Decimal(-90), Decimal(0))
    assert pnl(desk, limits, 0) == "REDUCING"
    assert pnl(desk, limits, -11) == "HALTED"


def test_a_doubtful_figure_pauses_and_never_kills():
    """A loss of a million that nobody can vouch for pauses; ten good seconds later it quotes again."""
    desk, limits = made()
    assert pnl(desk, limits, -1_000_000, doubt="mark price is stale") == "PAUSED"
    assert desk.reducer.session.machine.reason == "PnL not trustworthy: mark price is stale"
    assert pnl(desk, limits, 0) == "PAUSED"
    assert pnl(desk, limits, 0, after_s=9.9) == "PAUSED"
    assert pnl(desk, limits, 0, after_s=0.2) == "ACTIVE"
    assert not desk.reducer.session.alarms.is_standing("pnl-trust")


def test_trust_gives_back_the_state_that_doubt_took():
    """Only reducing stays only reducing: a doubt that comes and goes must not let positions grow again."""
    desk, limits = made()
    desk.command(Reduce())
    reason = desk.reducer.session.machine.reason
    assert pnl(desk, limits, 0, doubt="mark price is stale") == "PAUSED"
    pnl(desk, limits, 0)
    assert pnl(desk, limits, 0, after_s=10.1) == "REDUCING"
    assert desk.reducer.session.machine.reason == reason


def test_doubt_hides_no_loss():
    """When the figure is good again and the loss is real, it halts."""
    desk, limits = made()
    pnl(desk, limits, 0, doubt="residual 3.2 USDT")
    assert pnl(desk, limits, -100) == "HALTED"


def test_a_pause_of_the_operator_is_not_ended_by_trust():
    """Only a pause that doubt made is lifted when doubt goes."""
    from okxmm_tui.core.commands import Pause

    desk, limits = made()
    desk.command(Pause())
    pnl(desk, limits, 0, doubt="x")
    assert pnl(desk, limits, 0, after_s=20) == "PAUSED"


def test_a_resume_within_a_broken_limit_halts_again():
    """The typed way out is another limit, not another try."""
    desk, limits = made()
    pnl(desk, limits, -100)
    desk.command(Arm())
    run = desk.reducer.safety.kill_run
    assert run is not None
    run.empty_replies = 2
    desk.command(Resume())
    assert desk.state == "ACTIVE"
    assert pnl(desk, limits, -100) == "HALTED"


@given(st.lists(st.floats(-300, 300), min_size=1, max_size=30))
def test_no_trusted_loss_beyond_the_limit_is_ever_traded_on(path):
    """Whatever the path, at the first figure at or beyond a limit the engine is HALTED and stays so."""
    desk, limits = made()
    high, broken = Decimal(0), False
    for amount in path:
        figure = Decimal(str(amount))
        high = max(high, figure)
        broken = broken or figure <= -100 or high - figure >= 150
        assert (pnl(desk, limits, amount) == "HALTED") is broken


ETH = "ETH-USDT-SWAP"


def losing(desk: Desk, seconds: int) -> None:
    """Hold five contracts while the mark falls ten a second; the book stays lively."""
    desk.market.ledger.position.adopt(500, Decimal(60_000))
    for second in range(seconds):
        desk.feed(MarkPrice(INST, Decimal(60_000 - 10 * second), 0))
        desk.update()
        desk.run(1_000, 250)
        desk.arm_dead_man()


def test_a_mark_that_fell_silent_is_no_price_however_lively_the_book():
    """The position is valued at the mark: while that stands still, its losses are not seen."""
    desk = Desk(limits=LIMITS)
    desk.quoting()
    losing(desk, 1)

    def live(seconds: int) -> str:
        for _ in range(seconds):
            desk.update(bids=((600_000, 500),))
            desk.run(1_000, 250)
        return desk.state

    assert live(13) == "ACTIVE"
    assert live(3) == "PAUSED"
    assert "BTC-USDT-SWAP has had no price" in desk.reducer.session.machine.reason
    for _ in range(12):
        desk.feed(MarkPrice(INST, Decimal(60_000), 0))
        live(1)
    assert desk.state == "ACTIVE"


def test_a_position_that_never_had_a_price_hides_no_other_loss():
    """One market without a price must not switch the loss limits off for all."""
    desk = Desk(limits=LIMITS, instruments=(swap(), swap(ETH)))
    desk.connect()
    desk.reducer.session.markets[ETH].ledger.position.adopt(300, Decimal(60_000))
    desk.book()
    losing(desk, 14)
    assert desk.state == "ACTIVE"
    losing(desk, 3)
    assert desk.state == "PAUSED"
    assert "ETH-USDT-SWAP has had no price" in desk.reducer.session.machine.reason


def test_a_resume_near_a_limit_quotes_nothing_that_grows_not_even_once():
    """Between the key and the next look at the figure no order goes out that could grow the position."""
    desk, _ = made()
    limits = desk.reducer.loss_limits
    for order in desk.market.orders.working:
        desk.cancelled(order.cl_ord_id)
    pnl(desk, limits, -85)
    before = len(desk.effects)
    desk.command(Resume())
    assert desk.state == "ACTIVE"
    desk.update()
    assert not desk.taken(PlaceOrder, desk.effects[before:])
    pnl(desk, limits, 0, doubt="x")
    desk.command(Resume())
    desk.update()
    assert not desk.taken(PlaceOrder, desk.effects[before:])
    assert "PnL not trustworthy" in desk.reducer._block(desk.market)


def test_the_halt_is_told_louder_than_the_warning_before_it():
    """A critical alarm of its own weight, unseen again, and it takes an arming back."""
    desk, limits = made()
    pnl(desk, limits, -85)
    desk.reducer.session.alarms.acknowledge_all()
    desk.reducer.session.machine.arm(desk.now_ns)
    pnl(desk, limits, -100)
    (alarm,) = [view for view in desk.reducer.session.alarms.views() if view.key == "limit-daily loss"]
    assert (alarm.severity, alarm.is_acknowledged) == ("critical", False)
    assert [line.text for line in desk.reducer.session.log if line.kind == "alarm"][-1].endswith(": halted")
