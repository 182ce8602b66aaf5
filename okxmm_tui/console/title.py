"""The title of the terminal's window: mode, state, position and PnL for whoever looks at the tab bar only."""

from __future__ import annotations

from collections.abc import Callable

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.view import LinkState, View
from okxmm_tui.console.widgets.banner import mode_word

PUSH_TITLE, POP_TITLE = "\x1b[22;0t", "\x1b[23;0t"
NAME = "okxmm-tui"


def title_text(view: View) -> str:
    """The title for a view; whole units of money but of a coin's, so that it changes seldom."""
    snapshot, market = view.snapshot, view.market
    if snapshot is None or market is None:
        return NAME
    instrument = market.instrument
    decimals = 0 if instrument.quote_ccy in fmt.CENTS else fmt.COIN_DECIMALS
    alarms = sum(not alarm.is_acknowledged for alarm in snapshot.alarms)
    parts = [
        mode_word(snapshot),
        tr("NO ENGINE" if view.link is LinkState.GONE else snapshot.trading_state),
        instrument.inst_id,
        f"{fmt.signed_size_text(instrument, market.position_lots)} {instrument.size_unit}",
        f"{fmt.money_text(snapshot.account_view.net_quote, decimals)} {instrument.quote_ccy}",
    ]
    if alarms:
        parts.append(f"!{alarms}")
    # Names come from the venue: a control character among them would end the title and begin a command.
    return "".join(each for each in " · ".join(parts) if each.isprintable())


class WindowTitle:
    """Writes the title when it has changed, and gives the old one back.

    Args:
        write: Writes to the terminal.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._shown = ""

    def begin(self) -> None:
        """Let the terminal remember its present title."""
        self._write(PUSH_TITLE)

    def show(self, view: View) -> None:
        """Write the title of a view, unless it stands there already."""
        text = title_text(view)
        if text != self._shown:
            self._shown = text
            self._write(f"\x1b]0;{text}\x07")

    def end(self) -> None:
        """Let the terminal return to the title it had."""
        self._write(POP_TITLE)
