"""The list of what proves the console names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (Path(__file__).parent / "ACCEPTANCE.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \|\s*`?([^|`]*)`?\s*\|$", TEXT, re.MULTILINE)
NAMED = [test for _, test in ROWS if "/" in test]


def test_the_list_is_read():
    """The pattern finds the rows; an empty list would prove nothing."""
    assert len(NAMED) >= 30


def test_every_line_has_a_test():
    """A line without one is a promise."""
    assert [what for what, test in ROWS if not test and "---" not in what] == []


@pytest.mark.parametrize("test", sorted(set(NAMED)))
def test_every_named_test_exists(test):
    """A renamed or deleted test leaves a hole in the proof."""
    path, _, name = test.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not name or re.search(rf"def {name}\(", text)
