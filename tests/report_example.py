"""Makes the README's example report from a session that really runs: ``python -m tests.report_example``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from okxmm_tui.report.cli import main
from tests.safety.session import Headless

DOCS = Path(__file__).parents[1] / "docs"
SECONDS, SPEED = 150, 5
PATIENCE_S = 120.0


def make(folder: Path, out: Path) -> int:
    """Trade the built-in market for a while, then report on it."""
    session = Headless(folder, "--speed", str(SPEED), "--duration", str(SECONDS)).start()
    try:
        code = session.finish(SECONDS + PATIENCE_S)
    finally:
        session.stop_everything()
    words = ["--state-dir", str(folder), "--format", "html", "--out", str(out)]
    return code or main(words)


if __name__ == "__main__":
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        raise SystemExit(make(Path(made), DOCS / "report.html"))
