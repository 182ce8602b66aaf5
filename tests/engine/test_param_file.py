"""The parameter file: what changed is read once it stands still, and mistakes are part of the answer."""

from __future__ import annotations

import os

import pytest

from okxmm_tui.core.messages import ParamsRead
from okxmm_tui.engine.param_file import ParamFile, read


def test_a_change_is_read_once_it_stands_still(tmp_path):
    """Not while it is being written, and only once."""
    path = tmp_path / "params.toml"
    path.write_text("order_size = 1\n")
    watched = ParamFile(path)
    assert watched.poll() is None
    path.write_text("order_size = 2.50\nlevels = 3\n")
    os.utime(path, ns=(1, 1))
    assert watched.poll() is None
    assert watched.poll() == ParamsRead({"order_size": "2.50", "levels": "3"})
    assert watched.poll() is None


def test_decimals_stay_exact(tmp_path):
    """0.1 is the text 0.1, not a float."""
    path = tmp_path / "p.toml"
    path.write_text("a = 0.1\nb = 1e-3\n")
    assert read(path).values == {"a": "0.1", "b": "1e-3"}


@pytest.mark.parametrize("text", ["order_size =", "a = true", "[a]\nb = 1", "a = [1]", "a = 1\na = 2"])
def test_mistakes_are_told(tmp_path, text):
    """The name of the file and what was wrong."""
    path = tmp_path / "p.toml"
    path.write_text(text)
    event = read(path)
    assert not event.values
    assert event.problem.startswith("p.toml: ")


def test_a_missing_or_huge_file_is_told(tmp_path):
    """Both are problems, never exceptions."""
    assert "No such file" in read(tmp_path / "none.toml").problem
    path = tmp_path / "p.toml"
    path.write_text("#" * 200_000)
    assert "larger" in read(path).problem
