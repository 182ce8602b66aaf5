"""What the exchange can be told from outside, as plain data."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class ExchangeOptions(Struct, frozen=True):
    """Options of one exchange process."""

    port: int = 0
    """Loopback port; 0 picks a free one."""
    markets: tuple[str, ...] = ("builtin",)
    """Market sources: ``builtin``, ``synthetic[:ID]``, recording files or ``relay:REST,WS,ID``."""
    speed: float = 1.0
    """Replay speed; 2 plays a recording twice as fast as it happened."""
    balance: Decimal = Decimal(100_000)
    """Starting cash, USDT."""
    maker_fee_bps: Decimal = Decimal(2)
    """Maker fee in basis points; negative is a rebate."""
    taker_fee_bps: Decimal = Decimal(5)
    """Taker fee in basis points."""
    idle_exit_s: float | None = None
    """Exit once nobody has been connected for this long; None never does."""
    seed: int = 1
    """Seed of the synthetic markets."""
    vip: bool = False
    """Serve the fee-gated depth channels (books-l2-tbt, books50-l2-tbt)."""


class VenueSettings(Struct, frozen=True):
    """Rules of the venue itself."""

    balance: Decimal = Decimal(100_000)
    maker_rate: Decimal = Decimal("-0.0002")
    """OKX sign: negative is charged, positive is a rebate."""
    taker_rate: Decimal = Decimal("-0.0005")
    queue_power: int = 2
    """n of f(x) = x^n in the queue model."""
    vip: bool = False
    maintenance_rate: Decimal = Decimal("0.004")
    """Maintenance margin over position value."""
    price_band: Decimal = Decimal("0.02")
    """Price limit as a fraction of the mark price."""
    default_lever: Decimal = Decimal(10)

    @classmethod
    def from_options(cls, options: ExchangeOptions) -> VenueSettings:
        """Translate process options; fees in bps become signed rates."""
        return cls(
            balance=options.balance,
            maker_rate=-options.maker_fee_bps / 10_000,
            taker_rate=-options.taker_fee_bps / 10_000,
            vip=options.vip,
        )
