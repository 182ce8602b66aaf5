"""What the exchange can be told from outside, as plain data."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.types import AccountLevel, PositionMode
from okxmm_tui.errors import UsageError


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
    spot_maker_fee_bps: Decimal = Decimal(8)
    """Maker fee of spot in basis points."""
    spot_taker_fee_bps: Decimal = Decimal(10)
    """Taker fee of spot in basis points."""
    coin_balance: Decimal = Decimal(1)
    """Starting cash in every other currency the listed instruments need, e.g. BTC."""
    account_level: str = "2"
    """OKX acctLv: 1 spot, 2 futures, 3 multi-currency margin, 4 portfolio margin."""
    position_mode: str = "net_mode"
    """OKX posMode: net_mode or long_short_mode."""
    idle_exit_s: float | None = None
    """Exit once nobody has been connected for this long; None never does."""
    seed: int = 1
    """Seed of the synthetic markets and of the dice of faults."""
    vip: bool = False
    """Serve the fee-gated channels (books-l2-tbt, books50-l2-tbt, fills)."""
    latency_ms: int = 0
    """Time a trade request takes from its arrival to the market."""


class VenueSettings(Struct, frozen=True):
    """Rules of the venue itself."""

    balance: Decimal = Decimal(100_000)
    coin_balance: Decimal = Decimal(0)
    account_level: AccountLevel = AccountLevel.FUTURES
    position_mode: PositionMode = PositionMode.NET
    maker_rate: Decimal = Decimal("-0.0002")
    """OKX sign: negative is charged, positive is a rebate."""
    taker_rate: Decimal = Decimal("-0.0005")
    spot_maker_rate: Decimal = Decimal("-0.0008")
    spot_taker_rate: Decimal = Decimal("-0.001")
    queue_power: int = 2
    """n of f(x) = x^n in the queue model."""
    vip: bool = False
    maintenance_rate: Decimal = Decimal("0.004")
    """Maintenance margin over position value, in the lowest position tier."""
    price_band: Decimal = Decimal("0.02")
    """Price limit as a fraction of the mark price."""
    default_lever: Decimal = Decimal(10)
    seed: int = 1
    """Seed of the dice of faults."""
    latency_ms: int = 0
    """Time a trade request takes from its arrival to the market; the market goes on meanwhile."""

    @classmethod
    def from_options(cls, options: ExchangeOptions) -> VenueSettings:
        """Translate process options; fees in bps become signed rates.

        Raises:
            UsageError: The account level or position mode is unknown, or the two exclude each other.
        """
        level, mode = _account_kind(options)
        return cls(
            balance=options.balance,
            coin_balance=options.coin_balance,
            account_level=level,
            position_mode=mode,
            maker_rate=-options.maker_fee_bps / 10_000,
            taker_rate=-options.taker_fee_bps / 10_000,
            spot_maker_rate=-options.spot_maker_fee_bps / 10_000,
            spot_taker_rate=-options.spot_taker_fee_bps / 10_000,
            vip=options.vip,
            seed=options.seed,
            latency_ms=options.latency_ms,
        )

    def rate(self, *, is_spot: bool, is_maker: bool) -> Decimal:
        """Fee rate of a fill, OKX sign."""
        if is_spot:
            return self.spot_maker_rate if is_maker else self.spot_taker_rate
        return self.maker_rate if is_maker else self.taker_rate


def _account_kind(options: ExchangeOptions) -> tuple[AccountLevel, PositionMode]:
    try:
        level = AccountLevel(options.account_level)
    except ValueError as error:
        raise UsageError(
            f"Account level {options.account_level!r} was unknown.",
            "Use 1 (spot), 2 (futures), 3 (multi-currency margin) or 4 (portfolio margin).",
        ) from error
    try:
        mode = PositionMode(options.position_mode)
    except ValueError as error:
        raise UsageError(
            f"Position mode {options.position_mode!r} was unknown.", "Use net_mode or long_short_mode."
        ) from error
    if mode is PositionMode.LONG_SHORT and level not in {AccountLevel.FUTURES, AccountLevel.MULTI_CURRENCY}:
        raise UsageError(
            f"Account level {level.value} has net positions only.", "Use --position-mode net_mode."
        )
    return level, mode
