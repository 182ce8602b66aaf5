"""Themes: complete, readable, and refused with a reason when they are not."""

from __future__ import annotations

import pytest

from okxmm_tui.console import themes
from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.roles import ANSI_CHIPS, CHIPS, role_styles
from okxmm_tui.errors import UsageError
from tests.console import sample, scenes
from tests.console.colours import SIMULATIONS, contrast, distance
from tests.console.fake_link import FakeLink
from tests.console.harness import running
from tests.console.plain_picture import rows_of
from tests.console.stage import stage

MODES = ("live", "demo", "sim", "paper", "replay")
EYES = tuple(SIMULATIONS)
SIDES = (("bid", "ask"), ("bid-bar", "ask-bar"), ("pos-long", "pos-short"))

TEXT_AT_LEAST = 4.5
BAR_AT_LEAST = 3.0
SIDES_APART = 35.0
"""Least distance of the two sides in any theme, for any eyes (CIE 1976; about 2 is just noticeable)."""
MADE_FOR_APART = 80.0
"""The same in the theme that is made for such eyes; there it holds for gain and loss too."""


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """A folder of the user's own themes, empty at first."""
    folder = tmp_path / "themes"
    folder.mkdir()
    monkeypatch.setattr(themes, "user_themes_folder", lambda: folder)
    themes.forget_themes()
    yield folder
    monkeypatch.undo()
    themes.forget_themes()


def colours_of(name: str) -> dict[str, str]:
    """All colours of a theme by name."""
    theme = themes.load_theme(name)
    base = theme.base
    return theme.variables() | {
        "foreground": base.foreground,
        "background": base.background,
        "surface": base.surface,
        "primary": base.primary,
    }


def test_the_six_themes_are_there():
    """Dark, light, two for colour-blind eyes, high contrast, and the terminal's own sixteen."""
    kinds = ("ansi", "dark", "deuteranopia", "high-contrast", "light", "tritanopia")
    assert themes.house_names() == tuple(f"okxmm-{kind}" for kind in kinds)


@pytest.mark.parametrize("name", themes.house_names())
@pytest.mark.parametrize("role", [*themes.TEXT_ROLES, "foreground", "primary"])
@pytest.mark.parametrize("ground", ["background", "cursor", "surface"])
def test_text_roles_have_contrast(name, role, ground):
    """Every text colour can be read on the background, under the cursor and in a dialog."""
    colours = colours_of(name)
    least = 7.0 if name == "okxmm-high-contrast" and ground == "background" else TEXT_AT_LEAST
    assert contrast(colours[role], colours[ground]) >= least


@pytest.mark.parametrize("name", themes.house_names())
@pytest.mark.parametrize("bar", ["bid-bar", "ask-bar"])
def test_bars_stand_out(name, bar):
    """A depth bar can be told from the ground it lies on."""
    colours = colours_of(name)
    assert contrast(colours[bar], colours["background"]) >= BAR_AT_LEAST


@pytest.mark.parametrize("name", themes.house_names())
async def test_a_dialog_leaves_banner_and_page_in_sight(name):
    """Over real money every dialog leaves LIVE and the kill key as loud as they were, the page visible."""
    for keys in (("F",), ("e",), ("f1",), ("w",), ("slash",), ("0",), ("ctrl+p",)):
        async with running(scenes.live_with_position(), theme=name) as bench:
            before = rows_of(bench.app)[0]
            await bench.press(*keys)
            assert len(bench.app.screen_stack) > 1
            assert rows_of(bench.app)[0] == before, keys
            assert "BOOK" in "".join(segment.text for segment in rows_of(bench.app)[1]), keys


@pytest.mark.parametrize("name", themes.house_names())
@pytest.mark.parametrize(("role", "gauge"), [("", ""), ("alarm-2", "-warn"), ("alarm-1", "-crit")])
def test_gauges_can_be_read(name, role, gauge):
    """Text on a gauge keeps its contrast, at every level of alarm."""
    colours = colours_of(name)
    ground = colours[f"gauge{gauge}"]
    assert contrast(colours["foreground"], ground) >= TEXT_AT_LEAST
    assert contrast(colours[role or "foreground"], ground) >= TEXT_AT_LEAST


@pytest.mark.parametrize("name", themes.house_names())
@pytest.mark.parametrize("mode", MODES)
def test_mode_words_have_contrast(name, mode):
    """The banner can be read in every mode."""
    colours = colours_of(name)
    assert contrast(colours[f"mode-{mode}-text"], colours[f"mode-{mode}"]) >= TEXT_AT_LEAST


