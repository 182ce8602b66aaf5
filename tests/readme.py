"""Writes the generated parts of README.md: ``python -m tests.readme``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from okxmm_tui.console.keymap import Keymap
from okxmm_tui.core.params import plain
from okxmm_tui.settings import Settings
from okxmm_tui.strategies.registry import STRATEGIES

README = Path(__file__).parents[1] / "README.md"


def keys_table() -> str:
    """All keys, from the table the bindings are made of."""
    keymap = Keymap()
    names = {spec.key_text: "fixed" if spec.is_fixed else f"`{spec.name}`" for spec in keymap.table}
    rows = ((f"`{key}`", text, group, names.get(key, "fixed")) for group, key, text in keymap.help_lines)
    return _table(("key", "what it does", "group", "name in `[keys]`"), rows)


def settings_table() -> str:
    """All settings, from the settings class."""
    return _table(("setting", "environment", "default", "meaning"), _settings(Settings, ()))


def params_table() -> str:
    """Parameters of every strategy, from their declarations."""
    rows = (
        (f"`{name}`", f"`{spec.name}`", f"{plain(spec.default)} {spec.unit}",
         f"{plain(spec.minimum)} to {plain(spec.maximum)}", spec.help)
        for name, strategy in STRATEGIES.items()
        for spec in strategy.specs
    )  # fmt: skip
    return _table(("strategy", "parameter", "default", "bounds", "meaning"), rows)


def generated(text: str) -> str:
    """The README with its generated parts made anew."""
    for name, made in (("keys", keys_table()), ("settings", settings_table()), ("params", params_table())):
        text = _between(text, name, made)
    return text


def doctor_output() -> str:
    """What the doctor prints for the sim, run now; it differs from run to run, so no test compares it."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-m", "okxmm_tui", "doctor", "--state-dir", f"{home}/state"],
            capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
            env={**os.environ, "COLUMNS": "132"},
        )  # fmt: skip
    cell = re.compile(rf"{re.escape(home)}/([^│]*)│")  # keeps its width
    text = cell.sub(lambda found: f"~/{found[1]}{' ' * (len(home) - 1)}│", done.stdout)
    lines = (line.rstrip() for line in text.splitlines())
    return "```\n" + "\n".join(lines) + "\n```\n"


def with_doctor(text: str) -> str:
    """The README with a fresh output of the doctor."""
    return _between(text, "doctor", doctor_output())


def _between(text: str, name: str, made: str) -> str:
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    head, rest = text.split(begin)
    return f"{head}{begin}{made}{end}{rest.split(end, 1)[1]}"


def _settings(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _settings(inner, (*path, name))
            continue
        full = (*path, name)
        default = "platform's state directory" if name == "state_dir" else _default(field.default)
        variable = "OKXMM_" + "__".join(part.upper() for part in full)
        yield f"`{'.'.join(full)}`", f"`{variable}`", default, field.description or ""


def _default(value: object) -> str:
    if value is None or "secret" in type(value).__name__.lower():
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    README.write_text(with_doctor(generated(README.read_text(encoding="utf-8"))), encoding="utf-8")
