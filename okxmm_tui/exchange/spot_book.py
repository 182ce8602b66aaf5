"""Average-cost book of one spot instrument; it explains the balances and never moves them.

A trade is what really changed hands: a buy of q at price p with the fee f taken in base brings q + f
base for q x p quote, a sell of q gives q base for q x p quote and its fee is booked in quote. Coins that
were there before count as bought at nothing known: selling them opens a short at the selling price,
as a ledger that starts at zero sees it. Reductions round as those of contracts do.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.exchange.numbers import EXACT, MONEY_STEP, ZERO


class SpotBook(Struct):
    """Signed base amount since the start, its cost, and what reductions realised."""

    instrument: Instrument
    base: Decimal = ZERO
    open_cost: Decimal = ZERO
    """Quote paid for (or received for a short of) the open base; never negative."""
    realised: Decimal = ZERO
    """Quote; base fees are inside by what they add to the price, quote fees are not."""
    base_fees: Decimal = ZERO
    quote_fees: Decimal = ZERO

    def average_price(self) -> Decimal:
        """Average cost in quote, rounded to 1e-12; 0 when flat."""
        with localcontext(EXACT):
            return (self.open_cost / abs(self.base)).quantize(MONEY_STEP) if self.base else ZERO

    def unrealised(self, price: Decimal) -> Decimal:
        """Unrealised PnL at a price, in quote."""
        with localcontext(EXACT):
            return self.base * price - (self.open_cost if self.base >= 0 else -self.open_cost)

    def apply(self, base: Decimal, quote: Decimal) -> Decimal:
        """Take a trade: base received (negative for given) against an absolute amount of quote.

        Returns:
            Realised PnL, in quote.
        """
        with localcontext(EXACT):
            realised = ZERO
            if self.base * base < 0:
                closing = min(abs(self.base), abs(base))
                removed, exchanged = self.open_cost, quote
                if closing < abs(self.base):
                    removed = (self.open_cost * closing / abs(self.base)).quantize(MONEY_STEP)
                if closing < abs(base):
                    exchanged = (quote * closing / abs(base)).quantize(MONEY_STEP)
                realised = exchanged - removed if base < 0 else removed - exchanged
                self.open_cost -= removed
                self.base += closing if base > 0 else -closing
                base += closing if base < 0 else -closing
                quote -= exchanged
            if base:
                self.base += base
                self.open_cost += quote
            self.realised += realised
            return realised
