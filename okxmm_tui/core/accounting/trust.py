"""Whether the PnL may be believed: the residual rule.

docs/definitions.md, Identity; tests/safety/README.md, row 42.
"""

from __future__ import annotations

from decimal import Decimal

CHECK_NS = 5_000_000_000
BREACHES = 3
TOLERANCE_SHARE = Decimal("0.0001")
TOLERANCE_LEAST = Decimal(1)


class Trust:
    """Three checks in a row outside the tolerance make the figures untrustworthy, one inside heals them.

    Checks are 5 s apart, and one without a fresh balance since the last proves nothing and is not counted.
    """

    def __init__(self, ccy: str) -> None:
        self._ccy = ccy
        self._next_ns = 0
        self._has_evidence = False
        self.breaches = 0
        """Checks in a row that were outside."""
        self._missing: dict[str, str] = {}
        self.reason = ""
        """Why the figures are not to be trusted; empty when they are."""

    @property
    def is_trustworthy(self) -> bool:
        """Whether the residual is explained well enough."""
        return not self.reason

    @property
    def incomplete(self) -> str:
        """What is missing from the history; empty when nothing is."""
        return "; ".join(self._missing.values())

    def miss(self, key: str, what: str) -> None:
        """A part of the history could not be read: figures are labelled incomplete until it is filled."""
        self._missing.setdefault(key, what)

    def fill(self, key: str) -> None:
        """The part was read after all."""
        self._missing.pop(key, None)

    @staticmethod
    def tolerance(equity: Decimal) -> Decimal:
        """Largest residual that is no breach: 0.01 % of equity, at least one quote unit."""
        return max(abs(equity) * TOLERANCE_SHARE, TOLERANCE_LEAST)

    def on_evidence(self) -> None:
        """The venue reported a balance."""
        self._has_evidence = True

    def is_due(self, at_ns: int) -> bool:
        """Whether a check counts now."""
        return self._has_evidence and at_ns >= self._next_ns

    def judge(self, at_ns: int, residual: Decimal, equity: Decimal) -> None:
        """Count one check."""
        self._next_ns, self._has_evidence = at_ns + CHECK_NS, False
        if abs(residual) <= self.tolerance(equity):
            self.breaches, self.reason = 0, ""
            return
        self.breaches += 1
        if self.breaches >= BREACHES:
            amount = f"{residual:+.2f} {self._ccy}"
            self.reason = f"PnL not trustworthy: residual {amount} that no fill, fee or bill explains"
