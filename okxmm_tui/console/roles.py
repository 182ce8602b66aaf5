"""Terminal styles of the colour roles, straight from the theme file.

Stylesheet components would say the same, but matching them for every panel at every change of a class or
the focus costs tens of milliseconds; the panels ask this table instead.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import blend_rgb
from rich.style import Style

from okxmm_tui.console import themes

DIM_SHARE = 0.5

PLAIN = (
    "bid", "bid-bar", "ask", "ask-bar", "mid", "gain", "loss", "stale", "muted", "frame", "frame-focus",
    "alarm-2", "alarm-3",
)  # fmt: skip
BOLD = ("own", "mid", "pos-long", "pos-short", "alarm-1", "armed")
GROUNDS = ("cursor", "gauge", "gauge-warn", "gauge-crit")
MODES = ("live", "demo", "sim", "paper", "replay")

CHIPS = {
    "chip-good": ("#ffffff", "#0f6b52"),
    "chip-warn": ("#201800", "#ffcf5c"),
    "chip-bad": ("#ffffff", "#c50f1f"),
    "chip-kill": ("#a50c19", "#ffffff"),
}
"""Words that must look the same in every theme."""

ANSI_CHIPS = {
    "chip-good": ("black", "green"),
    "chip-warn": ("black", "bright_yellow"),
    "chip-bad": ("bright_white", "red"),
    "chip-kill": ("red", "bright_white"),
}
"""The same for a terminal of sixteen colours."""


@lru_cache(maxsize=16)
def role_styles(theme_name: str) -> dict[str, Style]:
    """Style of every role; an unknown theme gets the default one's."""
    known = theme_name if theme_name in themes.theme_names() else themes.DEFAULT_THEME
    theme = themes.load_theme(known)
    colours = {name: _terminal(value) for name, value in theme.variables().items()}
    ground, front = _terminal(theme.base.background), _terminal(theme.base.foreground)
    styles = {
        "text": Style(color=front, bgcolor=ground),
        "strong": Style(color=front, bgcolor=ground, bold=True),
        "title": Style(color=front, bgcolor=ground, bold=True),
        "head": Style(color=colours["muted"], bgcolor=ground),
        "key": Style(color=_terminal(theme.base.primary), bgcolor=ground, bold=True),
    }
    styles |= {role: Style(color=colours[role], bgcolor=ground) for role in PLAIN}
    styles |= {role: Style(color=colours[role], bgcolor=ground, bold=True) for role in BOLD}
    styles |= {role: Style(color=front, bgcolor=colours[role]) for role in GROUNDS}
    for mode in MODES:
        text, back = colours[f"mode-{mode}-text"], colours[f"mode-{mode}"]
        styles[f"mode-{mode}"] = Style(color=text, bgcolor=back, bold=True)
    chips = ANSI_CHIPS if theme.is_ansi else CHIPS
    return styles | {role: Style(color=text, bgcolor=back, bold=True) for role, (text, back) in chips.items()}


def _terminal(value: str) -> str:
    """A colour as the style table wants it; Textual marks the terminal's own sixteen with a prefix."""
    return value.removeprefix(themes.ANSI_PREFIX)


@lru_cache(maxsize=1024)
def role_style(theme_name: str, role: str, *, is_dim: bool) -> Style:
    """Style of ``fore`` or ``fore@back``, faded where what it says is old."""
    fore, _, back = role.partition("@")
    styles = role_styles(theme_name)
    style = styles[fore]
    if back:
        style += Style(bgcolor=styles[back].bgcolor)
    # Chips and mode colours say why the rest is dim; they stay loud.
    return faded(style) if is_dim and not fore.startswith(("chip", "mode")) else style


def faded(style: Style) -> Style:
    """The style half way into its background: old numbers stay readable and look old."""
    if style.color is None or style.bgcolor is None:
        return style
    if style.color.triplet is None:  # sixteen colours have nothing in between
        return style + Style(color="bright_black" if style.bgcolor.name == "black" else "white", bold=False)
    mixed = blend_rgb(style.color.get_truecolor(), style.bgcolor.get_truecolor(), DIM_SHARE)
    return style + Style(color=mixed.hex, bold=False)
