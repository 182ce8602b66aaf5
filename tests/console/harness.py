"""Running the console in a test: a fake link, a clock moved by hand, and frames drawn on demand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from okxmm_tui.console import themes
from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.comfort import Comfort
from okxmm_tui.console.port import ConsoleFiles
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.snapshot import Snapshot
from tests.console import sample
from tests.console.fake_link import FakeLink
from tests.console.rest import RestingPilot, press, rest

SIZES = ((80, 24), (120, 35), (200, 60))


@dataclass
class ManualClock:
    """A clock that moves when told."""

    now_ns: int = sample.NOW_NS

    def __call__(self) -> int:
        """The time."""
        return self.now_ns

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += int(seconds * sample.SECOND)


@dataclass
class Bench:
    """All parts of one running console."""

    app: ConsoleApp
    link: FakeLink
    pilot: RestingPilot
    clock: ManualClock
    escalations: list[int] = field(default_factory=list)
    kill_codes: list[int] = field(default_factory=list)
    """The last is the exit code of the kill that needs no engine; empty while it runs."""

    async def settle(self) -> None:
        """Let messages arrive and a frame be drawn."""
        await rest(self.app)
        if self.app.is_running:
            self.app.draw()
            await rest(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys and draw."""
        await press(self.app, *keys)
        await self.settle()

    async def show(self, snapshot: Snapshot) -> None:
        """The engine shows a picture."""
        self.link.show(snapshot)
        await self.settle()

    def text(self, selector: str | None = None) -> str:
        """What the panels say."""
        panels = (
            self.app.page.query(selector).results(LinePanel) if selector else self.app.page.query(LinePanel)
        )
        return "\n".join(
            "".join(text for text, _ in line) for panel in panels if panel.display for line in panel._lines
        )


@asynccontextmanager
async def running(
    first: Snapshot | None = None,
    *,
    size: tuple[int, int] = (120, 35),
    is_read_only: bool = False,
    is_guest: bool = False,
    files: ConsoleFiles | None = None,
    theme: str = themes.DEFAULT_THEME,
    comfort: Comfort = Comfort(),  # noqa: B008 - immutable
) -> AsyncIterator[Bench]:
    """A console on a fake link, showing one snapshot."""
    clock = ManualClock()
    ended: list[int] = []

    def escalate() -> Callable[[], int | None]:
        escalations.append(clock.now_ns)
        return lambda: ended[-1] if ended else None

    link = FakeLink(*([first] if first is not None else []))
    escalations: list[int] = []
    app = ConsoleApp(
        link,
        clock=clock,
        theme=theme,
        comfort=comfort,
        is_read_only=is_read_only,
        is_guest=is_guest,
        escalate=escalate,
        files=files,
    )
    async with app.run_test(size=size):
        bench = Bench(app, link, RestingPilot(app), clock, escalations, ended)
        await bench.settle()
        yield bench
