"""What faults do to connections, to published markets and to the account: begin and end of each turn."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.position_sides import opened_by
from okxmm_tui.core.types import Side
from okxmm_tui.exchange.api_error import ApiError, wrong
from okxmm_tui.exchange.display import Display
from okxmm_tui.exchange.faults import kinds_market as markets
from okxmm_tui.exchange.faults import kinds_orders as orders
from okxmm_tui.exchange.faults import kinds_wire as wire
from okxmm_tui.exchange.forced_orders import ForcedOrders
from okxmm_tui.exchange.funding import Funding
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.margin import POOLED
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.market_push import MarketPushes
from okxmm_tui.exchange.notices import announce_status, change_instrument
from okxmm_tui.exchange.numbers import text
from okxmm_tui.exchange.order_desk import OrderDesk
from okxmm_tui.exchange.orders import Category
from okxmm_tui.exchange.positions import CASH, CROSS
from okxmm_tui.exchange.private_push import PrivatePushes
from okxmm_tui.exchange.state import VenueState

BPS = Decimal(10_000)


class VenueActs:
    """Ties the faults that need more than a switch to the parts of the venue that carry them out.

    A further kind is one more ``faults.tie`` with its begin and, if it lasts, its end.
    """

    def __init__(
        self,
        state: VenueState,
        desk: OrderDesk,
        pushes: PrivatePushes,
        market_pushes: MarketPushes,
        funding: Funding,
        *,
        forced: ForcedOrders,
    ) -> None:
        self._state = state
        self._desk = desk
        self._pushes = pushes
        self._markets = market_pushes
        self._forced = forced
        tie = state.faults.tie
        tie(wire.DropConnections, self._drop_connections)
        tie(wire.Notice, self._notice)
        tie(orders.FundingNow, lambda _: funding.settle())
        tie(orders.ForeignOrder, self._foreign_order)
        tie(orders.ExternalFill, self._external_fill)
        tie(orders.BalanceCut, self._cut_balance)
        tie(orders.Adl, lambda fault: forced.force_reduce(fault.inst_id, fault.size, Category.ADL))
        tie(orders.Liquidation, self._liquidate)
        tie(markets.CrossedBook, self._cross_book, self._show_plainly)
        tie(markets.WideSpread, self._widen_spread, self._show_plainly)
        tie(markets.FrozenMark, self._freeze_mark, self._thaw_mark)
        tie(markets.MarkDivergence, self._move_mark, self._return_mark)
        tie(markets.PriceBand, self._set_band, self._reset_band)
        tie(markets.FundingRate, self._set_rate)
        tie(markets.InstrumentState, self._set_state, self._set_live)
        tie(markets.ContractChange, self._announce_contract, self._restore_contract)
        tie(markets.Maintenance, self._begin_maintenance, self._end_maintenance)

    def _chosen(self, inst_id: str) -> list[Market]:
        return [self._state.market(inst_id)] if inst_id else list(self._state.markets.values())

    def _drop_connections(self, fault: wire.DropConnections) -> None:
        registry = self._state.registry
        for one in list(registry.connections.values()):
            if fault.which in {"all", one.socket.value}:
                registry.close(one.number, fault.code, "connection dropped by an injected fault")

    def _notice(self, fault: wire.Notice) -> None:
        state = self._state
        words = "The connection will soon be closed for a service upgrade. Please reconnect."
        for one in list(state.registry.connections.values()):
            if fault.socket not in {"", one.socket.value}:
                continue
            notice = {"event": "notice", "code": "64008", "msg": words, "connId": one.conn_id}
            state.registry.reply(one, notice, state.now_ns)
            state.timers.at(
                state.now_ns + int(fault.seconds * 1e9),
                lambda number=one.number: state.registry.close(number, 1001, "service upgrade"),
            )

    def _foreign_order(self, fault: orders.ForeignOrder) -> None:
        market = self._state.market(fault.inst_id)
        px = fault.px or self._far_price(market, Side(fault.side))
        params = {"ordType": "limit", "side": fault.side, "px": px, "sz": fault.sz, "tag": fault.tag}
        params |= {"clOrdId": fault.clOrdId, **self._modes(fault, market.listing)}
        self._desk.place(params, market.listing)

    def _far_price(self, market: Market, side: Side) -> str:
        highest, lowest = market.price_limits(self._state.settings.price_band)
        return text(market.instrument.price(lowest if side is Side.BUY else highest))

    def _external_fill(self, fault: orders.ExternalFill) -> None:
        listed = self._state.listing(fault.inst_id)
        params = {"ordType": "market", "side": fault.side, "sz": fault.sz, "tgtCcy": "base_ccy"}
        self._desk.place(params | self._modes(fault, listed), listed)

    def _modes(self, fault: orders.ForeignOrder | orders.ExternalFill, listed: Listing) -> dict[str, str]:
        state = self._state
        is_pooled = state.settings.account_level in POOLED
        modes = {"tdMode": CASH if listed.is_spot and not is_pooled else CROSS, "posSide": fault.posSide}
        if state.is_hedged and not listed.is_spot and not fault.posSide:
            modes["posSide"] = opened_by(Side(fault.side)).value
        return modes

    def _liquidate(self, fault: orders.Liquidation) -> None:
        self._forced.force_reduce(fault.inst_id, fault.size, Category.FULL_LIQUIDATION)

    def _cut_balance(self, fault: orders.BalanceCut) -> None:
        self._state.transfer(fault.ccy, -fault.amount)
        self._pushes.balance_and_position("transferred", None, None, fault.ccy)
        self._pushes.account_changed(fault.ccy)
        self._desk.drop_unfunded(fault.ccy)

    def _cross_book(self, fault: markets.CrossedBook) -> None:
        market = self._state.market(fault.inst_id)
        bid, ask = market.book.best(Side.BUY), market.book.best(Side.SELL)
        if bid is None or ask is None:
            raise ApiError("51022", f"{fault.inst_id} has no quote on one side; nothing can be crossed.")
        grid = market.display.grid
        shift = -(-(ask[0] - bid[0] + fault.ticks) // grid) * grid
        self._markets.depth.show(market, Display(grid=grid, bid_shift=shift))

    def _widen_spread(self, fault: markets.WideSpread) -> None:
        market = self._state.market(fault.inst_id)
        half = market.fair_price() * Decimal(str(fault.bps)) / BPS / 2 / market.instrument.tick_size
        grid = market.display.grid
        shift = max(1, int(half) // grid) * grid
        self._markets.depth.show(market, Display(grid=grid, bid_shift=-shift, ask_shift=shift))

    def _show_plainly(self, fault: markets.CrossedBook | markets.WideSpread) -> None:
        market = self._state.market(fault.inst_id)
        self._markets.depth.show(market, Display(grid=market.display.grid))

    def _freeze_mark(self, fault: markets.FrozenMark) -> None:
        for market in self._chosen(fault.inst_id):
            market.frozen_mark = market.mark_price()

    def _thaw_mark(self, fault: markets.FrozenMark) -> None:
        for market in self._chosen(fault.inst_id):
            market.frozen_mark = None

    def _move_mark(self, fault: markets.MarkDivergence) -> None:
        for market in self._chosen(fault.inst_id):
            market.mark_factor = 1 + Decimal(str(fault.bps)) / BPS

    def _return_mark(self, fault: markets.MarkDivergence) -> None:
        for market in self._chosen(fault.inst_id):
            market.mark_factor = Decimal(1)

    def _set_band(self, fault: markets.PriceBand) -> None:
        for market in self._chosen(fault.inst_id):
            market.band = Decimal(str(fault.bps)) / BPS

    def _reset_band(self, fault: markets.PriceBand) -> None:
        for market in self._chosen(fault.inst_id):
            market.band = None

    def _set_rate(self, fault: markets.FundingRate) -> None:
        self._state.market(fault.inst_id).funding_rate = fault.rate

    def _set_state(self, fault: markets.InstrumentState) -> None:
        change_instrument(self._state, self._state.market(fault.inst_id), {"state": fault.state})

    def _set_live(self, fault: markets.InstrumentState) -> None:
        market = self._state.market(fault.inst_id)
        change_instrument(self._state, market, {"state": market.listing.row.get("state", "live")})

    def _announce_contract(self, fault: markets.ContractChange) -> None:
        market, state = self._state.market(fault.inst_id), self._state
        wanted = {"tickSz": fault.tickSz, "lotSz": fault.lotSz, "minSz": fault.minSz}
        changes = {name: value for name, value in wanted.items() if value}
        multiples = _multiples(market, changes)
        if not fault.notice_s:
            self._change_contract(market, changes, multiples)
            return
        due_ns = state.now_ns + int(fault.notice_s * 1e9)
        effective = str(state.now_ms + int(fault.notice_s * 1000))
        coming = [{"param": name, "newValue": value, "effTime": effective} for name, value in changes.items()]
        change_instrument(state, market, {"upcChg": coming})

        def take_effect() -> None:
            # Cleared meanwhile, or announced anew with other values: nothing takes effect.
            if market.changed_fields.get("upcChg") == coming:
                self._change_contract(market, changes, multiples)

        state.timers.at(due_ns, take_effect)

    def _change_contract(self, market: Market, changes: dict[str, str], multiples: dict[str, int]) -> None:
        market.lot_multiple = multiples["lotSz"]
        market.min_size_lots = multiples["minSz"]
        change_instrument(self._state, market, {"upcChg": [], **changes})
        if multiples["tickSz"] != market.display.grid:
            self._markets.depth.show(market, Display(grid=multiples["tickSz"]))

    def _restore_contract(self, fault: markets.ContractChange) -> None:
        market = self._state.market(fault.inst_id)
        row = market.listing.row
        original = {name: row[name] for name in ("tickSz", "lotSz", "minSz")}
        self._change_contract(market, original, _multiples(market, original))

    def _begin_maintenance(self, fault: markets.Maintenance) -> None:
        self._show_maintenance(fault, fault.state)

    def _end_maintenance(self, fault: markets.Maintenance) -> None:
        was = next((one for one in reversed(self._state.status) if one["title"] == fault.title), None)
        if was is not None:
            announce_status(self._state, {**was, "state": "completed"})

    def _show_maintenance(self, fault: markets.Maintenance, shown: str) -> None:
        begin_ms = self._state.now_ms + int(fault.begin_s * 1000)
        row = {
            "title": fault.title,
            "state": shown,
            "begin": str(begin_ms),
            "end": str(begin_ms + int(fault.length_s * 1000)),
            "preOpenBegin": "",
            "href": "",
            "serviceType": fault.serviceType,
            "system": "unified",
            "scheDesc": "",
            "maintType": "1",
            "env": "1",
            "ts": str(self._state.now_ms),
        }
        announce_status(self._state, row)


def _multiples(market: Market, changes: dict[str, str]) -> dict[str, int]:
    """Return tick and lot as multiples of the true ones, and the minimum in true lots."""
    ours = market.instrument
    found: dict[str, int] = {
        "tickSz": market.display.grid,
        "lotSz": market.lot_multiple,
        "minSz": market.min_size_lots,
    }
    for name, value in changes.items():
        step = ours.tick_size if name == "tickSz" else ours.lot_size
        try:
            multiple = Decimal(value) / step
        except ArithmeticError as error:
            raise wrong(name, f"{value!r} is no number") from error
        if multiple < 1 or multiple != int(multiple):
            raise wrong(name, f"must be a multiple of {text(step)}")
        found[name] = int(multiple)
    return found
