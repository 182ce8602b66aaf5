"""Themes from TOML files: loaded, checked, and mapped to Textual themes with a variable per colour role."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from msgspec import Struct, ValidationError, convert
from textual.color import Color, ColorParseError
from textual.theme import Theme

from okxmm_tui.errors import UsageError

DEFAULT_THEME = "okxmm-dark"

FIXED_ROLES = {"mode-live": "#c50f1f", "mode-live-text": "#ffffff"}
"""LIVE looks the same in every theme; a file cannot change it."""

ROLES = (
    "bid", "bid-bar", "ask", "ask-bar", "own", "mid", "pos-long", "pos-short", "gain", "loss", "stale",
    "muted", "frame", "frame-focus", "cursor", "gauge", "gauge-warn", "gauge-crit",
    "alarm-1", "alarm-2", "alarm-3", "armed",
    "mode-demo", "mode-demo-text", "mode-sim", "mode-sim-text", "mode-paper", "mode-paper-text",
    "mode-replay", "mode-replay-text",
)  # fmt: skip
"""Every role a theme file has to give."""

TEXT_ROLES = (
    "bid", "ask", "own", "mid", "pos-long", "pos-short", "gain", "loss", "stale", "muted",
    "alarm-1", "alarm-2", "alarm-3", "armed",
)  # fmt: skip
"""Roles that carry text on the background."""


class BaseColours(Struct, frozen=True, forbid_unknown_fields=True):
    """The colours Textual derives its own from."""

    primary: str
    secondary: str
    accent: str
    foreground: str
    background: str
    surface: str
    panel: str
    warning: str
    error: str
    success: str


class ThemeFile(Struct, frozen=True, forbid_unknown_fields=True):
    """One theme as its file says it."""

    name: str
    dark: bool
    base: BaseColours
    roles: dict[str, str]

    def variables(self) -> dict[str, str]:
        """All CSS variables of our own."""
        return {**self.roles, **FIXED_ROLES}


def themes_folder() -> Path:
    """Where the theme files lie: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "themes"
    return installed if installed.is_dir() else package.parent / "themes"


def read_theme(path: Path) -> ThemeFile:
    """Read and check one theme file.

    Raises:
        UsageError: The file was no TOML, lacked a role, or had a value that is no colour.
    """
    try:
        theme = convert(tomllib.loads(path.read_text(encoding="utf-8")), ThemeFile)
        _check(theme, path)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError, ColorParseError) as error:
        raise UsageError(
            f"Theme file {path.name} could not be used: {_first_line(error)}.",
            "Compare it with okxmm-dark.toml; every key there is needed.",
        ) from error
    return theme


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _check(theme: ThemeFile, path: Path) -> None:
    if theme.name != path.stem:
        raise ValidationError(f"name was {theme.name!r} but the file is called {path.stem!r}")
    if missing := [role for role in ROLES if role not in theme.roles]:
        raise ValidationError(f"roles were missing: {', '.join(missing)}")
    if unknown := [role for role in theme.roles if role not in ROLES]:
        raise ValidationError(f"roles were unknown: {', '.join(unknown)}")
    base = {name: getattr(theme.base, name) for name in BaseColours.__struct_fields__}
    for name, value in (base | theme.roles).items():
        try:
            Color.parse(value)
        except ColorParseError as error:
            raise ValidationError(f"{name} was {value!r}, which is no colour") from error


def theme_names() -> tuple[str, ...]:
    """Names of all themes there are."""
    return tuple(sorted(path.stem for path in themes_folder().glob("*.toml")))


@lru_cache(maxsize=16)
def load_theme(name: str) -> ThemeFile:
    """Load a theme by name.

    Raises:
        UsageError: There was no theme of that name, or its file was malformed.
    """
    names = theme_names()
    if name not in names:
        raise UsageError(f"Theme {name!r} was unknown.", f"Known themes are {', '.join(names)}.")
    return read_theme(themes_folder() / f"{name}.toml")


def to_textual(theme: ThemeFile) -> Theme:
    """Map a theme file to a Textual theme."""
    base = theme.base
    return Theme(
        name=theme.name,
        dark=theme.dark,
        primary=base.primary,
        secondary=base.secondary,
        accent=base.accent,
        foreground=base.foreground,
        background=base.background,
        surface=base.surface,
        panel=base.panel,
        warning=base.warning,
        error=base.error,
        success=base.success,
        variables={**theme.variables(), "block-cursor-text-style": "none"},
    )
