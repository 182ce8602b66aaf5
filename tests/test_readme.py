"""The README does not lie."""

from __future__ import annotations

import re

from tests.readme import README, generated


def test_generated_tables_are_current():
    """Keys, settings and parameters equal the code; ``python -m tests.readme`` writes them."""
    text = README.read_text(encoding="utf-8")
    assert generated(text) == text


def test_every_relative_link_exists():
    """Pictures and files the README points at are there."""
    targets = re.findall(r"\]\((?!https?://|#)([^)]+)\)", README.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (README.parent / target).exists()] == []
