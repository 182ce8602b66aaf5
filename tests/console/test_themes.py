"""Themes: complete, readable, and refused with a reason when they are not."""

from __future__ import annotations

import pytest
from textual.color import Color

from okxmm_tui.console import themes
from okxmm_tui.errors import UsageError

MODES = ("live", "demo", "sim", "paper", "replay")


def test_both_themes_are_there():
    """The two themes of the house exist."""
    assert {"okxmm-dark", "okxmm-light"} <= set(themes.theme_names())


@pytest.mark.parametrize("name", themes.theme_names())
@pytest.mark.parametrize("role", [*themes.TEXT_ROLES, "foreground"])
@pytest.mark.parametrize("ground", ["background", "cursor"])
def test_text_roles_have_contrast(name, role, ground):
    """Every text colour can be read on the background and under the cursor."""
    theme = themes.load_theme(name)
    colours = theme.variables() | {"foreground": theme.base.foreground, "background": theme.base.background}
    least = 4.5 if ground == "background" else 4.0
    assert contrast(colours[role], colours[ground]) >= least


@pytest.mark.parametrize("name", themes.theme_names())
@pytest.mark.parametrize(("role", "gauge"), [("", ""), ("alarm-2", "-warn"), ("alarm-1", "-crit")])
def test_gauges_can_be_read(name, role, gauge):
    """Text on a bar keeps its contrast, at every level of alarm."""
    theme = themes.load_theme(name)
    ground = theme.roles[f"gauge{gauge}"]
    assert contrast(theme.base.foreground, ground) >= 4.5
    assert contrast(theme.roles[role] if role else theme.base.foreground, ground) >= 4.5


@pytest.mark.parametrize("name", themes.theme_names())
@pytest.mark.parametrize("mode", MODES)
def test_mode_words_have_contrast(name, mode):
    """The banner can be read in every mode."""
    colours = themes.load_theme(name).variables()
    assert contrast(colours[f"mode-{mode}-text"], colours[f"mode-{mode}"]) >= 4.5


@pytest.mark.parametrize("name", themes.theme_names())
def test_live_looks_the_same_everywhere(name):
    """No theme changes the colours of LIVE."""
    assert themes.load_theme(name).variables()["mode-live"] == themes.FIXED_ROLES["mode-live"]


def test_unknown_theme_names_the_known_ones():
    """A wrong name is answered with the right ones."""
    with pytest.raises(UsageError, match="okxmm-dark"):
        themes.load_theme("solarised")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("bid = ", "bit = "), "missing: bid"),
        (('bid = "#5cb8ee"', 'bid = "bluish"'), "no colour"),
        (("dark = true", "dark = "), "Theme file"),
        (("[roles]", "[rolls]"), "Theme file"),
        (('name = "okxmm-dark"', 'name = "other"'), "the file is called"),
        (("[roles]", '[roles]\nglitter = "#ffffff"'), "unknown: glitter"),
    ],
)
def test_malformed_theme_says_what_is_wrong(tmp_path, change, reason):
    """A broken file is refused with its name and the reason."""
    source = (themes.themes_folder() / "okxmm-dark.toml").read_text(encoding="utf-8")
    path = tmp_path / "okxmm-dark.toml"
    path.write_text(source.replace(*change, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=reason):
        themes.read_theme(path)


def test_themes_map_to_textual():
    """A theme file becomes a Textual theme with all roles as variables."""
    theme = themes.to_textual(themes.load_theme("okxmm-light"))
    assert not theme.dark
    assert set(themes.ROLES) <= set(theme.variables)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, as WCAG defines it."""
    lights = sorted((luminance(Color.parse(first)), luminance(Color.parse(second))), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def luminance(colour: Color) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [part / 255 for part in (colour.r, colour.g, colour.b)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
