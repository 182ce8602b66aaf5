"""What the console knows: the newest snapshot, what it asked for, and what it has to tell the operator."""

from __future__ import annotations

from okxmm_tui.console.desk import Desk
from okxmm_tui.console.history import History
from okxmm_tui.console.keymap import Keymap
from okxmm_tui.console.kill_watch import KillWatch
from okxmm_tui.console.language import tr
from okxmm_tui.console.pending import PendingParams
from okxmm_tui.console.port import EXIT_ENGINE_GONE, EXIT_NOT_PROVEN, Clock, ConsoleExit
from okxmm_tui.console.view import QUIET_AFTER_NS, LinkState, View, has_orders
from okxmm_tui.core.market_views import MarketView
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.core.types import Levels

MESSAGE_SHOWN_NS = 6_000_000_000


class ConsoleState:
    """Mutable state of the console, touched by its event loop only."""

    def __init__(
        self, clock: Clock, watch: KillWatch, *, is_read_only: bool, keymap: Keymap | None = None
    ) -> None:
        self.clock = clock
        self.keymap = keymap or Keymap()
        self.watch = watch
        self.is_read_only = is_read_only
        self.pending = PendingParams()
        self.desk = Desk()
        self.history = History()
        self.snapshot: Snapshot | None = None
        self.is_engine_gone = False
        self.is_quitting = False
        self.focus = 0
        self._last_books: dict[str, tuple[Levels, Levels]] = {}
        self._received_ns = clock()
        self._message: tuple[str, str, int] | None = None

    @property
    def market(self) -> MarketView | None:
        """The instrument in focus."""
        if self.snapshot is None or not self.snapshot.markets:
            return None
        return self.snapshot.markets[self.focus % len(self.snapshot.markets)]

    def focus_on(self, place: int) -> None:
        """Show another instrument; what was set for the last one does not fit it."""
        self.focus = place
        self.pending.forget()
        self.desk.forget_market()

    def receive(self, snapshot: Snapshot) -> None:
        """Take the newest picture."""
        self.snapshot = snapshot
        self._received_ns = self.clock()
        self.watch.observe(snapshot)
        self.history.observe(snapshot)
        self._last_books |= {
            each.instrument.inst_id: (each.bids, each.asks)
            for each in snapshot.markets
            if each.bids or each.asks
        }
        for name in self.pending.observe(self.market, self.clock()):
            self.say(f"{name}: the engine did not answer; the value shown is the one in force", "alarm-2")

    def lose_engine(self) -> None:
        """The link ended without a farewell."""
        self.is_engine_gone = True
        self.pending.forget()
        self.watch.engine_gone()

    def say(self, text: str, role: str = "text") -> None:
        """Tell the operator something for a few seconds, in the operator's language."""
        self._message = (tr(text), role, self.clock() + MESSAGE_SHOWN_NS)

    def view(self) -> View:
        """Everything the panels need for one frame."""
        now, market = self.clock(), self.market
        age = now - self._received_ns
        if self._message is not None and self._message[2] <= now:
            self._message = None
        return View(
            snapshot=self.snapshot,
            market=market,
            link=self._link_state(age),
            now_ns=now,
            age_ns=age,
            pending=self.pending.values,
            refusals=self.pending.refusals,
            message=self._message[:2] if self._message else None,
            kill_note=self.watch.note,
            is_kill_proven=self.watch.is_proven,
            is_read_only=self.is_read_only,
            is_quitting=self.is_quitting,
            last_book=None if market is None else self._last_books.get(market.instrument.inst_id),
            desk=self.desk,
            history=self.history,
            keymap=self.keymap,
        )

    def _link_state(self, age_ns: int) -> LinkState:
        if self.is_engine_gone:
            return LinkState.GONE
        if self.snapshot is None:
            return LinkState.CONNECTING
        return LinkState.QUIET if age_ns > QUIET_AFTER_NS else LinkState.UP

    def exit_without_farewell(self) -> ConsoleExit:
        """How a console ends whose engine never said goodbye."""
        if self.watch.is_proven:
            return ConsoleExit(
                EXIT_ENGINE_GONE, tr("Engine gone; an independent kill proved every order gone.")
            )
        if has_orders(self.snapshot):
            return ConsoleExit(
                EXIT_NOT_PROVEN,
                tr("Engine gone with orders working: not proven cancelled. Run `okxmm-tui kill`."),
            )
        return ConsoleExit(EXIT_ENGINE_GONE, tr("Engine gone; no orders were working in its last picture."))
