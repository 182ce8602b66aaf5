"""Parameter changes that were asked for and not yet confirmed by the engine."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.market_views import MarketView, ParamView
from okxmm_tui.core.params import plain
from okxmm_tui.core.snapshot import CommandReply

ANSWER_WITHIN_NS = 3_000_000_000
REFUSAL_SHOWN_NS = 8_000_000_000


class Change(Struct):
    """One change under way."""

    value: Decimal
    command_id: int
    sent_ns: int
    version: int
    """Version of the parameters when it was sent."""
    is_accepted: bool = False


class PendingParams:
    """What the operator asked for, until the engine's picture shows it or the engine refuses."""

    def __init__(self) -> None:
        self._changes: dict[str, Change] = {}
        self._refusals: dict[str, tuple[str, int]] = {}

    @property
    def values(self) -> dict[str, Decimal]:
        """Values asked for, by parameter."""
        return {name: change.value for name, change in self._changes.items()}

    @property
    def refusals(self) -> dict[str, str]:
        """Fresh refusals, by parameter."""
        return {name: text for name, (text, _) in self._refusals.items()}

    def nudged(self, param: ParamView, steps: int) -> tuple[Decimal, str]:
        """Value some steps on from what was last asked for, and what the bounds had to say.

        The value equals the present one when nothing is left to change.
        """
        base = self._changes[param.name].value if param.name in self._changes else param.value
        wanted = base + param.step * steps
        allowed = max(param.minimum, min(param.maximum, wanted))
        if allowed == wanted:
            return allowed, ""
        bound = "minimum" if wanted < param.minimum else "maximum"
        reached = f"{plain(allowed)} {param.unit}".rstrip()
        return allowed, f"{param.label} is at its {bound} of {reached}"

    def current(self, param: ParamView) -> Decimal:
        """What the parameter will be when all that was asked for is done."""
        change = self._changes.get(param.name)
        return param.value if change is None else change.value

    def ask(self, name: str, change: Change) -> None:
        """Remember a change that was sent."""
        self._changes[name] = change
        self._refusals.pop(name, None)

    def forget(self) -> None:
        """Drop every change: an undo was asked for, or the engine is gone."""
        self._changes.clear()

    def answer(self, reply: CommandReply, now_ns: int) -> bool:
        """Take a reply; True if it was to one of the changes, also to one overtaken since."""
        for name, change in self._changes.items():
            if change.command_id != reply.command_id:
                continue
            if reply.ok:
                change.is_accepted = True
            else:
                del self._changes[name]
                self._refusals[name] = (reply.text, now_ns + REFUSAL_SHOWN_NS)
            return True
        return False

    def observe(self, market: MarketView | None, now_ns: int) -> list[str]:
        """Settle what a picture of the market confirms; returns the names that never got an answer."""
        self._refusals = {name: kept for name, kept in self._refusals.items() if kept[1] > now_ns}
        if market is None:
            return []
        values = {param.name: param.value for param in market.params}
        unanswered: list[str] = []
        for name, change in list(self._changes.items()):
            is_shown = values.get(name) == change.value and (
                change.is_accepted or market.params_version != change.version
            )
            # Accepted and applied, yet another value is shown: somebody else changed it again.
            is_overtaken = change.is_accepted and market.params_version > change.version
            is_silent = now_ns - change.sent_ns > ANSWER_WITHIN_NS
            if is_shown or is_overtaken or is_silent:
                del self._changes[name]
                if is_silent and not is_shown:
                    unanswered.append(name)
        return unanswered
