"""Settings and credentials: what counts and where it comes from. Secrets are never shown."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from okxmm_tui.core.params import ParamSet
from okxmm_tui.credentials import api_key
from okxmm_tui.doctor.desk import Desk
from okxmm_tui.doctor.rows import Row, bad_setting, ok
from okxmm_tui.engine.param_file import read
from okxmm_tui.settings import Settings
from okxmm_tui.strategies.registry import chosen_strategy, make_strategy

ALWAYS_SHOWN = ("venue", "symbol", "strategy", "tag", "state_dir", "okx.region")
SECRETS = ("okx.api_key", "okx.secret", "okx.passphrase")
SET, MISSING = "set (hidden)", "missing"


def shown_settings(settings: Settings) -> dict[str, str]:
    """Every setting by dotted name, fit for the eyes of anybody."""
    return dict(_shown(settings, ""))


def _shown(model: BaseModel, prefix: str) -> Iterator[tuple[str, str]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _shown(value, f"{prefix}{name}.")
        elif isinstance(value, dict):
            yield from ((f"{prefix}{name}.{each}", _text(inner)) for each, inner in value.items())
        else:
            yield prefix + name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return SET if value.get_secret_value() else MISSING
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str) and "://" in value:
        return _without_user(value)
    return "" if value is None else str(value)


def _without_user(url: str) -> str:
    """An address may carry a name and a password."""
    host = urlsplit(url).netloc
    return url.replace(host, host.rpartition("@")[2], 1)


async def configuration(desk: Desk) -> list[Row]:
    """Show every setting that somebody set and the few that always matter; try the strategy's own."""
    values = shown_settings(desk.settings)
    names = [name for name in values if name in ALWAYS_SHOWN or desk.sources.get(name) != "default"]
    hidden = () if desk.is_local else SECRETS
    wanted = [name for name in names if name not in SECRETS] + list(hidden)
    rows = [ok(f"setting {name}", f"{values[name]} ({desk.sources.get(name, 'default')})") for name in wanted]
    return [*rows, _parameters(desk.settings)]


def _parameters(settings: Settings) -> Row:
    given: dict[str, Decimal] = {}
    if settings.params_file is not None:
        problem, given = _file_values(settings.params_file)
        if problem:
            return bad_setting("strategy parameters", problem, "Correct the file given as params_file.")
    strategy = chosen_strategy(settings.strategy, settings.symbol)
    params = ParamSet.from_specs(make_strategy(strategy).specs, given | settings.params)
    if isinstance(params, str):
        return bad_setting("strategy parameters", f"{params}.", "Correct params.")
    return ok("strategy parameters", f"{strategy} takes them all")


def _file_values(path: Path) -> tuple[str, dict[str, Decimal]]:
    event = read(path)
    if event.problem:
        return f"{event.problem}.", {}
    try:
        return "", {name: Decimal(text) for name, text in event.values.items()}
    except ArithmeticError:
        return f"{path.name} holds a value that is no number.", {}


async def credentials(desk: Desk) -> list[Row]:
    """Whether there is a complete key."""
    desk.key = api_key(desk.settings.venue, desk.settings.okx)
    own = "the embedded exchange has its own" if desk.is_local else "key, secret and passphrase are set"
    return [ok("credentials", own)]
