"""Draws the README's pictures from the running program: ``python -m tests.pictures``."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.engine_start import console_words, start_engine_with
from okxmm_tui.launcher import LaunchedLink

DOCS = Path(__file__).parents[1] / "docs"
SIZES = ((200, 60), (120, 35), (80, 24))
FILLS_WANTED = 8
SPEED = 6.0


async def draw(folder: Path) -> None:
    """Start a session, wait until it has traded a little, and save the screen at every size."""
    engine = start_engine_with(["--speed", str(SPEED), "--state-dir", str(folder)])
    assert console_words(engine) is not None
    app = ConsoleApp(LaunchedLink(folder, "pictures", engine))
    DOCS.mkdir(exist_ok=True)
    async with app.run_test(size=SIZES[0]) as pilot:
        while (shown := app.state.snapshot) is None or shown.markets[0].fill_count < FILLS_WANTED:
            await pilot.pause(0.2)
        for columns, rows in SIZES:
            await pilot.resize_terminal(columns, rows)
            while not all(side.is_quoting for side in _sides(app)):
                await pilot.pause(0.2)
            await pilot.pause(1.0)
            picture = app.export_screenshot(title="okxmm-tui", simplify=True)
            (DOCS / f"console-{columns}x{rows}.svg").write_text(picture, encoding="utf-8")
        await pilot.press("ctrl+k")
        await pilot.resize_terminal(120, 35)
        await pilot.pause(2.0)
        picture = app.export_screenshot(title="okxmm-tui", simplify=True)
        (DOCS / "console-killed.svg").write_text(picture, encoding="utf-8")
        await pilot.press("ctrl+q")
        await pilot.pause(2.0)
    engine.wait(20)


def _sides(app: ConsoleApp):
    assert app.state.snapshot is not None
    market = app.state.snapshot.markets[0]
    return market.bid, market.ask


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(draw(Path(made)))
