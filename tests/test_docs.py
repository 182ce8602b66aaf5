"""What the sources and the pages refer to in ``docs`` is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEFINITIONS, FAULTS = "docs/definitions.md", "tests/safety/README.md"
SOURCES = [
    *(
        path
        for folder in ("okxmm_tui", "tests", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ),
    ROOT / "docs" / "own_strategy.py",
]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / FAULTS]


def _headings(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.+?) *$", text, re.MULTILINE)


def _anchor(heading: str) -> str:
    """The anchor GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _texts() -> Iterator[tuple[str, str]]:
    """Every source by its name, comments and line ends taken out of the way; not this one."""
    for path in SOURCES:
        if path != Path(__file__):
            text = re.sub(r"\s*\n\s*(#:? )?", " ", path.read_text(encoding="utf-8"))
            yield path.relative_to(ROOT).as_posix(), text


def test_every_definition_referred_to_exists():
    """``docs/definitions.md, X`` in the sources names a heading of that page, whole."""
    headings = sorted(map(re.escape, _headings(ROOT / DEFINITIONS)), key=len, reverse=True)
    known = re.compile(rf", (?:{'|'.join(headings)})[.,;:)\"]")
    found = [
        (name, text[mention.end() : mention.end() + 60], known.match(text, mention.end()) is not None)
        for name, text in _texts()
        for mention in re.finditer(re.escape(DEFINITIONS), text)
    ]
    assert len(found) > 30
    assert [(name, after) for name, after, is_known in found if not is_known] == []


def test_every_fault_referred_to_exists():
    """``tests/safety/README.md, row N`` and ``fault N`` in the sources name a row of that table."""
    rows = set(re.findall(r"^\| (\d+) \|", (ROOT / FAULTS).read_text(encoding="utf-8"), re.MULTILINE))
    mention = re.compile(rf"(?:{re.escape(FAULTS)}, rows?|\bfaults?) (\d+(?:(?:, | and )\d+)*)")
    found = [
        (name, number)
        for name, text in _texts()
        for numbers in mention.findall(text)
        for number in re.findall(r"\d+", numbers)
    ]
    assert len(found) > 30
    assert [(name, number) for name, number in found if number not in rows] == []


def test_pages_link_to_what_exists():
    """Files and headings the pages link to are there."""
    missing: list[str] = []
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", page.read_text(encoding="utf-8")):
            file, _, anchor = target.partition("#")
            other = page.parent / file if file else page
            if not other.exists() or (anchor and anchor not in map(_anchor, _headings(other))):
                missing.append(f"{page.name}: {target}")
    assert missing == []
