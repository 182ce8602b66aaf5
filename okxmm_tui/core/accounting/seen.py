"""Ids that were booked, so that nothing is booked twice; of very many the oldest are forgotten."""

from __future__ import annotations

from collections.abc import Iterable


class SeenIds:
    """A set that remembers the newest ids.

    Args:
        ids: Ids known from the start, oldest first.
        most: How many are kept. Lists read back over REST reach minutes, so this many can never be in them.
    """

    def __init__(self, ids: Iterable[str] = (), most: int = 200_000) -> None:
        self._ids = dict.fromkeys(ids)
        self._most = most

    def __contains__(self, key: str) -> bool:
        return key in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, key: str) -> bool:
        """Remember an id; False when it was known."""
        if key in self._ids:
            return False
        self._ids[key] = None
        if len(self._ids) > self._most:
            del self._ids[next(iter(self._ids))]
        return True

    def newest(self, count: int) -> tuple[str, ...]:
        """The last so many, oldest first."""
        return tuple(self._ids)[-count:]
