"""Why an order was there or a fill happened: book, parameters, signals, and the chain of events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from okxmm_tui.core.effects import AnyEffect, PlaceOrder
from okxmm_tui.core.messages import AnyEvent, Fill, OrderUpdate, TruthFetched
from okxmm_tui.core.params import plain
from okxmm_tui.engine.journal import EventRecord, read_log
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.store.export import utc
from okxmm_tui.errors import UsageError
from okxmm_tui.replay.player import Player

LEVELS = 5


def why(path: Path, name: str) -> Iterator[str]:
    """The story of one order or fill, line by line.

    Args:
        path: First segment of the log.
        name: Client order id, or trade id.

    Raises:
        RecordingError: The log cannot be read.
        UsageError: Nothing in the log has this id.
    """
    cl_ord_id, ord_id = _order_of(path, name)
    player = Player(path)
    yield f"order {cl_ord_id}" + (f", venue's id {ord_id}" if ord_id else "")
    for record in player.steps():
        asked = [effect for effect in record.effects if getattr(effect, "cl_ord_id", "") == cl_ord_id]
        if not asked and not _names(record.event, cl_ord_id, ord_id):
            continue
        yield ""
        yield from _step(player, record, asked, cl_ord_id, ord_id)
    if not player.is_same:
        yield ""
        yield "REPLAY DIFFERS from the record: figures above may not be those of the session"
        yield from player.words()


def _order_of(path: Path, name: str) -> tuple[str, str]:
    """Client order id and the venue's id of what is asked for."""
    cl_ord_id = ord_id = ""
    for record in read_log(path):
        for fill in fills_of(record.event):
            if name in {fill.trade_id, fill.cl_ord_id}:
                cl_ord_id, ord_id = fill.cl_ord_id or cl_ord_id, fill.ord_id
        if isinstance(record.event, OrderUpdate) and record.event.cl_ord_id == name:
            cl_ord_id, ord_id = name, record.event.ord_id
        if any(isinstance(effect, PlaceOrder) and effect.cl_ord_id == name for effect in record.effects):
            cl_ord_id = name
    if not cl_ord_id and not ord_id:
        raise UsageError(
            f"No order or fill of this log has the id {name!r}.",
            "Give a client order id or a trade id, as in the report's orders.csv and fills.csv.",
        )
    return cl_ord_id, ord_id


def fills_of(event: AnyEvent) -> tuple[Fill, ...]:
    """Executions an event carries."""
    if isinstance(event, OrderUpdate):
        return (event.fill,) if event.fill is not None else ()
    return event.fills if isinstance(event, TruthFetched) else ()


def _names(event: AnyEvent, cl_ord_id: str, ord_id: str) -> bool:
    if isinstance(event, TruthFetched):
        return any(_is_it(each, cl_ord_id, ord_id) for each in (*event.orders, *event.fills))
    return _is_it(event, cl_ord_id, ord_id)


def _is_it(thing: object, cl_ord_id: str, ord_id: str) -> bool:
    named, numbered = getattr(thing, "cl_ord_id", ""), getattr(thing, "ord_id", "")
    return bool((cl_ord_id and named == cl_ord_id) or (ord_id and numbered == ord_id))


def _step(
    player: Player, record: EventRecord, asked: list[AnyEffect], cl_ord_id: str, ord_id: str
) -> Iterator[str]:
    seconds = (record.at_ns - player.first_ns) / 1e9
    yield f"{utc(record.at_ns)}  event {player.events}  +{seconds:.3f} s"
    inst_id = getattr(record.event, "inst_id", "") or next(
        (getattr(effect, "inst_id", "") for effect in asked), ""
    )
    market = player.reducer.session.markets.get(inst_id)
    if _names(record.event, cl_ord_id, ord_id):
        yield f"  venue     {_shown(record.event, market)}"
    else:
        yield f"  cause     {type(record.event).__name__}"
    for effect in asked:
        yield f"  engine    {_shown(effect, market)}"
    if market is None:
        return
    order = market.orders.find(cl_ord_id, ord_id)
    if order is not None and asked:
        yield f"  decision  {order.decision}, parameters version {order.params_version}"
    if any(_is_it(fill, cl_ord_id, ord_id) for fill in fills_of(record.event)):
        for booked in player.reducer.session.booked:
            before, after = plain(booked.held_before), plain(booked.held_after)
            yield f"  position  {before} to {after} base, realised {plain(booked.realised_quote)}"
    if any(isinstance(effect, PlaceOrder) for effect in asked) or fills_of(record.event):
        yield from _surroundings(player, market)


def _shown(thing: AnyEvent | AnyEffect, market: Market | None) -> str:
    """An event or effect with its fields, prices and sizes as people write them."""
    if isinstance(thing, TruthFetched):
        return f"TruthFetched: listed among {len(thing.orders)} open orders and {len(thing.fills)} fills"
    parts = list[str]()
    for name in thing.__struct_fields__:
        value = getattr(thing, name)
        if name in {"inst_id", "cl_ord_id"} or value in ("", None, (), 0, False):
            continue
        if market is not None and name == "price_ticks":
            name, value = "price", market.instrument.price_text(value)  # noqa: PLW2901 - the pair is shown
        elif market is not None and name in {"size_lots", "filled_lots"}:
            name, value = name.removesuffix("_lots"), market.instrument.size_text(value)  # noqa: PLW2901
        elif isinstance(value, Fill) and market is not None:
            value = (
                f"{value.size(market.instrument.lot_size):f} @ "
                f"{market.instrument.price_text(value.price_ticks)} trade {value.trade_id} "
                f"fee {plain(value.fee)} {value.fee_ccy} {value.liquidity.value}"
            )
        parts.append(f"{name} {value}")
    return f"{type(thing).__name__}: {', '.join(parts)}"


def _surroundings(player: Player, market: Market) -> Iterator[str]:
    """Book, position, parameters and signals as the engine saw them."""
    text, state = market.instrument, player.reducer.session.machine
    yield f"  state     {state.state.value} ({state.reason}), position {text.size_text(market.position_lots)}"
    bids, asks = market.book.bids.top(LEVELS), market.book.asks.top(LEVELS)
    own = {(order.side.value, order.price_ticks) for order in market.orders.working}
    for ticks, lots in reversed(asks):
        mark = "  own" if ("sell", ticks) in own else ""
        yield f"  ask       {text.price_text(ticks):>14} {text.size_text(lots):>14}{mark}"
    for ticks, lots in bids:
        mark = "  own" if ("buy", ticks) in own else ""
        yield f"  bid       {text.price_text(ticks):>14} {text.size_text(lots):>14}{mark}"
    values = ", ".join(f"{view.name} {plain(view.value)}" for view in market.params.views())
    yield f"  params    version {market.params.version}, {market.strategy.name}: {values}"
    if (target := market.target) is not None:
        yield f"  fair      {target.fair_ticks:.2f} ticks, half-spread {target.half_spread_ticks:.2f} ticks"
    yield f"  signals   {_signals(market)}"


def _signals(market: Market) -> str:
    figures = market.signals.summary()
    shown = (
        (name, getattr(figures, name)) for name in figures.__struct_fields__ if name not in {"buys", "sells"}
    )
    return ", ".join(f"{name} {value:.6g}" for name, value in shown if isinstance(value, float) and value)
