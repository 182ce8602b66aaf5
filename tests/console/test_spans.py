"""Lines as data: exact widths whatever goes in."""

from __future__ import annotations

import pytest

from okxmm_tui.console import spans


@pytest.mark.parametrize("width", [0, 1, 5, 11, 40])
def test_fit_is_exact(width):
    """A fitted line has exactly its width."""
    line = (("hello ", "text"), ("world", "bid"))
    assert spans.line_width(spans.fit(line, width)) == width


def test_clip_marks_what_it_cut():
    """A cut text ends with an ellipsis."""
    assert spans.clip("position limit", 9) == "position…"
    assert spans.clip("short", 9) == "short"
    assert spans.clip("short", 0) == ""


@pytest.mark.parametrize("width", [6, 11, 30])
@pytest.mark.parametrize(
    "text", ["", "short", "three words and some more words", "没有空格的长句没有空格的长句", "x" * 70]
)
def test_wrap_breaks_between_words_and_loses_only_the_end(text, width):
    """No row is wider than asked; with rows enough nothing is lost, with too few the cut is marked."""
    rows = spans.wrap(text, width, 40)
    assert all(spans.width_of(row) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")
    few = spans.wrap(text, width, 2)
    assert len(few) <= 2
    assert few == rows or few[-1].endswith("…")


def test_wide_characters_count_as_two_cells():
    """Texts from outside may hold wide characters and still fit."""
    assert spans.width_of("价格") == 4
    assert spans.width_of(spans.left("价格价格", 5)) == 5


def test_spread_lets_the_left_side_give_way():
    """The right end of a line is never cut."""
    line = spans.spread((("a very long text", "text"),), (("END", "text"),), 10)
    assert "".join(text for text, _ in line).endswith("END")
    assert spans.line_width(line) == 10


@pytest.mark.parametrize(("fraction", "cells"), [(-1, 0), (0, 0), (0.25, 2), (0.5, 5), (1, 10), (3, 10)])
def test_paint_share_paints_that_share(fraction, cells):
    """A bar behind text covers its share and keeps the text."""
    line = spans.paint_share((("12345", "text"), ("67890", "muted")), fraction, "gauge")
    painted = sum(len(text) for text, role in line if role.endswith("@gauge"))
    assert painted == cells
    assert "".join(text for text, _ in line) == "1234567890"
