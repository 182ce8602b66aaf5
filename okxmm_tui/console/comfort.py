"""What the operator likes: keys, language, bell, motion, pictures. No setting here touches an order."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from okxmm_tui.console.keymap import Keymap
from okxmm_tui.core.snapshot import AlarmView, Snapshot
from okxmm_tui.core.types import Severity
from okxmm_tui.languages import ENGLISH


@dataclass(frozen=True)
class Comfort:
    """Settings of this console alone."""

    keymap: Keymap = field(default_factory=Keymap)
    language: str = ENGLISH
    has_bell: bool = False
    """Ring the terminal's bell at every new critical alarm."""
    is_calm: bool = False
    """Limited motion: news is drawn twice a second; what a key does is still seen at once."""
    pictures: Path | None = None
    """Directory of screenshots; None is the one the console was started in."""
    is_web: bool = False
    """Whether the screen is a browser page, whose output carries a protocol and no last words."""


class Bell:
    """Knows which critical alarms have been rung for."""

    def __init__(self) -> None:
        self._rung: set[tuple[str, int]] = set()
        self._has_looked = False

    def is_due(self, snapshot: Snapshot) -> bool:
        """Whether a critical alarm stands that was not there before, or has come back.

        What a console finds when it opens is shown, not rung for.
        """
        standing = {_occasion(alarm) for alarm in snapshot.alarms if _is_calling(alarm)}
        is_new = self._has_looked and not standing <= self._rung
        self._rung = standing
        self._has_looked = True
        return is_new


def _is_calling(alarm: AlarmView) -> bool:
    return alarm.severity is Severity.CRITICAL and not alarm.is_cleared and not alarm.is_acknowledged


def _occasion(alarm: AlarmView) -> tuple[str, int]:
    """An alarm that returns after it had cleared is news; its text changing is not."""
    return alarm.key, alarm.count
