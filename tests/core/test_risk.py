"""Nothing leaves that breaks a limit."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from okxmm_tui.core.effects import PlaceOrder
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.risk import Refusal, RiskContext, review_amend, review_place
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import OrderKind, Side
from tests.samples import START_NS, swap

CONTEXT = RiskContext(
    instrument=swap(),
    state=TradingState.ACTIVE,
    limits=Limits(),
    bid_ticks=600_000,
    ask_ticks=600_001,
    position_lots=0,
    max_position_lots=500,
    working_buy_lots=0,
    working_sell_lots=0,
    budget_left=10,
    now_ns=START_NS,
)


def test_a_sound_order_is_built_post_only_with_an_expiry():
    """The approved effect carries what the venue needs to drop it when it is late."""
    effect = review_place(CONTEXT, Side.BUY, 599_900, 100, "c1")
    assert isinstance(effect, PlaceOrder)
    assert effect.order_kind is OrderKind.POST_ONLY
    assert effect.expire_ms == START_NS // 1_000_000 + CONTEXT.limits.order_expire_ms


@pytest.mark.parametrize(
    ("changes", "side", "price_ticks", "size_lots", "reason"),
    [
        ({"state": TradingState.PAUSED}, Side.BUY, 599_900, 100, "PAUSED"),
        ({"state": TradingState.HALTED}, Side.SELL, 600_100, 100, "HALTED"),
        ({"state": TradingState.REDUCING}, Side.BUY, 599_900, 100, "shrink"),
        ({"instrument": swap(state="suspend")}, Side.BUY, 599_900, 100, "suspend"),
        ({}, Side.BUY, 600_001, 100, "cross"),
        ({}, Side.SELL, 600_000, 100, "cross"),
        ({}, Side.BUY, 590_000, 100, "collar"),
        ({}, Side.SELL, 610_000, 100, "collar"),
        ({}, Side.BUY, 599_900, 0, "size"),
        ({}, Side.BUY, -5, 100, "positive"),
        ({}, Side.BUY, 599_900, 900, "above limit"),
        ({"position_lots": 450}, Side.BUY, 599_900, 100, "maximum position"),
        ({"position_lots": -450}, Side.SELL, 600_100, 100, "maximum position"),
        ({"working_buy_lots": 450}, Side.BUY, 599_900, 100, "maximum position"),
        ({"budget_left": 0}, Side.BUY, 599_900, 100, "budget"),
    ],
)
def test_refusals_say_why(changes, side, price_ticks, size_lots, reason):
    """Each limit refuses on its own and names itself."""
    verdict = review_place(structs.replace(CONTEXT, **changes), side, price_ticks, size_lots, "c1")
    assert isinstance(verdict, Refusal)
    assert reason in verdict.reason


def test_reducing_lets_the_closing_side_through():
    """With a long position, a sell that shrinks it is allowed and marked reduce-only."""
    context = structs.replace(CONTEXT, state=TradingState.REDUCING, position_lots=100)
    effect = review_place(context, Side.SELL, 600_100, 100, "c1")
    assert isinstance(effect, PlaceOrder)
    assert effect.reduce_only
    assert isinstance(review_place(context, Side.SELL, 600_100, 101, "c1"), Refusal)


def test_position_value_has_its_own_limit():
    """The worst case in money refuses even where the strategy's own limit is generous."""
    context = structs.replace(
        CONTEXT, max_position_lots=10**9, limits=Limits(max_position_notional_quote=Decimal(1_000))
    )
    verdict = review_place(context, Side.BUY, 599_900, 200, "c1")
    assert isinstance(verdict, Refusal)
    assert "above limit" in verdict.reason


@given(
    st.sampled_from(Side),
    st.integers(590_000, 610_000),
    st.integers(0, 1_000),
    st.integers(-600, 600),
    st.integers(0, 600),
)
def test_whatever_passes_keeps_the_worst_case_inside(side, price_ticks, size_lots, position, working):
    """No approved order can take the position beyond its limit, even if everything fills."""
    context = structs.replace(
        CONTEXT, position_lots=position, working_buy_lots=working, working_sell_lots=working
    )
    if isinstance(review_place(context, side, price_ticks, size_lots, "c1"), PlaceOrder):
        assert side.sign * position + working + size_lots <= context.max_position_lots
        assert (price_ticks < context.ask_ticks) if side is Side.BUY else (price_ticks > context.bid_ticks)


def test_amends_pass_the_same_checks():
    """An amend to a crossing price is refused; the filled part does not count twice."""
    crossing = review_amend(CONTEXT, Side.BUY, 600_001, 100, filled_lots=0, cl_ord_id="c1", req_id="1")
    assert isinstance(crossing, Refusal)
    context = structs.replace(CONTEXT, position_lots=450)
    sound = review_amend(context, Side.BUY, 599_900, 90, filled_lots=40, cl_ord_id="c1", req_id="1")
    assert not isinstance(sound, Refusal)


def test_only_risk_builds_orders():
    """No other module of the package constructs an order to place or amend."""
    package = Path(__file__).parents[2] / "okxmm_tui"
    builders = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"PlaceOrder", "AmendOrder"}
    }
    assert builders == {"core/risk.py"}


def _refused(**changes: object) -> str:
    result = review_place(structs.replace(CONTEXT, **changes), Side.BUY, 599_000, 100, "1")
    return result.reason if isinstance(result, Refusal) else ""


def test_shares_of_equity_bound_one_order_and_all_orders():
    """A contract is worth 599: more than 5 % of 10,000; with 24,900 open it breaks 25 % of 100,000."""
    assert _refused(equity_quote=Decimal(10_000)) == "order worth 599 above 5.00 % of equity 10000"
    assert _refused(equity_quote=Decimal(100_000)) == ""
    reason = _refused(equity_quote=Decimal(100_000), open_quote=Decimal(24_900))
    assert reason == "open orders worth 25499 above 25.00 % of equity 100000"
    assert _refused(equity_quote=None, open_quote=Decimal(10**9)) == ""


def test_exposure_counts_the_other_markets():
    """Gross without sign, net with it, leverage against equity."""
    assert "gross exposure 100500" in _refused(others_gross_quote=Decimal(99901))
    assert "net exposure 75599" in _refused(others_net_quote=Decimal(75_000))
    assert _refused(others_net_quote=Decimal(-75_000)) == ""
    reason = _refused(equity_quote=Decimal(100_000), others_gross_quote=Decimal(99_000))
    assert reason == ""
    limits = structs.replace(CONTEXT.limits, max_leverage=Decimal("0.5"), max_order_share=Decimal(1))
    assert "times equity" in _refused(
        equity_quote=Decimal(100_000), others_gross_quote=Decimal(50_000), limits=limits
    )


def test_what_shrinks_the_position_is_not_held_back_by_exposure():
    """A bid of a contract while short two passes whatever the other markets hold."""
    assert _refused(position_lots=-200, others_gross_quote=Decimal(10**9), equity_quote=Decimal(1)) == ""
