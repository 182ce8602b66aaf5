"""Finds the English texts of the program in its sources, as the templates catalogues are keyed by."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from okxmm_tui.console.catalogue import letters

PACKAGE = Path(__file__).parents[2] / "okxmm_tui"


def template(node: ast.AST) -> str | None:
    """A literal as the key of a catalogue: places numbered, blanks around it left out; else None."""
    if isinstance(node, ast.Constant):
        return node.value.strip() if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    parts: list[str] = []
    places = 0
    for each in node.values:
        if isinstance(each, ast.Constant):
            parts.append(str(each.value))
        else:
            parts.append(f"{{{places}}}")
            places += 1
    return "".join(parts).strip()


def literals(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every text of a file with its node, docstrings and annotations left out."""
    yield from _within(ast.parse(path.read_text(encoding="utf-8")))


def _within(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    text = template(node)
    if text is not None:
        yield node, text
        inner = [each for each in ast.walk(node) if each is not node and isinstance(each, ast.FormattedValue)]
        for each in inner:
            yield from _within(each.value)
        return
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if isinstance(child, ast.AST) and not is_docstring:
                yield from _within(child)


def is_sentence(text: str) -> bool:
    """Whether a text has words to translate: more than one, or a place and a word."""
    return (" " in text or "{" in text) and letters(text) >= 2
