"""Faults of trade operations, of orders, and of the account from outside."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from okxmm_tui.exchange.faults.kinds_wire import ChannelName, Code, InstId, Millis
from okxmm_tui.exchange.faults.when import Fault, Seconds, Times

OpName = Literal["", "place", "amend", "cancel"]
Op = Annotated[OpName, Meta(description="place, amend or cancel; empty is each of them")]
Via = Annotated[Literal["", "rest", "ws"], Meta(description="transport; empty is both")]
ChosenSide = Annotated[
    Literal["", "long", "short"],
    Meta(description="position in long/short mode; empty is the one its side opens"),
]
Count = Annotated[Times | None, Meta(description="how often it strikes at most; null has no limit")]


class OperationFault(Fault, frozen=True, kw_only=True):
    """A fault of place, amend and cancel requests."""

    inst_id: InstId = ""
    op: Op = ""
    via: Via = ""


class RejectNext(OperationFault, frozen=True, kw_only=True):
    """Refuse orders of a request one by one (sCode); nothing is carried out."""

    code: Code
    op: Op = "place"
    count: Count = 1


class PartialBatch(OperationFault, frozen=True, kw_only=True):
    """Refuse some orders of a batch while the others pass."""

    code: Code = "51008"
    items: Annotated[tuple[int, ...], Meta(description="positions in the batch, from 0")] = (1,)


class AnswerError(OperationFault, frozen=True, kw_only=True):
    """Answer a whole request with a code and no data, whether it was carried out or not."""

    code: Code = "50026"
    executed: Annotated[bool, Meta(description="the orders were carried out all the same")] = False
    count: Count = 1


class UnknownOutcome(OperationFault, frozen=True, kw_only=True):
    """Answer that the request timed out although it was carried out."""

    code: Code = "51149"
    op: Op = "place"
    count: Count = 1


class LoseAck(OperationFault, frozen=True, kw_only=True):
    """Carry the request out and never answer."""

    count: Count = 1


class DropBeforeAck(OperationFault, frozen=True, kw_only=True):
    """Carry a WebSocket request out and close the connection instead of answering."""

    count: Count = 1


class Latency(OperationFault, frozen=True, kw_only=True):
    """Carry requests out late."""

    ms: Millis = 0

    @property
    def is_off(self) -> bool:
        """Zero milliseconds end it."""
        return super().is_off or not self.ms


class RefuseWsOrders(OperationFault, frozen=True, kw_only=True):
    """Refuse published instrument codes on the WebSocket while REST takes the order (the demo trap)."""

    code: Code = "51001"


class PushBeforeAck(OperationFault, frozen=True, kw_only=True):
    """Push what a WebSocket operation caused before its ack."""


class DuplicatePushes(Fault, frozen=True, kw_only=True):
    """Push every order update twice."""


class UnknownFields(Fault, frozen=True, kw_only=True):
    """Put a field nobody knows into every row pushed, and an unknown enum value into order pushes."""

    channel: ChannelName = ""


class SlowAmends(Fault, frozen=True, kw_only=True):
    """Acknowledge amends at once and carry them out later."""

    inst_id: InstId = ""
    ms: Millis = 0

    @property
    def is_off(self) -> bool:
        """Zero milliseconds end it."""
        return super().is_off or not self.ms


class AmendFailure(Fault, frozen=True, kw_only=True):
    """Acknowledge an amend and let it fail: amendResult -1, or 1 and canceled when cxlOnFail was asked."""

    inst_id: InstId = ""
    code: Code = "51511"
    ms: Annotated[int, Meta(ge=0, description="milliseconds from the ack to the failure")] = 0


class StuckCancel(Fault, frozen=True, kw_only=True):
    """Acknowledge a cancel and leave the order alive."""

    inst_id: InstId = ""
    seconds: Annotated[
        Seconds | None, Meta(description="until it is canceled after all; null never does")
    ] = None


class FillDuringCancel(Fault, frozen=True, kw_only=True):
    """Fill an order between the ack of its cancel and the end of it."""

    inst_id: InstId = ""
    share: Annotated[
        float, Meta(gt=0, le=1, description="part of what is open that fills; the rest is canceled")
    ] = 1.0


class ForeignOrder(Fault, frozen=True, kw_only=True):
    """Place an order from elsewhere, e.g. with the client's own tag."""

    is_act: ClassVar[bool] = True
    inst_id: Annotated[str, Meta(min_length=1, description="instId")]
    side: Literal["buy", "sell"] = "buy"
    posSide: ChosenSide = ""  # noqa: N815 - the wire name
    px: Annotated[str, Meta(description="price; empty is far from the touch, inside the price limits")] = ""
    sz: Annotated[str, Meta(description="size in contracts or base currency")] = "1"
    tag: Annotated[str, Meta(description="order tag")] = ""
    clOrdId: Annotated[str, Meta(description="client order id")] = ""  # noqa: N815 - the wire name


class ExternalFill(Fault, frozen=True, kw_only=True):
    """Trade from elsewhere: the position changes by an order without tag and client id."""

    is_act: ClassVar[bool] = True
    inst_id: Annotated[str, Meta(min_length=1, description="instId")]
    side: Literal["buy", "sell"] = "buy"
    posSide: ChosenSide = ""  # noqa: N815 - the wire name
    sz: Annotated[str, Meta(description="size in contracts or base currency")] = "1"


class BalanceCut(Fault, frozen=True, kw_only=True):
    """Take money out of the account from outside, as a transfer would; negative puts it in."""

    is_act: ClassVar[bool] = True
    amount: Annotated[Decimal, Meta(description="amount of the currency")]
    ccy: Annotated[str, Meta(min_length=1, description="currency")] = "USDT"


class Adl(Fault, frozen=True, kw_only=True):
    """Auto-deleverage: take a part of the positions in an instrument away, without a fee."""

    is_act: ClassVar[bool] = True
    inst_id: Annotated[str, Meta(min_length=1, description="instId")]
    size: Annotated[Decimal, Meta(description="contracts, over both sides at most what is open")]


class Liquidation(Fault, frozen=True, kw_only=True):
    """Liquidate positions in an instrument whatever their margin, at the mark and with the taker fee."""

    is_act: ClassVar[bool] = True
    inst_id: Annotated[str, Meta(min_length=1, description="instId")]
    size: Annotated[
        Decimal | None, Meta(description="contracts, over both sides; null is all that is open")
    ] = None


class FundingNow(Fault, frozen=True, kw_only=True):
    """Settle funding now."""

    is_act: ClassVar[bool] = True


KINDS: dict[str, type[Fault]] = {
    "reject_next": RejectNext,
    "partial_batch": PartialBatch,
    "answer_error": AnswerError,
    "unknown_outcome": UnknownOutcome,
    "lose_ack": LoseAck,
    "drop_before_ack": DropBeforeAck,
    "latency": Latency,
    "refuse_ws_orders": RefuseWsOrders,
    "push_before_ack": PushBeforeAck,
    "duplicate_pushes": DuplicatePushes,
    "unknown_fields": UnknownFields,
    "slow_amends": SlowAmends,
    "amend_failure": AmendFailure,
    "stuck_cancel": StuckCancel,
    "fill_during_cancel": FillDuringCancel,
    "foreign_order": ForeignOrder,
    "external_fill": ExternalFill,
    "balance_cut": BalanceCut,
    "funding": FundingNow,
    "adl": Adl,
    "liquidation": Liquidation,
}
"""Faults of orders and of the account by name."""
