"""The keys of a replay: those that move time, those that only look, and none that trades."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from okxmm_tui.console.bindings import PAGES, SCREEN, TABLE, KeySpec, short
from okxmm_tui.console.keymap import Keymap

TIME, LEAVING = "Time", "Leaving"
PREFACE = (
    "A past session with the same panels: nothing here is happening now, nothing is sent anywhere, no key "
    "trades. Every step is compared with what was recorded; ≠ counts the steps that came out otherwise."
)

OWN = (
    KeySpec("space,p", "play", "Pause or play", "Hold the session, or go on.", TIME, hint="pause"),
    KeySpec("full_stop,right", "step_event", "One event", "Hold, and apply the next event alone.", TIME,
            ". or right", hint="event"),
    KeySpec("greater_than_sign,shift+right", "step_second", "One second", "Hold a second later.", TIME,
            "> or shift+right", hint="second"),
    KeySpec("plus", "speed(1)", "Faster", "The next faster speed.", TIME, "+", hint="faster",
            in_palette=False),
    KeySpec("minus", "speed(-1)", "Slower", "The next slower speed.", TIME, "-", hint="slower",
            in_palette=False),
    KeySpec("g", "seek", "Go to a time", "Type a time of the session; one that is past plays it anew.", TIME,
            hint="go to"),
    KeySpec("ctrl+q", "safe_quit", "Leave", "Close the replay and print its summary.", LEAVING,
            is_priority=True, hint="leave"),
    KeySpec("ctrl+d", "detach", "Leave", "The same.", LEAVING, in_palette=False),
    KeySpec("ctrl+k,f12", "kill", "Kill", "Does nothing and says so: orders of a past session are past.",
            LEAVING, is_priority=True, in_palette=False),
)  # fmt: skip

_TAKEN = frozenset(key for spec in OWN for key in spec.keys.split(","))
ELSEWHERE = frozenset({"preflight", "remind_kill", "note", "export", "coarser_book", "finer_book"})
"""Keys that mean nothing without a present, and the pair of which ``g`` is taken."""

REPLAY_TABLE = (
    *OWN,
    *(
        spec
        for spec in TABLE
        if spec.group in {PAGES, SCREEN}
        and spec.name not in ELSEWHERE
        and not _TAKEN & set(spec.keys.split(","))
    ),
)


@dataclass(frozen=True)
class ReplayKeymap(Keymap):
    """Keys in force in a replay; actions without one are named by nothing."""

    table: tuple[KeySpec, ...] = REPLAY_TABLE

    @cached_property
    def hints(self) -> tuple[tuple[str, str], ...]:
        """Key and word for the foot of the screen."""
        own = tuple((short(spec.key_text), spec.hint) for spec in OWN if spec.hint)
        return (*own, ("1..8", "pages"), ("tab", "focus"), ("m", "maximise"), ("F1", "help"))

    @cached_property
    def nudge_keys(self) -> dict[str, str]:
        """None: parameters of a past session stay as they were."""
        return {}

    @cached_property
    def texts(self) -> dict[str, str]:
        """Keys by name of the action; those of the console where a replay has none."""
        return {**Keymap().texts, **{spec.name: spec.key_text for spec in self.table}}

    def text(self, name: str) -> str:
        """Key of an action; nothing for one that a replay does not have."""
        return self.texts[name] if any(spec.name == name for spec in self.table) else ""
