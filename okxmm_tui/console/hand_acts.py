"""Keys that act by hand: orders at the cursor, sides, the steps down, the draft, presets, limits."""

from __future__ import annotations

from okxmm_tui.console.page_acts import PageActs
from okxmm_tui.console.screens.live_modal import FlattenScreen
from okxmm_tui.console.screens.preflight import PreflightScreen
from okxmm_tui.console.screens.text_prompt import TextPrompt
from okxmm_tui.console.widgets.limits_table import LimitsTable, limit_unit
from okxmm_tui.core.market_views import MarketView, OrderView
from okxmm_tui.core.params import plain
from okxmm_tui.core.preflight import PreflightAnswer
from okxmm_tui.core.types import Side
from okxmm_tui.errors import OkxmmError


class HandActs(PageActs):
    """Acts of the operator beyond pausing and killing."""

    # -- orders -----------------------------------------------------------------------------------------

    def action_cancel_order(self) -> None:
        """Cancel the chosen order."""
        self.operator.cancel(*self._seen_order())
        self.draw()

    def action_place(self, side: str) -> None:
        """Place a post-only order at the book's cursor."""
        if self.page is not self.dashboard:
            self.say("orders by hand are placed on the dashboard: 1", "alarm-2")
            return
        self.hand.place(Side(side))
        self.draw()

    def action_move_order(self, ticks: int) -> None:
        """Move the chosen order."""
        self.hand.move(*self._seen_order(), ticks)
        self.draw()

    def action_cancel_all(self) -> None:
        """Cancel every order of the market in focus."""
        self.hand.cancel_all(None)
        self.draw()

    def action_cancel_side(self, side: str) -> None:
        """Cancel the orders of one side."""
        self.hand.cancel_all(Side(side))
        self.draw()

    def action_toggle_side(self, side: str) -> None:
        """Mute a side, or have it quoted again."""
        self.hand.toggle_side(Side(side))
        self.draw()

    def _seen_order(self) -> tuple[MarketView | None, OrderView | None]:
        """The chosen order and its market, if it works; the blotter shows those of every market."""
        chosen, snapshot = self.chosen_order(), self.state.snapshot
        if chosen is None or snapshot is None:
            return None, None
        found = (
            (market, order)
            for market in snapshot.markets
            for order in market.orders
            if order.cl_ord_id == chosen.cl_ord_id
        )
        return next(found, (None, None))

    # -- before the first quote ---------------------------------------------------------------------------

    def action_preflight(self) -> None:
        """Show the checklist."""
        if not isinstance(self.screen, PreflightScreen):
            self.open_preflight()

    def action_answer_preflight(self, answer: PreflightAnswer) -> None:
        """Tell the engine what to do about the differences."""
        self.operator.answer_preflight(answer)
        self.draw()

    # -- taking risk off ----------------------------------------------------------------------------------

    def action_widen(self) -> None:
        """Twice the distance, or the usual one again."""
        self.hand.widen()
        self.draw()

    def action_pause_for(self) -> None:
        """Pull the quotes for a typed time."""
        text = "Minutes until quoting goes on by itself; p or r ends it sooner:"
        self.push_screen(
            TextPrompt("PAUSE", text, lambda typed: self._and_draw(self.operator.pause_for(typed)), start="5")
        )

    def action_reduce(self) -> None:
        """Only shrink positions."""
        self.hand.reduce()
        self.draw()

    def action_flatten(self) -> None:
        """Preview closing the position."""
        snapshot, market = self.state.snapshot, self.state.market
        if snapshot is None or market is None or market.flatten is None:
            self.say((market and market.hedge_text) or "there is no position to close")
        elif not isinstance(self.screen, FlattenScreen):
            self.push_screen(FlattenScreen(snapshot, market.instrument.inst_id))

    def action_confirm_flatten(self) -> None:
        """Close it, when armed."""
        self.hand.flatten(by_echo=False)
        self.draw()

    def action_flatten_by_echo(self) -> None:
        """Close it: the echo was typed."""
        self.hand.flatten(by_echo=True)
        self.draw()

    def action_stop_flatten(self) -> None:
        """Call a run off."""
        self.hand.stop_flatten()
        self.draw()

    def action_edit_limit(self) -> None:
        """Type another value for the chosen limit."""
        chosen = next((table.chosen for table in self.page.query(LimitsTable)), None)
        if chosen is None:
            self.say("limits are changed on their page: 8")
            return
        safer = "lower" if chosen.is_lower_safer else "higher"
        now = f"{plain(chosen.value)} {limit_unit(chosen.name)}"
        text = f"{chosen.name} is {now}; {safer} is safer, the other way needs a first."
        self.push_screen(
            TextPrompt("LIMIT", text, lambda typed: self._and_draw(self.hand.set_limit(chosen.name, typed)))
        )

    # -- the draft ------------------------------------------------------------------------------------------

    def action_step_draft(self, name: str, steps: int) -> None:
        """Step one value of the draft."""
        self.hand.step_draft(name, steps)
        self.draw()

    def action_type_draft(self, name: str) -> None:
        """Type one value of the draft."""
        param = self.operator.param(name)
        if param is not None:
            bounds = f"{plain(param.minimum)}..{plain(param.maximum)} {param.unit}".rstrip()
            text = f"{param.label}, now {plain(param.value)}; {bounds}"
            self.push_screen(
                TextPrompt("DRAFT", text, lambda typed: self._and_draw(self.hand.type_draft(name, typed)))
            )

    def action_apply_draft(self) -> None:
        """Trade on the draft."""
        self.hand.apply_draft()
        self.draw()

    def action_drop_draft(self) -> None:
        """Forget the draft."""
        self.hand.drop_draft()
        self.draw()

    def action_save_preset(self) -> None:
        """Keep the values, the draft included, under a name."""
        market, files = self.state.market, self.files
        if market is None or files is None:
            self.say("presets need an engine and a state directory", "alarm-2")
            return
        values = {param.name: param.value for param in market.params} | self.state.desk.draft

        def take(name: str) -> str:
            try:
                self.say(f"saved {files.save_preset(market.strategy, name, values)}")
            except (OkxmmError, OSError) as error:
                return str(error)
            return ""

        self.push_screen(TextPrompt("SAVE PRESET", f"Name for these {market.strategy} values:", take))

    def action_load_preset(self) -> None:
        """Draft the values of a preset."""
        market, files = self.state.market, self.files
        if market is None or files is None:
            self.say("presets need an engine and a state directory", "alarm-2")
            return

        def take(name: str) -> str:
            try:
                return self._and_draw(self.hand.load_draft(files.load_preset(market.strategy, name)))
            except (OkxmmError, OSError) as error:
                return str(error)

        names = files.presets(market.strategy)
        text = "Load which preset into the draft?" if names else "No preset is saved for this strategy yet."
        self.push_screen(TextPrompt("LOAD PRESET", text, take, offers=names))

    def action_switch_strategy(self) -> None:
        """Quote with another strategy."""
        snapshot = self.state.snapshot
        if snapshot is None:
            self.say("no engine yet")
            return
        text = "Quotes are pulled first, then the other strategy quotes. In demo and live press a first."
        self.push_screen(
            TextPrompt("STRATEGY", text, lambda name: self._and_draw(self.hand.switch_strategy(name)),
                       offers=snapshot.strategies)
        )  # fmt: skip

    def _and_draw(self, problem: str) -> str:
        self.draw()
        return problem
