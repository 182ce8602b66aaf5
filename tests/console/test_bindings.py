"""The key table: complete in the help, and nobody else touches the kill keys."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

import okxmm_tui.console
from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.bindings import HINTS, KILL_KEYS, NUDGE_KEYS, TABLE, bindings
from okxmm_tui.console.keymap import Keymap
from tests.console import sample
from tests.console.harness import running

FOLDER = Path(okxmm_tui.console.__file__).parent


def own_classes() -> list[type]:
    """Every widget and screen class of the package."""
    found: set[type] = set()
    for module in pkgutil.walk_packages([str(FOLDER)], "okxmm_tui.console."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if member.__module__.startswith("okxmm_tui.console") and issubclass(member, (Widget, Screen)):
                found.add(member)
    return sorted(found, key=lambda each: each.__name__)


@pytest.mark.parametrize("widget", own_classes(), ids=lambda each: each.__name__)
def test_no_widget_or_screen_binds_a_kill_key(widget):
    """The kill keys belong to the app alone, inherited bindings included."""
    keys = {key for binding in bound_keys(widget) for key in binding.split(",")}
    assert not keys & set(KILL_KEYS)


def bound_keys(widget: type) -> list[str]:
    """Keys of a class as Textual merges them."""
    merged = widget._merge_bindings()
    return list(merged.key_to_bindings)


def test_kill_bindings_are_fixed():
    """Kill is a priority binding without an id, so that no keymap can take it away."""
    kill = [binding for binding in bindings() if binding.action == "kill"]
    assert [binding.key for binding in kill] == ["ctrl+k,f12"]
    assert all(binding.priority and not binding.id for binding in kill)


async def test_a_keymap_cannot_remove_the_kill_keys():
    """Keymaps change nothing about the kill."""
    async with running(sample.quoting()) as bench:
        bench.app.set_keymap({"kill": "z", "ctrl+k": "z", "": "z"})
        await bench.press("ctrl+k", "f12")
        assert len(bench.link.kills) == 2


def test_help_equals_the_bindings():
    """Every bound key is in the help, and the help names no key that is not bound."""
    helped = {key for _, key, _ in Keymap().help_lines}
    bound = {spec.key_text for spec in TABLE}
    assert helped == bound | {"tab", "ctrl+p"}


def test_every_action_exists():
    """No key leads nowhere."""
    for spec in TABLE:
        assert hasattr(ConsoleApp, f"action_{spec.action.partition('(')[0]}")


def test_no_key_is_bound_twice():
    """One key, one meaning."""
    keys = [key for spec in TABLE for key in spec.keys.split(",")]
    assert len(keys) == len(set(keys))
    assert "j" not in keys


def test_every_parameter_with_keys_has_both_directions():
    """Keys shown beside a parameter are those that move it."""
    for name, keys in NUDGE_KEYS.items():
        down, up = keys.split(" ")
        by_key = {spec.key_text: spec.action for spec in TABLE}
        assert by_key[down] == f"nudge('{name}', -1)"
        assert by_key[up] == f"nudge('{name}', 1)"


def test_hints_name_kill_and_help_first():
    """The foot of the screen begins with the kill key and, however narrow, says where the others are told."""
    assert HINTS[:2] == (("^K", "kill"), ("F1", "help"))
    assert len({label for _, label in HINTS}) == len(HINTS)


def test_no_action_of_the_app_waits():
    """An action that awaits would hold up every key behind it, the kill key too."""
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef):
                assert not node.name.startswith("action_"), f"{path.name}: {node.name}"


def test_table_becomes_bindings():
    """Every row of the table is bound."""
    assert len(bindings()) == len(TABLE)
    assert all(isinstance(binding, Binding) for binding in bindings())
