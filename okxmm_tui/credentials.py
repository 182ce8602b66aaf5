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
        CredentialError: Demo or live without a complete key, or with one that cannot be sent.
    """
    if mode in {Mode.SIM, Mode.PAPER}:
        return SIM_KEY
    # A line end or a blank from a file or a paste would be refused as a header, and shown with the refusal.
    parts = {
        "OKXMM_OKX__API_KEY": okx.api_key.get_secret_value().strip(),
        "OKXMM_OKX__SECRET": okx.secret.get_secret_value().strip(),
        "OKXMM_OKX__PASSPHRASE": okx.passphrase.get_secret_value().strip(),
    }
    if missing := [name for name, value in parts.items() if not value]:
        raise CredentialError(
            f"{mode} needs an API key; {', '.join(missing)} was not set.",
            "Create a key that may trade but not withdraw, then set it in the environment or .env.",
        )
    if odd := [name for name, value in parts.items() if not (value.isascii() and value.isprintable())]:
        raise CredentialError(
            f"{', '.join(odd)} held a character that no key has.",
            "Copy it again from the OKX page, as it is.",
        )
    return ApiKey(*parts.values())
