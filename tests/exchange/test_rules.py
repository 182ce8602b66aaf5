"""RULES.md names tests that exist, for every line of the checklist."""

from __future__ import annotations

import re
from pathlib import Path

import okxmm_tui.exchange

HERE = Path(__file__).parent
PACKAGE = Path(okxmm_tui.exchange.__file__).parent
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


def test_every_code_of_the_exchange_is_listed():
    """A refusal cannot be added without a row that names its test, nor a row outlive its refusal."""
    source = "\n".join(path.read_text() for path in sorted(PACKAGE.rglob("*.py")))
    answered = set(re.findall(r'"([56]\d{4})"', source))
    rows = re.findall(r"^\| ([56]\d{4}(?:, [56]\d{4})*) \|.*`test_", RULES, re.MULTILINE)
    listed = [code for row in rows for code in row.split(", ")]
    assert len(listed) == len(set(listed))
    assert answered == set(listed)
