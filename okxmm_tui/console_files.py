"""Files the console leaves in the state directory: exports and named sets of parameters."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from okxmm_tui.console.port import Past
from okxmm_tui.core.params import plain
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.errors import UsageError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


class StateFiles:
    """Exports and presets below one directory, readable by their owner only."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir

    def past(self, snapshot: Snapshot) -> Past:
        """Read the day so far from the journal.

        Raises:
            JournalError: It could not be read.
        """
        from okxmm_tui.console_past import read_past  # noqa: PLC0415 - the first paint must not wait for it

        return read_past(self._state_dir, snapshot)

    def export(self, name: str, text: str) -> str:
        """Write ``exports/NAME``, never over a file that is there; returns the path."""
        return str(self._write(self._folder("exports") / name, text, os.O_EXCL))

    def presets(self, strategy: str) -> tuple[str, ...]:
        """Names of the presets of a strategy."""
        folder = self._state_dir / "presets" / _checked(strategy)
        return tuple(sorted(path.stem for path in folder.glob("*.toml")))

    def save_preset(self, strategy: str, name: str, values: Mapping[str, Decimal]) -> str:
        """Keep values as ``presets/STRATEGY/NAME.toml``; returns the path.

        Raises:
            UsageError: The name is not letters, digits, ``-`` and ``_``.
        """
        lines = (f'{_checked(key)} = "{plain(value)}"\n' for key, value in sorted(values.items()))
        folder = self._folder("presets", _checked(strategy))
        return str(self._write(folder / f"{_checked(name)}.toml", "".join(lines), os.O_TRUNC))

    def load_preset(self, strategy: str, name: str) -> dict[str, Decimal]:
        """Read a preset.

        Raises:
            UsageError: There is none of that name, or it holds something else.
        """
        path = self._state_dir / "presets" / _checked(strategy) / f"{_checked(name)}.toml"
        try:
            read = tomllib.loads(path.read_text(encoding="utf-8"))
            return {key: Decimal(str(value)) for key, value in read.items()}
        except FileNotFoundError:
            raise UsageError(f"There is no preset {name!r}.", "Save one with P first.") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, InvalidOperation) as error:
            raise UsageError(f"Preset {path} could not be read: {error}.", "Correct or delete it.") from error

    def _folder(self, *names: str) -> Path:
        folder = self._state_dir
        for name in names:
            folder = folder / name
            folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @staticmethod
    def _write(path: Path, text: str, how: int) -> Path:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return path


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a preset.", "Use letters, digits, - and _.")
    return name