@pytest.mark.parametrize(
    ("text", "back"), [*CHIPS.values(), *((f"ansi_{a}", f"ansi_{b}") for a, b in ANSI_CHIPS.values())]
)
def test_chips_have_contrast(text, back):
    """Words that look the same everywhere can be read everywhere."""
    assert contrast(text, back) >= TEXT_AT_LEAST


@pytest.mark.parametrize("name", themes.house_names())
@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize(("one", "other"), SIDES)
def test_sides_stay_apart_for_all_eyes(name, eyes, one, other):
    """Whoever looks at whichever theme can tell a bid from an ask by colour."""
    colours = colours_of(name)
    assert distance(colours[one], colours[other], eyes) >= SIDES_APART


@pytest.mark.parametrize("eyes", ["deuteranopia", "tritanopia"])
@pytest.mark.parametrize(("one", "other"), [*SIDES, ("gain", "loss")])
def test_a_theme_made_for_certain_eyes_serves_them(eyes, one, other):
    """Sides, and there gain and loss as well, lie far apart on the axis such eyes keep."""
    colours = colours_of(f"okxmm-{eyes}")
    assert distance(colours[one], colours[other], eyes) >= MADE_FOR_APART


def test_the_distance_knows_what_such_eyes_lose():
    """Red and green of one lightness fall together for deuteranopia and not for others."""
    assert distance("#b45a3c", "#6e7a2e") > 40
    assert distance("#b45a3c", "#6e7a2e", "deuteranopia") < 20


@pytest.mark.parametrize("name", themes.house_names())
def test_live_looks_the_same_everywhere(name):
    """No theme changes the colours of LIVE."""
    theme = themes.load_theme(name)
    fixed = themes.FIXED_ANSI_ROLES if theme.is_ansi else themes.FIXED_ROLES
    assert theme.variables()["mode-live"] == fixed["mode-live"]


def test_the_ansi_theme_uses_sixteen_colours_and_no_other():
    """Every style, faded ones included, is one of the terminal's own."""
    for style in role_styles("okxmm-ansi").values():
        for colour in (style.color, style.bgcolor):
            assert colour is not None
            assert colour.triplet is None
            assert colour.number in range(16)


