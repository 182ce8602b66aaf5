"""How much of the market's volume was ours (docs/definitions.md, Activity and uptime)."""

from __future__ import annotations


class OwnShare:
    """Own lots and all printed lots over the same time: while the book was live, so that no gap counts."""

    def __init__(self) -> None:
        self.own_lots = self.market_lots = 0

    def on_print(self, size_lots: int) -> None:
        """A public print while the book was live."""
        self.market_lots += size_lots

    def on_fill(self, size_lots: int) -> None:
        """A fill of ours at a time the book was live; its print is among the public ones."""
        self.own_lots += size_lots

    @property
    def share(self) -> float | None:
        """Own over all, 0..1; None before the first print."""
        return self.own_lots / self.market_lots if self.market_lots else None
