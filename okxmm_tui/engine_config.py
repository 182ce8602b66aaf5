"""What a console tells the engine process it starts, and where an embedded exchange listens."""

from __future__ import annotations

from msgspec import Struct

from okxmm_tui.core.types import Mode
from okxmm_tui.engine.plan import SessionPlan
from okxmm_tui.okx.auth import ApiKey


class EngineConfig(Struct, frozen=True):
    """Everything an engine process is told; travels over a pipe, never over a command line."""

    plan: SessionPlan
    markets: tuple[str, ...]
    """Sim only: where the embedded exchange takes its market from."""
    speed: float
    state_dir: str
    key: ApiKey
    region: str
    rest_url: str = ""
    ws_url: str = ""
    other_rest_url: str = ""
    other_ws_url: str = ""
    order_route: str = "auto"
    stp_mode: str = "cancel_maker"
    book_channel: str = "books"
    has_fills_channel: bool = False
    latency_ms: int = 0
    """Sim and paper: time an order takes to the embedded exchange's market."""


def account_names(mode: Mode, region: str, rest_url: str, key: ApiKey, tag: str) -> tuple[str, ...]:
    """What tells an account and tag from others; two engines on the same must not trade."""
    return mode.value, region, rest_url, key.key, tag


class Urls(Struct, frozen=True):
    """Where an embedded exchange listens."""

    rest: str
    ws: str
