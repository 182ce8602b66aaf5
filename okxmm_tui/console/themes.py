"""Themes from TOML files: loaded, checked, and mapped to Textual themes with a variable per colour role.

A file is complete, or names a theme of the house in ``extends`` and gives what differs. Files of the user's
own lie in ``themes/`` of the configuration directory; one that is broken or takes a name of the house is left
out and reported, for a colour must never keep a console from opening.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

import platformdirs
from msgspec import Struct, ValidationError, convert
from textual.color import Color, ColorParseError
from textual.theme import Theme

from okxmm_tui.errors import UsageError

DEFAULT_THEME = "okxmm-dark"
APP_NAME = "okxmm-tui"
ANSI_PREFIX = "ansi_"
"""Colours that begin so are the terminal's own sixteen."""

FIXED_ROLES = {"mode-live": "#c50f1f", "mode-live-text": "#ffffff"}
"""LIVE looks the same in every theme; a file cannot change it."""

FIXED_ANSI_ROLES = {"mode-live": "ansi_red", "mode-live-text": "ansi_bright_white"}
"""The nearest a terminal of sixteen colours comes to it."""

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

    @property
    def is_ansi(self) -> bool:
        """Whether it is made of the terminal's own sixteen colours."""
        return self.base.background.startswith(ANSI_PREFIX)

    def variables(self) -> dict[str, str]:
        """All CSS variables of our own."""
        return {**self.roles, **(FIXED_ANSI_ROLES if self.is_ansi else FIXED_ROLES)}


def themes_folder() -> Path:
    """Where the theme files lie: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "themes"
    return installed if installed.is_dir() else package.parent / "themes"


def user_themes_folder() -> Path:
    """Where the user's own theme files lie."""
    return Path(platformdirs.user_config_dir(APP_NAME)) / "themes"


def read_theme(path: Path) -> ThemeFile:
    """Read and check one theme file.

    Raises:
        UsageError: The file was no TOML, lacked a role, or had a value that is no colour.
    """
    try:
        theme = convert(_merged(_parsed(path)), ThemeFile)
        _check(theme, path)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise UsageError(
            f"Theme file {path.name} could not be used: {_first_line(error)}.",
            'Begin it with name, dark and extends = "okxmm-dark", then give only the colours that differ.',
        ) from error
    return theme


def _parsed(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _merged(words: dict[str, Any]) -> dict[str, Any]:
    """The file's own words over those of the theme it extends."""
    name = words.pop("extends", None)
    if name is None:
        return words
    if name not in house_names():
        raise ValidationError(f"it extends {name!r}, which is none of {', '.join(house_names())}")
    below = _merged(_parsed(themes_folder() / f"{name}.toml"))
    parts = {part: {**below[part], **_table(words, part)} for part in ("base", "roles")}
    return {**below, **words, **parts}


def _table(words: dict[str, Any], part: str) -> dict[str, Any]:
    table = words.get(part, {})
    if not isinstance(table, dict):
        raise ValidationError(f"[{part}] was {table!r}, which is no table")
    return table


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
        _check_colour(name, value, is_ansi=theme.is_ansi)


def _check_colour(name: str, value: str, *, is_ansi: bool) -> None:
    try:
        colour = Color.parse(value)
    except ColorParseError as error:
        raise ValidationError(f"{name} was {value!r}, which is no colour") from error
    if colour.a < 1:
        raise ValidationError(f"{name} was {value!r}: colours here are opaque")
    if value == "ansi_default" or value.startswith(ANSI_PREFIX) is not is_ansi:
        kinds = "the sixteen ansi_ colours, ansi_default excepted," if is_ansi else "colours without ansi_"
        raise ValidationError(f"{name} was {value!r}, and this theme is made of {kinds} alone")


@lru_cache(maxsize=1)
def house_names() -> tuple[str, ...]:
    """Names of the themes that come with the program."""
    return tuple(sorted(path.stem for path in themes_folder().glob("*.toml")))


@lru_cache(maxsize=1)
def _own() -> tuple[dict[str, ThemeFile], tuple[str, ...]]:
    """The user's own themes by name, and what was wrong with the others."""
    found: dict[str, ThemeFile] = {}
    problems: list[str] = []
    for path in sorted(user_themes_folder().glob("*.toml")):
        if path.stem in house_names():
            problems.append(f"Theme file {path} was left out: the name belongs to the program; rename it.")
            continue
        try:
            found[path.stem] = read_theme(path)
        except UsageError as error:
            problems.append(str(error))
    return found, tuple(problems)


def theme_problems() -> tuple[str, ...]:
    """Why themes of the user's own were left out, a sentence each."""
    return _own()[1]


def theme_names() -> tuple[str, ...]:
    """Names of all themes that can be used: the program's, then the user's."""
    return (*house_names(), *_own()[0])


def forget_themes() -> None:
    """Read all files again when next asked."""
    for cached in (house_names, _own, load_theme):
        cached.cache_clear()


@lru_cache(maxsize=16)
def load_theme(name: str) -> ThemeFile:
    """Load a theme by name.

    Raises:
        UsageError: There was no theme of that name, or its file was malformed.
    """
    if name in house_names():
        return read_theme(themes_folder() / f"{name}.toml")
    if theme := _own()[0].get(name):
        return theme
    if (path := user_themes_folder() / f"{name}.toml").is_file():
        return read_theme(path)  # says what is wrong with it
    raise UsageError(f"Theme {name!r} was unknown.", f"Known themes are {', '.join(theme_names())}.")


ANSI_VARIABLES = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "border-blurred": "ansi_black",
    "screen-selection-background": "ansi_cyan",
    "screen-selection-foreground": "ansi_black",
    "text": "ansi_bright_white",
    "text-muted": "ansi_white",
    "text-disabled": "ansi_bright_black",
    "block-cursor-foreground": "ansi_black",
    "block-cursor-background": "ansi_bright_cyan",
    "input-cursor-background": "ansi_bright_white",
    "input-cursor-foreground": "ansi_black",
    "input-selection-background": "ansi_cyan",
    "input-selection-foreground": "ansi_black",
}
"""Where Textual would take the terminal's default colours, which may be ours or their opposite."""


def to_textual(theme: ThemeFile) -> Theme:
    """Map a theme file to a Textual theme."""
    base = theme.base
    return Theme(
        name=theme.name,
        dark=theme.dark,
        ansi=theme.is_ansi,
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
        variables={
            **theme.variables(),
            **(ANSI_VARIABLES if theme.is_ansi else {}),
            "block-cursor-text-style": "none",
        },
    )