@pytest.mark.parametrize("name", themes.house_names())
@pytest.mark.parametrize("has_colour", [True, False])
async def test_no_color_is_honoured_in_every_theme(name, has_colour, monkeypatch):
    """NO_COLOR: no line carries a colour but greys, and gain, loss and sides still have sign and arrow."""
    if has_colour:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", "1")
    async with running(sample.quoting(), theme=name) as bench:
        ladder = bench.app.dashboard.query_one("#ladder")
        styles = [segment.style for y in range(ladder.size.height) for segment in ladder.render_line(y)]
        hues = {
            colour.name
            for style in styles
            if style
            for colour in (style.color, style.bgcolor)
            if colour and not _is_grey(colour)
        }
        assert bool(hues) is has_colour
        assert "+92.40" in bench.text("#banner")
        assert "▲" in bench.text("#orders")
        assert "▼" in bench.text("#orders")


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
async def test_no_color_leaves_no_colour_on_any_screen(size, monkeypatch):
    """Not in a dialog's empty rows either, nor in what Textual itself draws."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(ConsoleApp(FakeLink(), clock=lambda: sample.NOW_NS), size) as on:
        for scene in scenes.SCENES:
            segments = [segment for row in await on.play(scene) for segment in row if segment.style]
            colours = {each for s in segments for each in (s.style.color, s.style.bgcolor) if each}
            assert all(map(_is_grey, colours)), scene.name


def _is_grey(colour) -> bool:
    return colour.is_default or (colour.triplet is not None and len(set(colour.triplet)) == 1)


@pytest.mark.parametrize("name", themes.house_names())
async def test_every_theme_draws_every_screen(name):
    """Dashboard, help, prompt and palette come up in each."""
    async with running(sample.alarmed(), theme=name) as bench:
        for key in ("f1", "e", "ctrl+p"):
            await bench.press(key)
            assert bench.app.screen is not bench.app.dashboard
            assert "<svg" in bench.app.export_screenshot()
            await bench.press("escape")
        await bench.show(sample.killed())
        assert "HALTED" in bench.text("#banner")


def test_unknown_theme_names_the_known_ones():
    """A wrong name is answered with the right ones."""
    with pytest.raises(UsageError, match="okxmm-dark"):
        themes.load_theme("solarised")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("bid = ", "bit = "), "missing: bid"),
        (('bid = "#5cb8ee"', 'bid = "bluish"'), "no colour"),
        (('bid = "#5cb8ee"', 'bid = "ansi_blue"'), "without ansi_"),
        (('bid = "#5cb8ee"', 'bid = "#5cb8ee80"'), "opaque"),
        (("dark = true", "dark = "), "Theme file"),
        (("[roles]", "[rolls]"), "Theme file"),
        (('name = "okxmm-dark"', 'name = "other"'), "the file is called"),
        (("[roles]", '[roles]\nglitter = "#ffffff"'), "unknown: glitter"),
        (("dark = true", 'dark = true\nextends = "nope"'), "extends 'nope'"),
    ],
)
def test_malformed_theme_says_what_is_wrong(tmp_path, change, reason):
    """A broken file is refused with its name and the reason."""
    source = (themes.themes_folder() / "okxmm-dark.toml").read_text(encoding="utf-8")
    path = tmp_path / "okxmm-dark.toml"
    path.write_text(source.replace(*change, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=reason):
        themes.read_theme(path)


OWN = 'name = "{name}"\ndark = true\nextends = "okxmm-dark"\n[roles]\nbid = "#77ccff"\n'


async def test_a_theme_of_ones_own_needs_only_what_differs(own_folder):
    """It is listed, loaded, complete through the theme it extends, and can be chosen."""
    (own_folder / "mine.toml").write_text(OWN.format(name="mine"), encoding="utf-8")
    assert themes.theme_names() == (*themes.house_names(), "mine")
    assert themes.load_theme("mine").roles["bid"] == "#77ccff"
    assert themes.load_theme("mine").roles["ask"] == themes.load_theme("okxmm-dark").roles["ask"]
    async with running(sample.quoting(), theme="mine") as bench:
        assert bench.app.theme == "mine"


async def test_a_broken_theme_is_told_and_keeps_nothing_from_opening(own_folder):
    """The console opens in another theme and names the file; asking for the broken one is refused."""
    (own_folder / "mine.toml").write_text(OWN.format(name="yours"), encoding="utf-8")
    async with running(sample.quoting()) as bench:
        assert "mine.toml could not be used: name was 'yours'" in bench.text("#status")
    with pytest.raises(UsageError, match=r"mine.toml could not be used"):
        themes.load_theme("mine")


async def test_a_name_of_the_house_is_not_taken_over(own_folder):
    """A user's file of that name is left out, and said so."""
    (own_folder / "okxmm-dark.toml").write_text(OWN.format(name="okxmm-dark"), encoding="utf-8")
    assert themes.load_theme("okxmm-dark").roles["bid"] == "#5cb8ee"
    assert themes.theme_names() == themes.house_names()
    (problem,) = themes.theme_problems()
    assert "the name belongs to the program" in problem


def test_themes_map_to_textual():
    """A theme file becomes a Textual theme with all roles as variables."""
    theme = themes.to_textual(themes.load_theme("okxmm-light"))
    assert not theme.dark
    assert set(themes.ROLES) <= set(theme.variables)


class TestPreview:
    """Choosing a theme in the palette."""

    async def test_moving_previews_and_enter_keeps(self):
        """The highlighted theme is on screen at once; enter keeps it."""
        async with running(sample.quoting()) as bench:
            await bench.press("ctrl+t")
            await bench.press("down")
            seen = bench.app.theme
            await bench.press("down")
            assert bench.app.theme != seen
            chosen = bench.app.theme
            await bench.press("enter")
            assert bench.app.theme == chosen
            assert f"theme {chosen}" in bench.text("#status")

    async def test_escape_takes_the_preview_back(self):
        """Nothing chosen, nothing changed."""
        async with running(sample.quoting()) as bench:
            await bench.press("ctrl+t")
            await bench.press("down", "down")
            assert bench.app.theme != "okxmm-dark"
            await bench.press("escape")
            assert bench.app.theme == "okxmm-dark"

    async def test_the_kill_key_takes_it_back_too(self):
        """A kill in the middle of choosing kills, and leaves the old colours."""
        async with running(sample.quoting()) as bench:
            await bench.press("ctrl+t")
            await bench.press("down", "down", "ctrl+k")
            assert len(bench.link.kills) == 1
            assert bench.app.screen is bench.app.dashboard
            assert bench.app.theme == "okxmm-dark"
