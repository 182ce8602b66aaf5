"""What a start loads, seen from real processes; and the layering contracts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _loaded(code: str) -> set[str]:
    """Modules loaded after running some code in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('\\nLOADED', *sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_help_loads_neither_textual_nor_the_engine():
    """``--help`` must be instant."""
    code = "from okxmm_tui.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    loaded = _loaded(code)
    for heavy in ("textual", "pydantic", "websockets", "httpx", "starlette", "uvicorn", "asyncio"):
        assert heavy not in loaded
    assert "okxmm_tui.engine.reducer" not in loaded


@pytest.mark.parametrize(
    "module",
    [
        "okxmm_tui.headless", "okxmm_tui.compose", "okxmm_tui.launcher", "okxmm_tui.report.cli",
        "okxmm_tui.replay.cli",
    ],
)  # fmt: skip
def test_the_engine_side_never_loads_textual(module):
    """Headless sessions and engine processes run without a screen library."""
    loaded = _loaded(f"import {module}")
    assert not {
        name for name in loaded if name == "textual" or name.startswith(("textual.", "okxmm_tui.console"))
    }


def test_the_engine_loads_no_command_line_of_others():
    """That of httpx would bring rich, click and pygments: five megabytes and a tenth of a second."""
    loaded = _loaded("import okxmm_tui.engine.host, okxmm_tui.okx.gateway")
    assert "httpx" in loaded
    assert not loaded & {"rich", "click", "pygments", "httpx._main"}


def test_the_exchange_never_loads_the_engine_or_textual():
    """It is a venue, not a part of us."""
    loaded = _loaded("import okxmm_tui.exchange.process")
    assert not {
        name for name in loaded if name.startswith(("textual", "okxmm_tui.engine", "okxmm_tui.console"))
    }


def test_the_console_loads_no_venue_code():
    """It draws snapshots."""
    loaded = _loaded("import okxmm_tui.console.app")
    assert not {name for name in loaded if name.startswith(("okxmm_tui.okx", "okxmm_tui.exchange"))}


def test_import_contracts_hold():
    """The table of who may import whom, as pyproject.toml states it."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
