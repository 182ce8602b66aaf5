"""Writes the generated parts of README.md: ``python -m tests.readme``."""

from __future__ import annotations

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
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        head, rest = text.split(begin)
        text = f"{head}{begin}{made}{end}{rest.split(end, 1)[1]}"
    return text


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
    README.write_text(generated(README.read_text(encoding="utf-8")), encoding="utf-8")
