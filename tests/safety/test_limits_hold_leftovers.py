"""The limits hold as well in a session that begins with orders and a position of an earlier one."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from msgspec import structs

from okxmm_tui.core.commands import AnswerPreflight, SetLimit, SetParam
from okxmm_tui.core.effects import PlaceOrder
from okxmm_tui.core.messages import BalanceUpdate, OrderBudget, StreamUp
from okxmm_tui.core.preflight import PreflightAnswer, PreflightPolicy
from okxmm_tui.core.types import Side
from tests.engine.desk import Desk
from tests.safety.test_limits_hold import EQUITY, LOOSE, LOT, TIGHT, LimitsHold, _Sent
from tests.samples import INST

LEFT = st.tuples(st.sampled_from(Side), st.integers(1, 400), st.integers(1, 600))
"""Side, lots, and ticks from the best price."""


class LimitsHoldOverLeftovers(LimitsHold):
    """The same accountant; what was left behind counts, and the operator answers some time, or never."""

    @initialize(
        tight=st.sampled_from(TIGHT),
        left=st.lists(LEFT, max_size=4),
        held_lots=st.sampled_from([0, 150, -300]),
        has_book=st.booleans(),
    )
    def begin(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        tight: dict[str, Decimal],
        left: list[tuple[Side, int, int]],
        held_lots: int,
        has_book: bool,  # noqa: FBT001 - a rule's argument
    ) -> None:
        """Connected, with or without a book, and asking what to do with what is there."""
        most = tight.get("max_position", Decimal(20))
        self.max_position, self.position = int(most / LOT), held_lots
        narrow = {name: tight[name] for name in tight if name != "max_position"}
        limits = structs.replace(LOOSE, preflight=PreflightPolicy.ASK, **narrow)
        self.desk = Desk(limits=limits, params={"order_size": Decimal(1), "max_position": most})
        for number, (side, lots, away_ticks) in enumerate(left):
            best = self.bid if side is Side.BUY else self.ask
            order = _Sent(PlaceOrder(INST, f"left{number}", side, best - side.sign * away_ticks, lots, 0))
            order.is_live = True
            self.sent[f"left{number}"] = order
        for event in (
            OrderBudget(0, 51),
            StreamUp("public"),
            BalanceUpdate("USDT", EQUITY, EQUITY, EQUITY, 1),
        ):
            self.apply(event)
        if has_book:
            self.check(self.desk.book())
        self.log_in()

    @rule(answer=st.sampled_from(["adopt", "cancel"]))
    def answer_preflight(self, answer: PreflightAnswer) -> None:
        """The operator decides."""
        self.command(AnswerPreflight(answer))
        self.log_in()

    @rule(
        name=st.sampled_from(["max_order_notional_quote", "max_position_notional_quote", "max_gross_quote"]),
        value=st.sampled_from([700, 1_500, 2_500]),
    )
    def set_limit(self, name: str, value: int) -> None:
        """A limit becomes narrower, or wider where that is allowed."""
        self.command(SetLimit(name, Decimal(value)))

    @rule(contracts=st.sampled_from([1, 2, 5]))
    def set_max_position(self, contracts: int) -> None:
        """The strategy's own maximum changes."""
        self.max_position = max(self.max_position, contracts * 100)
        self.command(SetParam(INST, "max_position", Decimal(contracts)))
        self.max_position = self.desk.market.max_position_lots


LimitsHoldOverLeftovers.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLimitsHoldOverLeftovers = LimitsHoldOverLeftovers.TestCase
