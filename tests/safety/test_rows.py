"""The table of faults is complete, names tests that exist, and is the one on the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import okxmm_tui
from tests.safety.rows import BEGIN, END, NONE, README, ROWS, Row, table

TESTS = Path(__file__).parents[1]
PACKAGE = Path(okxmm_tui.__file__).parent


def test_every_row_is_there_once():
    """1 to 55."""
    assert [row.number for row in ROWS] == list(range(1, 56))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_the_named_tests_exist(row: Row):
    """A bare safety file must hold a test named after the row; a named test must be defined."""
    assert row.tests
    for each in row.tests:
        path, _, name = each.partition("::")
        assert (TESTS / path).exists(), each
        if name:
            assert re.search(
                rf"^(async def|def|class) {name}\b|^{name} = ", (TESTS / path).read_text(), re.MULTILINE
            ), each
        elif path.startswith("safety/"):
            assert f"def test_row_{row.number:02}_" in (TESTS / path).read_text(), each


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_the_named_detectors_exist(row: Row):
    """A module of the package, whatever is said about it in words."""
    for each in row.detector.split(", "):
        name = each.split(" ")[0]
        found = (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir()
        assert found or row.holds == NONE, name


def test_the_page_shows_the_table():
    """``python -m tests.safety.rows`` was run."""
    assert README.read_text().partition(BEGIN)[2].partition(END)[0] == table()
