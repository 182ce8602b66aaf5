"""Where a console can be opened."""

from __future__ import annotations

import io
import sys

import pytest

from okxmm_tui.errors import UsageError
from okxmm_tui.streams import need_terminal, redirected

STREAMS = {"input": "stdin", "output": "stdout", "error": "stderr"}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """Say so."""
        return True


def _on_a_terminal(monkeypatch, **others):
    for name, stream in STREAMS.items():
        monkeypatch.setattr(sys, stream, others.get(name, Terminal()))


def test_a_terminal_is_enough(monkeypatch):
    """With all three streams on it nothing is said."""
    _on_a_terminal(monkeypatch)
    assert redirected() == []
    need_terminal("never said")


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("other", [io.StringIO(), None])
def test_one_redirected_stream_is_named(monkeypatch, name, other):
    """Keys would not be heard, or nothing be seen: told before anything starts; a closed one too."""
    _on_a_terminal(monkeypatch, **{name: other})
    with pytest.raises(UsageError, match=f"redirected: {name}.") as refused:
        need_terminal("Use --headless.")
    assert "--headless" in str(refused.value)
