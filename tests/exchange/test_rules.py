"""RULES.md names tests that exist, for every line of the checklist."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
RULES = HERE.joinpath("RULES.md").read_text()


def test_every_named_test_exists():
    """No rule rests on a test that was renamed or removed."""
    sources = "\n".join(path.read_text() for path in HERE.glob("test_*.py"))
    defined = set(re.findall(r"^(?:async )?def (test_\w+)", sources, re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", RULES))
    assert len(named) > 60
    assert named <= defined, named - defined


def test_every_line_of_the_checklist_has_a_test():
    """Lines 1 to 11 of section 15."""
    lines = {int(one) for one in re.findall(r"^\| 15\.(\d+) \|.*`test_", RULES, re.MULTILINE)}
    assert lines == set(range(1, 12))
