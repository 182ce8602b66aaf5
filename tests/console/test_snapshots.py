"""How the screen looks: every scene at every size, in every look, with a clock that stands still.

The files are text (see :mod:`plain_picture`), so that a change can be read in a diff;
``pytest --snapshot-update tests/console/test_snapshots.py`` accepts it.
"""

from __future__ import annotations

import pytest
from rich.segment import Segment
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.comfort import Comfort
from tests.console import sample
from tests.console.fake_link import FakeLink
from tests.console.harness import SIZES
from tests.console.plain_picture import picture, widths_of
from tests.console.scenes import SCENES
from tests.console.stage import stage

DEFAULT, NO_COLOUR = "okxmm-dark", "no colour"
LOOKS = (DEFAULT, "okxmm-deuteranopia", NO_COLOUR)
"""Names of themes, and the default one where the terminal asks for no colour."""

LANGUAGES = {"en": LOOKS, "zh": (DEFAULT,)}
"""Languages, one of them of letters that are two cells wide, and the looks each is drawn in."""


class PlainFile(SingleFileSnapshotExtension):
    """One text file per scene."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


def console(look: str, language: str, monkeypatch: pytest.MonkeyPatch) -> ConsoleApp:
    """A console with a clock that stands still."""
    if look == NO_COLOUR:
        monkeypatch.setenv("NO_COLOR", "1")  # the app takes it out of the environment
    theme = DEFAULT if look == NO_COLOUR else look
    app = ConsoleApp(FakeLink(), theme=theme, clock=lambda: sample.NOW_NS, comfort=Comfort(language=language))
    app._tick = lambda: None  # drawn when a scene is complete, and never in between
    return app


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES, ids=lambda each: "x".join(map(str, each)))
async def test_matrix(snapshot, monkeypatch, size, language):
    """Every scene looks as it did; every row is as wide as the screen, and no look says other words."""
    played: dict[str, dict[str, list[list[Segment]]]] = {scene.name: {} for scene in SCENES}
    for look in LANGUAGES[language]:
        async with stage(console(look, language, monkeypatch), size) as on:
            for scene in SCENES:
                played[scene.name][look] = await on.play(scene)
    differing: list[str] = []
    files = snapshot.use_extension(PlainFile)
    for name, looks in played.items():
        for rows in looks.values():
            assert widths_of(rows) == {size[0]}, name
        file = files(name=name)
        if not file == picture(looks):  # noqa: SIM201 - the snapshot is what compares
            differing += [f"\n{name}", *file.get_assert_diff()]
    assert not differing, "\n".join(differing)


@pytest.mark.parametrize("size", [(60, 15)], ids=["60x15"])
async def test_curtain(snapshot, monkeypatch, size):
    """Below the smallest layout there is the curtain."""
    await _one(snapshot, monkeypatch, DEFAULT, size)


async def test_light_theme(snapshot, monkeypatch):
    """The light theme, with alarms."""
    await _one(snapshot, monkeypatch, "okxmm-light", (120, 35))


async def _one(snapshot, monkeypatch, look, size) -> None:
    scene = next(each for each in SCENES if each.name == "alarms latched")
    async with stage(console(look, "en", monkeypatch), size) as on:
        assert snapshot.use_extension(PlainFile) == picture({look: await on.play(scene)})
