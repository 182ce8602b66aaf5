"""The keys in force: the table of :mod:`bindings` with what ``[keys]`` of the configuration changes in it.

Everything that names a key to the operator (help, hints, palette, messages, README) asks a keymap, so that no
text goes stale when a key moves. The kill keys are not in its power.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property

from textual.binding import Binding
from textual.keys import Keys, _character_to_key, key_to_character

from okxmm_tui.console import bindings
from okxmm_tui.console.bindings import EXTRA_HELP, KILL_KEYS, TABLE, KeySpec
from okxmm_tui.errors import UsageError

TAKEN = {
    **dict.fromkeys(KILL_KEYS, "kills and cannot be given away"),
    "k": "only reminds of the kill keys, so that a missed ctrl does nothing",
    "ctrl+c": "names the keys that leave",
    "ctrl+z": "would stop the console",
    "ctrl+p": "opens the command palette",
    **dict.fromkeys(("tab", "shift+tab", "ctrl+i"), "moves the focus"),
    **dict.fromkeys(("enter", "ctrl+m", "ctrl+j"), "confirms"),
    **dict.fromkeys(("escape", "ctrl+left_square_bracket"), "means no change"),
    **dict.fromkeys(("up", "down", "left", "right", "pageup", "pagedown", "home", "end"), "moves in a panel"),
}
"""Keys no action can have, and why."""

MODIFIERS = frozenset({"ctrl", "shift", "alt", "super"})
_NAMED = frozenset(key.value for key in Keys)
_CHARACTERS = {_character_to_key(each): each for each in map(chr, range(32, 127))}


@dataclass(frozen=True)
class Keymap:
    """The table of keys in force."""

    table: tuple[KeySpec, ...] = TABLE

    @classmethod
    def of(cls, changes: Mapping[str, str]) -> Keymap:
        """The default table with some actions on other keys.

        Args:
            changes: New keys by name of the action, as Textual writes them; two between a comma.

        Raises:
            UsageError: Names every unknown action, unusable key and clash at once.
        """
        problems = [_unknown(name) for name in changes if name not in _by_name()]
        table = tuple(
            _moved(spec, changes[spec.name], problems) if spec.name in changes else spec for spec in TABLE
        )
        problems += _clashes(table)
        if problems:
            raise UsageError(
                f"Keys could not be used: {'; '.join(problems)}.",
                'Correct [keys] in okxmm.toml; a line there reads: pause = "f9".',
            )
        return cls(table)

    @cached_property
    def hints(self) -> tuple[tuple[str, str], ...]:
        """Key and word for the foot of the screen."""
        return bindings.hints(self.table)

    @cached_property
    def nudge_keys(self) -> dict[str, str]:
        """Keys of the parameters that have some."""
        return bindings.nudge_keys(self.table)

    @cached_property
    def help_lines(self) -> list[tuple[str, str, str]]:
        """Group, key and text of every key there is."""
        lines = [(spec.group, spec.key_text, spec.help) for spec in self.table]
        return lines + [(group, key, text) for key, text, group in EXTRA_HELP]

    @cached_property
    def texts(self) -> dict[str, str]:
        """Key of every action as the operator reads it, by name of the action."""
        return {spec.name: spec.key_text for spec in self.table}

    def text(self, name: str) -> str:
        """Key of an action as the operator reads it."""
        return self.texts[name]

    def bindings(self) -> list[Binding]:
        """As Textual wants them."""
        return bindings.bindings(self.table)


def _by_name() -> dict[str, KeySpec]:
    return {spec.name: spec for spec in TABLE}


def _unknown(name: str) -> str:
    near = get_close_matches(name, [spec.name for spec in TABLE if not spec.is_fixed], n=1)
    return f"there is no action {name!r}" + (f", did you mean {near[0]!r}" if near else "")


def _moved(spec: KeySpec, wanted: str, problems: list[str]) -> KeySpec:
    """One row on its new keys; what is wrong with them goes to ``problems``."""
    if spec.is_fixed:
        problems.append(f"{spec.name} stays on {spec.key_text}")
        return spec
    # A comma alone is the key of that name, not a gap between two.
    parts = ["comma"] if wanted.strip() == "," else [part.strip() for part in wanted.split(",")]
    keys = [_character_to_key(part) if len(part) == 1 else part.lower() for part in parts]
    wrong = [problem for key in keys if (problem := _problem(spec, key))]
    problems += wrong
    if wrong:
        return spec
    return replace(spec, keys=",".join(keys), shown=" or ".join(_shown(key) for key in keys))


def _problem(spec: KeySpec, key: str) -> str:
    if key in TAKEN:
        return f"{spec.name} cannot have {key}, which {TAKEN[key]}"
    *modifiers, last = key.split("+")
    if not set(modifiers) <= MODIFIERS or not _is_key(last):
        return f"{spec.name} was given {key!r}, which is no key"
    if spec.is_priority and _character(key):
        return f"{spec.name} works in input fields too and needs a key that types nothing, not {_shown(key)}"
    return ""


def _is_key(name: str) -> bool:
    return name in _NAMED or bool(_character(name))


def _character(key: str) -> str:
    """What a key types; nothing for one that types nothing."""
    return _CHARACTERS.get(key) or key_to_character(key) or ""


def _shown(key: str) -> str:
    if (character := _character(key)).strip():
        return character
    return key.upper() if key[0] == "f" and key[1:].isdigit() else key


def _clashes(table: tuple[KeySpec, ...]) -> list[str]:
    """Every key that more than one action has."""
    owners: dict[str, list[str]] = {}
    for spec in table:
        for key in dict.fromkeys(spec.keys.split(",")):
            owners.setdefault(key, []).append(spec.name)
    return [
        f"{_shown(key)} is wanted by {' and '.join(names)}" for key, names in owners.items() if len(names) > 1
    ]
