"""Faults of market data, instruments and the venue's state."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from okxmm_tui.exchange.faults.kinds_orders import Count
from okxmm_tui.exchange.faults.kinds_wire import InstId
from okxmm_tui.exchange.faults.when import Fault, Seconds

OneInstId = Annotated[str, Meta(min_length=1, description="instId")]


class BookGap(Fault, frozen=True, kw_only=True):
    """Leave increments out of a depth channel, so that its chain breaks."""

    inst_id: OneInstId
    channel: Annotated[
        Literal["books", "books-rpi", "books-l2-tbt", "books50-l2-tbt"], Meta(description="depth channel")
    ] = "books"
    count: Count = 1


class SeqReset(Fault, frozen=True, kw_only=True):
    """Let the sequence start again from a low number at the next increment; no gap."""

    inst_id: OneInstId
    count: Count = 1


class CrossedBook(Fault, frozen=True, kw_only=True):
    """Publish a book whose best bid lies above its best ask; orders still meet the true one."""

    inst_id: OneInstId
    ticks: Annotated[int, Meta(ge=0, description="how far the bid is above the ask; 0 locks")] = 5


class WideSpread(Fault, frozen=True, kw_only=True):
    """Publish an absurd spread; orders still meet the true book."""

    inst_id: OneInstId
    bps: Annotated[float, Meta(gt=0, description="spread added, basis points of the mid")] = 500.0


class FrozenMark(Fault, frozen=True, kw_only=True):
    """The mark price stands still."""

    inst_id: InstId = ""


class MarkDivergence(Fault, frozen=True, kw_only=True):
    """The mark price leaves the mid."""

    inst_id: InstId = ""
    bps: Annotated[float, Meta(description="basis points above the mid; negative is below")] = 50.0


class PriceBand(Fault, frozen=True, kw_only=True):
    """Narrow or widen the price limits."""

    inst_id: InstId = ""
    bps: Annotated[float, Meta(ge=0, description="distance of either limit from the mid, basis points")] = (
        10.0
    )


class FundingRate(Fault, frozen=True, kw_only=True):
    """Another funding rate."""

    is_act: ClassVar[bool] = True
    inst_id: OneInstId
    rate: Annotated[Decimal, Meta(description="rate of the period; positive: longs pay")]


class InstrumentState(Fault, frozen=True, kw_only=True):
    """Put an instrument into another state: pushed by instruments, and orders are refused by it."""

    inst_id: OneInstId
    state: Annotated[
        Literal["suspend", "preopen", "post_only", "rebase", "settling", "expired", "test"],
        Meta(description="state; the instrument is live again afterwards"),
    ] = "suspend"


class ContractChange(Fault, frozen=True, kw_only=True):
    """Change tick, lot or minimum size: multiples of the present ones, pushed by instruments."""

    inst_id: OneInstId
    tickSz: Annotated[str, Meta(description="new tick size; empty keeps it")] = ""  # noqa: N815 - the wire name
    lotSz: Annotated[str, Meta(description="new lot size; empty keeps it")] = ""  # noqa: N815 - the wire name
    minSz: Annotated[str, Meta(description="new minimum size; empty keeps it")] = ""  # noqa: N815 - the wire name
    notice_s: Annotated[Seconds, Meta(description="announced by upcChg so long before")] = 0.0


class Maintenance(Fault, frozen=True, kw_only=True):
    """Show a maintenance in system/status and push it on the status channel."""

    state: Annotated[
        Literal["scheduled", "ongoing", "pre_open"], Meta(description="state; completed afterwards")
    ] = "ongoing"
    title: Annotated[str, Meta(description="title")] = "Trading service upgrade"
    begin_s: Annotated[Seconds, Meta(description="seconds until it begins")] = 0.0
    length_s: Annotated[Seconds, Meta(description="seconds it is to last")] = 600.0
    serviceType: Annotated[str, Meta(description="OKX service type; 5 trading")] = "5"  # noqa: N815 - the wire name


KINDS: dict[str, type[Fault]] = {
    "book_gap": BookGap,
    "seq_reset": SeqReset,
    "crossed_book": CrossedBook,
    "wide_spread": WideSpread,
    "frozen_mark": FrozenMark,
    "mark_divergence": MarkDivergence,
    "price_band": PriceBand,
    "funding_rate": FundingRate,
    "instrument_state": InstrumentState,
    "contract_change": ContractChange,
    "maintenance": Maintenance,
}
"""Faults of the market by name."""
