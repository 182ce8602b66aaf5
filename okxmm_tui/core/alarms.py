"""Latched alarms: raised once, folded when repeated, kept until acknowledged and cleared."""

from __future__ import annotations

from okxmm_tui.core.snapshot import AlarmView
from okxmm_tui.core.types import Severity

_GRAVITY = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)


class _Alarm:
    __slots__ = ("count", "is_acknowledged", "is_cleared", "is_event", "severity", "since_ns", "text")

    def __init__(self, severity: Severity, text: str, since_ns: int) -> None:
        self.severity = severity
        self.text = text
        self.since_ns = since_ns
        self.count = 1
        self.is_event = False
        self.is_acknowledged = False
        self.is_cleared = False


class Alarms:
    """All alarms of a session by key, oldest first."""

    def __init__(self) -> None:
        self._alarms: dict[str, _Alarm] = {}
        self._first = ""
        """Key of the alarm that came first while all was quiet: most often the cause of the rest."""

    def __len__(self) -> int:
        return len(self._alarms)

    def raise_(self, key: str, severity: Severity, text: str, now_ns: int, *, is_event: bool = False) -> bool:
        """Raise or repeat an alarm; True when it is news: new, worse than before, or back after clearing.

        What has happened (``is_event``) has no cause that could go: it is over once it is seen, and what
        happens next is news whether the last was seen or not, unless it is said in the very same words.
        """
        alarm = self._alarms.get(key)
        if not any(not each.is_cleared for each in self._alarms.values()):
            self._first = key
        if alarm is None:
            alarm = self._alarms[key] = _Alarm(severity, text, now_ns)
            alarm.is_event = is_event
            return True
        was_cleared = alarm.is_cleared or (is_event and alarm.text != text)
        is_worse = _GRAVITY.index(severity) > _GRAVITY.index(alarm.severity)
        alarm.text = text
        if was_cleared or is_worse:
            alarm.severity = severity
            alarm.is_cleared = alarm.is_acknowledged = False
        alarm.count += was_cleared
        return was_cleared or is_worse

    def clear(self, key: str) -> bool:
        """The cause has gone; True when the alarm stood. An acknowledged alarm disappears."""
        alarm = self._alarms.get(key)
        if alarm is None or alarm.is_cleared:
            return False
        alarm.is_cleared = True
        if alarm.is_acknowledged:
            del self._alarms[key]
        return True

    def is_standing(self, key: str) -> bool:
        """Whether the cause of an alarm is still there."""
        alarm = self._alarms.get(key)
        return alarm is not None and not alarm.is_cleared

    def has_unseen(self, severity: Severity) -> bool:
        """Whether an alarm of that severity stands that nobody has marked as seen."""
        return any(
            each.severity is severity and not (each.is_acknowledged or each.is_cleared)
            for each in self._alarms.values()
        )

    def acknowledge_all(self) -> int:
        """Mark all as seen; returns how many were not seen before."""
        fresh = sum(not alarm.is_acknowledged for alarm in self._alarms.values())
        for alarm in self._alarms.values():
            alarm.is_acknowledged = True
        self._alarms = {
            key: alarm for key, alarm in self._alarms.items() if not (alarm.is_cleared or alarm.is_event)
        }
        return fresh

    def views(self) -> tuple[AlarmView, ...]:
        """Alarms as the console shows them."""
        return tuple(
            AlarmView(
                key=key,
                severity=alarm.severity,
                text=alarm.text,
                since_ns=alarm.since_ns,
                count=alarm.count,
                is_acknowledged=alarm.is_acknowledged,
                is_cleared=alarm.is_cleared,
                is_first=key == self._first,
            )
            for key, alarm in self._alarms.items()
        )
