"""The parameter file: TOML with one ``name = value`` a line, read again whenever it changes.

Editors replace files in several steps, so a file is read once it has stood still for a moment. What it says
is checked by the reducer; here it only becomes text.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from okxmm_tui.core.messages import ParamsRead

MAX_BYTES = 100_000


class ParamFile:
    """One file, polled."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_stamp = self._stamp()
        self._last_stamp = self._read_stamp

    def poll(self) -> ParamsRead | None:
        """Return what the file says when it has changed and stood still since the last call."""
        stamp = self._stamp()
        is_still, self._last_stamp = stamp == self._last_stamp, stamp
        if not is_still or stamp == self._read_stamp:
            return None
        self._read_stamp = stamp
        return read(self.path)

    def _stamp(self) -> tuple[int, int]:
        try:
            status = self.path.stat()
        except OSError:
            return 0, 0
        return status.st_mtime_ns, status.st_size


def read(path: Path) -> ParamsRead:
    """Read a parameter file; a problem is part of the answer."""
    try:
        data = path.read_bytes()[: MAX_BYTES + 1]
        if len(data) > MAX_BYTES:
            return ParamsRead({}, f"{path.name} is larger than {MAX_BYTES} bytes")
        words = tomllib.loads(data.decode(), parse_float=str)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return ParamsRead({}, f"{path.name}: {error}")
    values: dict[str, str] = {}
    for name, value in words.items():
        if isinstance(value, bool) or not isinstance(value, int | str):
            return ParamsRead({}, f"{path.name}: {name} was {value!r}; it must be a number")
        values[name] = str(value)
    return ParamsRead(values)
