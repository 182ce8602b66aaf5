"""httpx without its command line: that would load rich, click and pygments, half of what httpx costs to load.

httpx takes a command line that cannot be imported for one that is not installed.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import cast

__all__ = ["httpx"]

_COMMAND_LINE = "httpx._main"
_modules = cast("dict[str, ModuleType | None]", sys.modules)
_was_loaded = _COMMAND_LINE in _modules
_modules.setdefault(_COMMAND_LINE, None)  # Python's way of saying that there is no such module
try:
    import httpx
finally:
    if not _was_loaded:
        del _modules[_COMMAND_LINE]
