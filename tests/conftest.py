"""What every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared_recordings() -> Path:
    """The folder of reference recordings; tests that need it are skipped without it."""
    folder = SHARED / "data" / "recordings"
    if not folder.is_dir():
        pytest.skip("the reference recordings are not here")
    return folder
