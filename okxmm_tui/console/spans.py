"""Lines as plain data: tuples of (text, role), cheap to compare and cut to an exact width.

A role names a component style; ``fore@back`` takes the background of a second role.
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from okxmm_tui.console.language import tr

Span = tuple[str, str]
Line = tuple[Span, ...]

EMPTY: Line = ()


def width_of(text: str) -> int:
    """Number of terminal cells of a text."""
    return len(text) if text.isascii() else cell_len(text)


def line_width(line: Line) -> int:
    """Number of terminal cells of a line."""
    return sum(width_of(text) for text, _ in line)


def clip(text: str, width: int) -> str:
    """Cut a text to a width, with an ellipsis where something was lost."""
    if width <= 0:
        return ""
    if width_of(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def wrap(text: str, width: int, most: int) -> list[str]:
    """Break a text between words into at most ``most`` rows; what does not fit is cut off the last."""
    rows: list[str] = []
    rest = text
    while rest and len(rows) < most - 1 and width_of(rest) > width:
        head = set_cell_size(rest, width + 1).rpartition(" ")[0]
        if width_of(head) < width // 2:  # scripts without blanks between words are broken where the row ends
            head = set_cell_size(rest, width).rstrip()
        rows.append(head)
        rest = rest[len(head) :].lstrip()
    return [*rows, clip(rest, width)]


def left(text: str, width: int) -> str:
    """Left-align in exactly ``width`` cells."""
    text = clip(text, width)
    return text + " " * (width - width_of(text))


def right(text: str, width: int) -> str:
    """Right-align in exactly ``width`` cells."""
    text = clip(text, width)
    return " " * (width - width_of(text)) + text


def fit(line: Line, width: int) -> Line:
    """Cut or fill a line to exactly ``width`` cells."""
    spans: list[Span] = []
    room = width
    for text, role in line:
        cells = width_of(text)
        if cells > room:
            spans.append((left(text, room), role))
            return tuple(spans)
        spans.append((text, role))
        room -= cells
    if room:
        spans.append((" " * room, "text"))
    return tuple(spans)


def spread(first: Line, last: Line, width: int, filler: str = " ", role: str = "text") -> Line:
    """Put one line at the left and one at the right edge; the left one gives way."""
    room = max(0, width - line_width(last))
    gap = room - line_width(first)
    if gap < 0:
        return fit(fit(first, room) + last, width)
    return (*first, (filler * gap, role), *last)


def paint(line: Line, back: str) -> Line:
    """Give every span the background of another role."""
    return tuple((text, f"{role.partition('@')[0]}@{back}") for text, role in line)


def paint_share(line: Line, fraction: float, back: str) -> Line:
    """Give the first share of a line another background: a bar with text on it."""
    edge = round(max(0.0, min(1.0, fraction)) * line_width(line))
    spans: list[Span] = []
    for text, role in line:
        cells = width_of(text)
        inside = min(cells, max(0, edge))
        edge -= cells
        if inside == cells:
            spans.append((text, f"{role}@{back}"))
        elif inside == 0:
            spans.append((text, role))
        else:
            at = _place(text, inside)
            spans.extend(((text[:at], f"{role}@{back}"), (text[at:], role)))
    return tuple(spans)


def _place(text: str, cells: int) -> int:
    """Number of characters that fit in a width; marks that take no cell stay with their letter."""
    if text.isascii():
        return cells
    room = cells
    for place, character in enumerate(text):
        room -= cell_len(character)
        if room < 0:
            return place
    return len(text)


def waiting(height: int, width: int, text: str) -> list[Line]:
    """An empty panel that says in the operator's language what it waits for."""
    text = clip(tr(text), width)
    pad = max(0, (width - width_of(text)) // 2)
    return [EMPTY] * max(0, (height - 1) // 2) + [((" " * pad, "text"), (text, "muted"))]
