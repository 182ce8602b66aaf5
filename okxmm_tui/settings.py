"""Typed settings: flag > environment > .env > okxmm.toml > default, and where each value came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import platformdirs
from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from okxmm_tui.core.limits import ConsoleLostPolicy, HoldMode, Limits
from okxmm_tui.core.types import Mode
from okxmm_tui.errors import UsageError

CONFIG_NAME = "okxmm.toml"
APP_NAME = "okxmm-tui"
DEFAULT_SYMBOL = "BTC-USDT-SWAP"


class OkxSettings(BaseModel):
    """Account at the venue; needed for demo and live only."""

    api_key: SecretStr = Field(SecretStr(""), description="API key; trade permission, no withdrawal")
    secret: SecretStr = Field(SecretStr(""), description="secret of the key")
    passphrase: SecretStr = Field(SecretStr(""), description="passphrase of the key")
    region: Literal["global", "eea", "us", "tr"] = Field("global", description="where the account was opened")
    book_channel: Literal["books", "books5", "bbo-tbt", "books50-l2-tbt", "books-l2-tbt"] = Field(
        "books", description="order book channel; the two l2-tbt ones need fee tier VIP4"
    )
    fills_channel: bool = Field(
        default=False, description="also check fills against the fills channel; needs fee tier VIP4"
    )
    rest_url: str = Field("", description="another REST address than the region's, e.g. a test venue")
    ws_url: str = Field("", description="another WebSocket address, up to and including /ws/v5")
    other_rest_url: str = Field(
        "", description="REST address of the same region to turn to when the first cannot be connected to"
    )
    other_ws_url: str = Field("", description="WebSocket address of the same region, likewise")
    order_route: Literal["auto", "ws", "rest"] = Field("auto", description="way of orders: auto, ws, rest")
    stp_mode: Literal["cancel_maker", "cancel_taker", "cancel_both"] = Field(
        "cancel_maker", description="self-trade prevention: cancel_maker, cancel_taker, cancel_both"
    )


class RiskSettings(BaseModel):
    """Limits and policies; see the safety model in the README."""

    max_order_notional_quote: Decimal = Field(Decimal(5_000), gt=0, description="largest single order")
    max_order_share: Decimal = Field(
        Decimal("0.05"), gt=0, le=1, description="largest single order as a share of equity"
    )
    max_open_share: Decimal = Field(
        Decimal("0.25"), gt=0, le=10, description="all open orders as a share of equity"
    )
    max_gross_quote: Decimal = Field(
        Decimal(100_000), gt=0, description="worst-case positions of all markets, without sign"
    )
    max_net_quote: Decimal = Field(
        Decimal(75_000), gt=0, description="worst-case positions of all markets, with sign"
    )
    max_leverage: Decimal = Field(Decimal(10), gt=0, le=125, description="gross exposure over equity")
    max_position_notional_quote: Decimal = Field(
        Decimal(50_000), gt=0, description="largest position if every same-side order filled"
    )
    price_collar_bps: Decimal = Field(
        Decimal(100), gt=0, le=10_000, description="furthest order from the mid"
    )
    close_slippage_bps: Decimal = Field(
        Decimal(20), ge=0, le=1_000, description="a closing order goes at most this far through the book"
    )
    max_daily_loss_quote: Decimal = Field(
        Decimal(1_000), gt=0, description="loss since UTC midnight; 80 % reduces, 100 % halts"
    )
    max_drawdown_quote: Decimal = Field(
        Decimal(1_000), gt=0, description="fall from the day's high; 80 % reduces, 100 % halts"
    )
    flatten_on_loss: bool = Field(
        default=False, description="close every position, reduce-only, when one of these two limits halts"
    )
    max_lot_loss: Decimal = Field(
        Decimal("0.002"), gt=0, le=1, description="unrealised loss of a position at which it is closed"
    )
    losing_trips: int = Field(3, ge=1, le=100, description="losing round trips in a row, then a rest")
    losing_rest_ms: int = Field(300_000, ge=0, le=86_400_000, description="how long that rest is")
    max_spread_bps: Decimal = Field(Decimal(100), gt=0, description="a wider market is not quoted")
    min_depth_quote: Decimal = Field(
        Decimal(1_000), ge=0, description="thinner markets (within 10 bps, each side) are not quoted"
    )
    max_mark_divergence_bps: Decimal = Field(Decimal(25), gt=0, description="mid against mark price")
    max_index_divergence_bps: Decimal = Field(
        Decimal(50), gt=0, description="mid against index price, dated futures excepted"
    )
    max_move_bps: Decimal = Field(
        Decimal(50), gt=0, description="travel of the mid within 10 s at which quotes are pulled"
    )
    max_toxicity: Decimal = Field(
        Decimal(6), gt=0, description="t-statistic of the loss 5 s after our fills at which a market rests"
    )
    max_vpin: Decimal = Field(
        Decimal("0.9"), gt=0, le=1, description="one-sided volume of takers at which a market rests"
    )
    max_one_sided: Decimal = Field(
        Decimal("0.9"), gt=0, le=1, description="one-sidedness of our last fills at which a market rests"
    )
    max_post_only_per_min: int = Field(60, ge=1, le=10_000, description="post-only cancels per market")
    max_orders_per_min: int = Field(1_500, ge=1, le=100_000, description="orders and amends per market")
    min_liquidation_distance: Decimal = Field(
        Decimal("0.05"), gt=0, lt=1, description="nearer to liquidation only reducing"
    )
    private_stale_ms: int = Field(
        12_000, ge=1_000, le=120_000, description="silence of the private stream before the venue is asked"
    )
    funding_window_ms: int = Field(
        120_000, ge=0, le=3_600_000, description="before funding, payers above the next limit only reduce"
    )
    max_funding_bps: Decimal = Field(Decimal(5), ge=0, description="funding worth reducing for")
    book_amber_ms: int = Field(
        1_000, ge=100, le=60_000, description="book age at which nothing new is sent and quotes only widen"
    )
    expiry_window_ms: int = Field(
        3_600_000, ge=0, le=604_800_000, description="before a contract expires, when quotes leave it"
    )
    book_stale_ms: int = Field(3_000, ge=200, le=60_000, description="book age at which quotes are pulled")
    feed_age_limit_ms: int = Field(
        200, ge=20, le=10_000, description="age of market data at the engine at which quotes are pulled"
    )
    loop_lag_limit_ms: int = Field(
        250, ge=50, le=10_000, description="engine lag that pulls quotes and stops renewing the switch"
    )
    order_expire_ms: int = Field(1_000, ge=100, le=10_000, description="the venue drops later requests")
    ack_timeout_ms: int = Field(2_000, ge=200, le=30_000, description="an unanswered order is UNKNOWN")
    cancel_timeout_ms: int = Field(
        1_000, ge=200, le=30_000, description="an unconfirmed cancel is sent again"
    )
    dead_man_timeout_s: int = Field(20, ge=10, le=120, description="cancel-all-after at the venue")
    needs_dead_man: bool = Field(
        default=True, description="quote only while the dead-man's switch is armed; false is dangerous"
    )
    dead_man_renew_ms: int = Field(4_000, ge=1_000, le=9_000, description="renewal of the dead-man's switch")
    console_lost: ConsoleLostPolicy = Field(
        ConsoleLostPolicy.PAUSE, description="what to do when the last console is gone: pause, kill, keep"
    )
    console_grace_ms: int = Field(10_000, ge=1_000, le=600_000, description="how long it may be gone")
    kill_deadline_ms: int = Field(5_000, ge=1_000, le=60_000, description="a safe quit proves itself by then")
    reconcile_ms: int = Field(30_000, ge=1_000, le=600_000, description="orders are compared with the venue")
    hold_tolerance_ticks: int = Field(3, ge=0, le=10_000, description="quotes nearer to their target stay")
    hold_mode: HoldMode = Field(
        HoldMode.SIMPLE, description="simple: hold within that distance; queue: weigh the queue place"
    )
    post_only_rest_after: int = Field(
        10, ge=1, le=1_000, description="post-only refusals of a side in a minute, then it rests"
    )
    post_only_rest_ms: int = Field(5_000, ge=0, le=3_600_000, description="how long that rest is")
    clock_alarm_ms: int = Field(
        250, ge=10, le=10_000, description="clock difference to the venue that is said"
    )
    clock_limit_ms: int = Field(
        1_000, ge=100, le=20_000, description="clock difference that stops new orders"
    )
    max_change_percent: Decimal = Field(
        Decimal(200), gt=0, description="larger changes of a parameter towards more risk need arming"
    )
    memory_limit_mb: int = Field(
        500, ge=50, le=1_000_000, description="memory of the engine at which an alarm is raised"
    )
    api_latency_limit_ms: int = Field(
        200, ge=10, le=10_000, description="95th percentile of order answers that pulls quotes"
    )
    allow_below_fees: bool = Field(
        default=False, description="allow half-spreads below the maker fee plus one tick"
    )

    preflight: Literal["auto", "ask", "adopt", "cancel", "abort"] = Field(
        "auto",
        description="orders or positions found at the start that the journal does not explain: ask, adopt, "
        "cancel (orders; positions are taken over) or abort; auto asks at a console and cancels without one",
    )

    def limits(self, *, is_headless: bool) -> Limits:
        """The same as the engine takes it."""
        values = {**self.model_dump(mode="json"), "is_headless": is_headless}
        if self.preflight == "auto":
            values["preflight"] = "cancel" if is_headless else "ask"
        return msgspec.convert(values, Limits)


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="OKXMM_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    venue: Mode = Field(Mode.SIM, description="sim, paper, demo or live")
    symbol: Annotated[list[str], NoDecode] = Field(
        [DEFAULT_SYMBOL], min_length=1, description="instruments to trade"
    )
    strategy: str = Field("inventory_skew", description="strategy to run")
    params: dict[str, Decimal] = Field({}, description="strategy parameters by name")
    params_file: Path | None = Field(
        None, description="TOML of strategy parameters, read again whenever it changes"
    )
    market: Annotated[list[str], NoDecode] = Field(
        ["builtin"], description="sim only: builtin, synthetic[:ID] or recordings"
    )
    speed: float = Field(1.0, gt=0, le=1_000, description="sim only: speed of the recording")
    headless: bool = Field(default=False, description="run without a console, JSON lines on stdout")
    duration: float | None = Field(None, gt=0, description="headless: stop after this many seconds")
    state_dir: Path = Field(
        Path(platformdirs.user_state_dir(APP_NAME)), description="journal, socket and log directory"
    )
    journal_keep_mb: int = Field(
        2_000, ge=0, le=1_000_000, description="event logs kept, in MB; the oldest sessions go first"
    )
    journal_keep_days: int = Field(
        30, ge=0, le=3_650, description="order events and snapshots kept, in days, 0 for ever; fills always"
    )
    theme: str = Field("okxmm-dark", description="colour theme of the console")
    language: Literal["auto", "en", "zh", "th"] = Field(
        "auto", description="language of the console: en, zh (Chinese), th (Thai); auto asks the locale"
    )
    keys: dict[str, str] = Field(
        {}, description="keys by name of the action, see Keys; kill stays where it is"
    )
    bell: bool = Field(default=False, description="ring the terminal's bell at every new critical alarm")
    limited_motion: bool = Field(default=False, description="draw news twice a second instead of ten times")
    tag: str = Field("okxmm", pattern=r"^[A-Za-z0-9]{1,16}$", description="tag on every order")
    okx: OkxSettings = OkxSettings()  # pyright: ignore[reportCallIssue]
    risk: RiskSettings = RiskSettings()  # pyright: ignore[reportCallIssue]

    @field_validator("symbol", "market", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Lists come from the environment as words between commas."""
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources; the first that knows a value wins."""
        del file_secret_settings
        toml = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, toml


def config_paths(config: Path | None) -> list[Path]:
    """Configuration files in use: the one given, or the directory's and the user's own."""
    if config is not None:
        return [config]
    return [Path(platformdirs.user_config_dir(APP_NAME)) / CONFIG_NAME, Path(CONFIG_NAME)]


def load_settings(given: dict[str, Any], config: Path | None = None) -> Settings:
    """Read every source.

    Args:
        given: Values from flags, the strongest source; only those that were given.
        config: Configuration file; must exist when named.

    Raises:
        UsageError: A value, a name or the file was wrong.
    """
    if config is not None and not config.is_file():
        raise UsageError(f"Configuration file {config} was not found.", "Check the path after --config.")

    class Located(Settings):
        model_config = SettingsConfigDict(toml_file=config_paths(config))

    try:
        return Located(**given)
    except ValidationError as error:
        raise UsageError(_explain(error), "Correct it, or see okxmm-tui --help and the README.") from None
    except ValueError as error:  # tomllib and the environment parser raise plain ValueErrors
        raise UsageError(f"Settings could not be read: {error}.", "Correct okxmm.toml or OKXMM_*.") from None


def _explain(error: ValidationError) -> str:
    """One sentence for the first problem; the value is shown unless it is a secret."""
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    shown = "" if name.startswith("okx.") else f" was {first.get('input')!r}"
    return f"Setting {name}{shown}: {first['msg'][0].lower()}{first['msg'][1:]}."


def sources(given: Mapping[str, Any], config: Path | None = None) -> dict[str, str]:
    """Say where each value of :func:`load_settings` comes from, given the same arguments.

    Args:
        given: Values from flags.
        config: Configuration file.

    Returns:
        Dotted name to source: ``flag``, ``environment``, ``.env``, the path of a configuration file, or
        ``default``. Strategy parameters and moved keys appear one by one, when they are set.
    """
    origins = dict.fromkeys(_setting_names(Settings), "default") | _file_origins(config)
    weakest_first: tuple[tuple[str, Mapping[str, Any]], ...] = (
        (".env", DotEnvSettingsSource(Settings)()),
        ("environment", EnvSettingsSource(Settings)()),
        ("flag", given),
    )
    for label, values in weakest_first:
        origins |= dict.fromkeys(_leaves(values), label)
    return origins


def _file_origins(config: Path | None) -> dict[str, str]:
    # Of two files the later one wins, and a table in it replaces the whole table of the earlier one.
    origins: dict[str, str] = {}
    for path in config_paths(config):
        for name, value in TomlConfigSettingsSource(Settings, path)().items():
            others = {each: source for each, source in origins.items() if each.partition(".")[0] != name}
            origins = others | dict.fromkeys(_leaves({name: value}), str(path))
    return origins


def _setting_names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _setting_names(inner, f"{prefix}{name}.")
        elif name not in {"params", "keys"}:
            yield prefix + name


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name
