"""Finds the English texts of the program in its sources, as the templates catalogues are keyed by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from okxmm_tui.console.catalogue import PLACE

PACKAGE = Path(__file__).parents[2] / "okxmm_tui"

UNSEEN_CALLS = frozenset({"Binding", "getLogger", "debug", "info", "warning", "error", "exception", "noqa"})
"""Calls whose texts no panel shows: bindings that are not hinted, and the log."""

UNSEEN_NAMES = frozenset({"BINDINGS", "ALLOW_IN_MAXIMIZED_VIEW", "DEFAULT_CSS"})
"""Class attributes for the framework alone."""


UNITS = frozenset({"bps", "UTC"})


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


def texts(path: Path) -> Iterator[str]:
    """Every text of a file that may be shown: no docstrings, no errors raised, no lines of the log."""
    yield from _within(ast.parse(path.read_text(encoding="utf-8")))


def _within(node: ast.AST) -> Iterator[str]:
    text = template(node)
    if text is not None:
        yield text
        for each in ast.walk(node):
            if isinstance(each, ast.FormattedValue):
                yield from _within(each.value)
        return
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_unseen(child):
                yield from _within(child)


def _is_unseen(node: ast.AST) -> bool:
    match node:
        case ast.Raise() | ast.Assert() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in UNSEEN_CALLS
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name in UNSEEN_NAMES
    return False


def is_sentence(text: str) -> bool:
    """Whether a text has words to translate: a blank, and a word that is no unit and no name."""
    words = re.findall(r"(?<![\w{-])[A-Za-z']{3,}", PLACE.sub(" ", text))
    return " " in text and bool(set(words) - UNITS)
