"""What every test may use."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1].parent / "shared"

gc.set_threshold(100_000, 20, 50)  # a quarter of the suite went into looking for garbage in what stays


def pytest_collection_finish() -> None:
    """Look for garbage no more in what importing all tests has made."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_state_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test, and no process a test starts, leaves a lock in the user's own state directory."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state-home"))
    # Some hundred processes are started; without a cache each would compile the whole package again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def shared_recordings() -> Path:
    """The folder of reference recordings; tests that need it are skipped without it."""
    folder = SHARED / "data" / "recordings"
    if not folder.is_dir():
        pytest.skip("the reference recordings are not here")
    return folder
