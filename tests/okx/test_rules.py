"""RULES.md names tests that exist, for every section of the sheet our client answers to."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
RULES = Path(__file__).with_name("RULES.md").read_text()
SECTIONS = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "14"}


def test_every_named_test_exists():
    """No rule rests on a test that was renamed or removed."""
    sources = "\n".join(path.read_text() for path in TESTS.rglob("test_*.py"))
    defined = set(re.findall(r"def (test_\w+)", sources))
    named = set(re.findall(r"`(test_\w+)`", RULES))
    assert len(named) > 80
    assert named <= defined, named - defined


def test_every_section_has_rules():
    """All that concern a client; 13 is a timeline whose rows stand under 0, 15 is the exchange's."""
    rows = re.findall(r"^\| (\d+)(?:\.\d+)? \|.*`test_", RULES, re.MULTILINE)
    assert set(rows) == SECTIONS
