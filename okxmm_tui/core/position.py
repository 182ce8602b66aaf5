"""Net position by average cost, for linear, inverse and spot (docs/definitions.md, PnL by instrument).

All three kinds follow one rule on *worth*: ``size x price`` in quote currency for linear and spot,
``-size / price`` in coin for inverse, where size is signed. The basis is the sum of the worths the open
part was traded at; unrealised PnL is its worth now minus its basis, and the average entry comes out
weighted for linear and harmonic for inverse without further rules.

Nothing is ever lost to rounding. A worth is rounded once, when it is first computed (``COST_STEP`` of quote
currency, ``COIN_STEP`` of coin); a reduction takes its share of the basis, rounded to the same step, and
the rest stays in the position; a flip gives the opened part what the closed part left. So realised
plus unrealised always equals the money that flowed plus what is held, to the last digit, and a flat
position costs exactly zero. Products and quotients are worked out with far more digits than they are
rounded to, so that no rounding comes before that one.

A spot buy whose fee is taken out of the bought coins is one trade of what was received, for all that was
paid: the fee raises the price of what it opens and, with a short, of what it closes.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

from okxmm_tui.core.types import ContractKind, Side

COST_STEP = Decimal("1e-12")
"""Smallest piece of quote currency the books know."""
COIN_STEP = Decimal("1e-16")
"""Smallest piece of coin: the books of inverse contracts stay exact up to 1e12 coins."""
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
ZERO = Decimal(0)


def rounded(amount: Decimal, step: Decimal) -> Decimal:
    """An amount as a multiple of a step; one that is already keeps the digits it came with."""
    result = amount.quantize(step, context=EXACT)
    return amount if result == amount else result


def share(amount: Decimal, part: Decimal, whole: Decimal, step: Decimal) -> Decimal:
    """``amount x part / whole``, rounded once."""
    return rounded(EXACT.divide(EXACT.multiply(amount, part), whole), step)


class Position:
    """Signed size and the exact basis of what is open.

    Args:
        lot_value: Base currency (linear, spot) or USD (inverse) per lot: lot size x contract value.
        kind: How worth depends on price.
    """

    __slots__ = (
        "basis", "is_inverse", "lot_value", "quantity", "size_lots", "step", "taken_basis", "takeovers",
    )  # fmt: skip

    def __init__(self, lot_value: Decimal, kind: ContractKind = ContractKind.LINEAR) -> None:
        self.lot_value = lot_value
        self.is_inverse = kind is ContractKind.INVERSE
        self.step = COIN_STEP if self.is_inverse else COST_STEP
        self.quantity = ZERO
        """Signed: base currency for linear and spot, USD face for inverse."""
        self.size_lots = 0
        """Signed whole lots in ``quantity``; a spot fee in base currency may leave dust beyond them."""
        self.basis = ZERO
        """Signed worth the open part was traded at, in settlement currency."""
        self.takeovers = 0
        """How often the venue's figure took the place of ours."""
        self.taken_basis = ZERO
        """Sum of what that changed the basis by: realised by nobody, and booked nowhere else."""

    @property
    def cost(self) -> Decimal:
        """What the open part was traded at, without sign: quote currency, or coin for inverse."""
        return abs(self.basis)

    def worth(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Signed worth of a quantity at a price, in settlement currency; differences of it are PnL."""
        if not self.is_inverse:
            return rounded(EXACT.multiply(quantity, price), COST_STEP)
        return rounded(EXACT.divide(-quantity, price), COIN_STEP)

    def adopt(self, size_lots: int, average_price: Decimal | None, quantity: Decimal | None = None) -> None:
        """Take over a position that was there before; without a price its basis is zero.

        Args:
            size_lots: Signed size.
            average_price: Average entry.
            quantity: Exact signed quantity where lots do not tell it (spot balances with dust).
        """
        before = self.basis
        self._set(size_lots * self.lot_value if quantity is None else quantity)
        self.basis = self.worth(self.quantity, average_price) if average_price else ZERO
        self.takeovers += 1
        self.taken_basis += self.basis - before

    def restore(self, quantity: Decimal, basis: Decimal) -> None:
        """Take saved books up again."""
        self._set(quantity)
        self.basis = basis

    @staticmethod
    def rounded(amount: Decimal) -> Decimal:
        """An amount of quote currency as the books keep it."""
        return rounded(amount, COST_STEP)

    def apply(
        self,
        side: Side,
        size_lots: int,
        price: Decimal,
        base_fee: Decimal = ZERO,
        quantity: Decimal | None = None,
    ) -> Decimal:
        """Book one execution and return the PnL it realised, in settlement currency.

        A flip is a close and an opening; only the close realises.

        Args:
            side: Own side.
            size_lots: Executed size.
            price: Its price.
            base_fee: Fee taken out of the base currency (spot), negative, or a rebate in it; it is in the
                PnL. Fees in other currencies are not.
            quantity: Exact executed quantity, without sign, where lots do not tell it.
        """
        executed = side.sign * (size_lots * self.lot_value if quantity is None else quantity)
        worth, traded = self.worth(executed, price), executed + base_fee
        if self.quantity * traded > 0 or not self.quantity:
            return self._open(traded, worth)
        if abs(traded) <= abs(self.quantity):
            return self._reduce(traded, worth)
        closing = -self.quantity
        closing_worth = share(worth, closing, traded, self.step) if base_fee else self.worth(closing, price)
        realised = self._reduce(closing, closing_worth)
        return realised + self._open(traded - closing, worth - closing_worth)

    def _open(self, traded: Decimal, worth: Decimal) -> Decimal:
        if not traded:  # a fee that ate all of it: what was paid is lost
            return -worth
        self.basis += worth
        self._set(self.quantity + traded)
        return ZERO

    def _reduce(self, traded: Decimal, worth: Decimal) -> Decimal:
        if traded == -self.quantity:
            removed = self.basis
        else:
            removed = share(self.basis, traded, -self.quantity, self.step)
        self.basis -= removed
        self._set(self.quantity + traded)
        return -worth - removed

    def _set(self, quantity: Decimal) -> None:
        self.quantity = quantity
        self.size_lots = int(quantity / self.lot_value)

    @property
    def average_price(self) -> Decimal | None:
        """Average entry, or None when flat or not known; rounded to 1e-12."""
        if not self.quantity or (self.is_inverse and not self.basis):
            return None
        if self.is_inverse:
            return (-self.quantity / self.basis).quantize(COST_STEP, rounding=ROUND_HALF_EVEN)
        return (self.basis / self.quantity).quantize(COST_STEP, rounding=ROUND_HALF_EVEN)

    def unrealised(self, price: Decimal) -> Decimal:
        """PnL of the open part at a price, in settlement currency; zero when flat."""
        return self.worth(self.quantity, price) - self.basis if self.quantity else ZERO
