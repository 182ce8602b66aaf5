"""What all our commands share on the command line: the manner of their parsers, and flags become settings."""

from __future__ import annotations

import argparse
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from okxmm_tui.errors import UsageError

if TYPE_CHECKING:
    from okxmm_tui.settings import Settings


def command_parser(name: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """Make a parser in the manner of all our commands: only what was given is in its result."""
    return argparse.ArgumentParser(
        prog=name,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )


def settings_of(given: dict[str, Any]) -> Settings:
    """Read the settings, with the words of the command line as the strongest source.

    Raises:
        UsageError: A value, a name or a file was wrong.
    """
    from okxmm_tui.settings import load_settings  # noqa: PLC0415 - so that --help stays fast

    flags = {name: value for name, value in given.items() if name not in {"config", "set"}}
    if pairs := given.get("set"):
        flags["params"] = dict(_pair(pair) for pair in pairs)
    return load_settings(flags, given.get("config"))


def _pair(text: str) -> tuple[str, Decimal]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), Decimal(value.strip())
    except InvalidOperation:
        raise UsageError(
            f"--set {text!r} was not NAME=NUMBER.", "Write it like --set order_size=2."
        ) from None
