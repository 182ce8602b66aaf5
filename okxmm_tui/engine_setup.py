"""From settings to what an engine process is told."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path

from okxmm_tui.core.params import ParamSet
from okxmm_tui.credentials import api_key
from okxmm_tui.engine.param_file import read
from okxmm_tui.engine.plan import SessionPlan
from okxmm_tui.engine_config import EngineConfig
from okxmm_tui.errors import UsageError
from okxmm_tui.settings import Settings
from okxmm_tui.statedir import make_state_dir
from okxmm_tui.strategies.registry import chosen_strategy, make_strategy


def engine_config(settings: Settings) -> EngineConfig:
    """Check the strategy and its parameters, find the key, and make the state directory.

    Raises:
        UsageError: Strategy, parameter, file or directory was wrong.
        CredentialError: A venue that needs a key had none.
    """
    given = {**_file_params(settings.params_file), **settings.params}
    strategy = chosen_strategy(settings.strategy, settings.symbol)
    params = ParamSet.from_specs(make_strategy(strategy).specs, given)
    if isinstance(params, str):
        raise UsageError(
            f"{params[0].upper()}{params[1:]}.", f"Set it with --set NAME=VALUE; the strategy is {strategy}."
        )
    plan = SessionPlan(
        mode=settings.venue,
        symbols=tuple(dict.fromkeys(settings.symbol)),
        strategy=strategy,
        params=given,
        limits=settings.risk.limits(is_headless=settings.headless),
        tag=settings.tag,
        duration_s=settings.duration,
        params_file=str(settings.params_file.absolute()) if settings.params_file else "",
        journal_keep_mb=settings.journal_keep_mb,
        journal_keep_days=settings.journal_keep_days,
    )
    return EngineConfig(
        plan=plan,
        markets=tuple(settings.market),
        speed=settings.speed,
        latency_ms=settings.latency_ms,
        state_dir=str(make_state_dir(settings.state_dir)),
        key=api_key(settings.venue, settings.okx),
        region=settings.okx.region,
        rest_url=settings.okx.rest_url,
        ws_url=settings.okx.ws_url,
        other_rest_url=settings.okx.other_rest_url,
        other_ws_url=settings.okx.other_ws_url,
        order_route=settings.okx.order_route,
        stp_mode=settings.okx.stp_mode,
        book_channel=settings.okx.book_channel,
        has_fills_channel=settings.okx.fills_channel,
    )


def _file_params(path: Path | None) -> dict[str, Decimal]:
    if path is None:
        return {}
    event = read(path)
    try:
        values = {name: Decimal(text) for name, text in event.values.items()}
    except InvalidOperation:
        raise UsageError(f"Parameter file {path} holds a value that is no number.", "Correct it.") from None
    if event.problem:
        raise UsageError(
            f"Parameter file could not be used: {event.problem}.", "Write lines of name = value."
        )
    return values
