"""Finds the API key for a session and never shows it."""

from __future__ import annotations

from okxmm_tui.core.types import Mode
from okxmm_tui.errors import CredentialError
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.settings import OkxSettings

SIM_KEY = ApiKey("sim", "sim", "sim")


def api_key(mode: Mode, okx: OkxSettings) -> ApiKey:
    """Return the key to trade with; the embedded exchange has its own.

    Raises:
        CredentialError: Demo or live without a complete key.
    """
    if mode in {Mode.SIM, Mode.PAPER}:
        return SIM_KEY
    parts = {
        "OKXMM_OKX__API_KEY": okx.api_key.get_secret_value(),
        "OKXMM_OKX__SECRET": okx.secret.get_secret_value(),
        "OKXMM_OKX__PASSPHRASE": okx.passphrase.get_secret_value(),
    }
    if missing := [name for name, value in parts.items() if not value]:
        raise CredentialError(
            f"{mode} needs an API key; {', '.join(missing)} was not set.",
            "Create a key that may trade but not withdraw, then set it in the environment or .env.",
        )
    return ApiKey(*parts.values())
