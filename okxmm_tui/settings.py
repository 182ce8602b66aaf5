"""Typed settings: flag > environment > .env > okxmm.toml > default, and where each value came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

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

from okxmm_tui.core.types import Mode
from okxmm_tui.errors import UsageError
from okxmm_tui.risk_settings import RiskSettings

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
    strategy: str = Field(
        "auto", description="strategy to run; auto: glft where all are perpetual swaps, else inventory_skew"
    )
    params: dict[str, Decimal] = Field({}, description="strategy parameters by name")
    params_file: Path | None = Field(
        None, description="TOML of strategy parameters, read again whenever it changes"
    )
    market: Annotated[list[str], NoDecode] = Field(
        ["builtin"], description="sim only: builtin, synthetic[:ID] or recordings"
    )
    speed: float = Field(1.0, gt=0, le=1_000, description="sim only: speed of the recording")
    latency_ms: int = Field(
        10, ge=0, le=10_000, description="sim and paper: time an order takes to the market, in ms"
    )
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
