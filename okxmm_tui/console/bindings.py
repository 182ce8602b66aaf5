"""The one table of keys: bindings, help, hints and palette are all made from it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

KILL_KEYS = ("ctrl+k", "f12")
"""Never remappable: their bindings carry no id, and nothing else may bind them."""

FIXED_ACTIONS = frozenset({"kill", "remind_kill", "help_quit"})

LEVERS = ("spread", "size", "skew", "limit")
"""What has keys of its own, if the strategy has a parameter for it."""

SAFETY, QUOTING, PARAMS, SCREEN = "Safety", "Quoting", "Parameters", "Screen"
HAND, RISK, PAGES = "By hand", "Taking risk off", "Pages"


@dataclass(frozen=True, slots=True)
class KeySpec:
    """One key, or two for the same action."""

    keys: str
    action: str
    label: str
    help: str
    group: str
    shown: str = ""
    """How the key is written; the key itself when empty."""
    is_priority: bool = False
    hint: str = ""
    """Label at the foot of the screen; not hinted when empty."""
    in_palette: bool = True

    @property
    def key_text(self) -> str:
        """The key as the operator reads it."""
        return self.shown or self.keys.replace(",", " or ")

    @property
    def name(self) -> str:
        """What ``[keys]`` of the configuration calls it."""
        return self.action if self.action.isidentifier() else self.label.lower().replace(" ", "_")

    @property
    def is_fixed(self) -> bool:
        """Whether no configuration moves it: the kill keys, and those pressed by mistake for them."""
        return self.action in FIXED_ACTIONS


TABLE: tuple[KeySpec, ...] = (
    KeySpec("ctrl+k,f12", "kill", "Kill", "Halt at once and cancel every own order; proof is shown. Works "
            "everywhere, asks nothing, stays HALTED.", SAFETY, is_priority=True),
    KeySpec("ctrl+q", "safe_quit", "Quit safely", "Pull every order, prove it, end engine and console.",
            SAFETY, is_priority=True, hint="quit"),
    KeySpec("ctrl+d", "detach", "Detach", "Close this console only; the engine follows its rule for a lost "
            "console.", SAFETY),
    KeySpec("space", "acknowledge", "Seen", "Mark every alarm as seen.", SAFETY),
    KeySpec("p", "pause", "Pause or resume", "ACTIVE: pull the quotes. PAUSED: quote again. HALTED: says "
            "how to get out.", QUOTING, hint="pause"),
    KeySpec("z", "pause_for", "Pause for a time", "Pull the quotes for some minutes; then quoting goes on by "
            "itself, unless a critical alarm is unseen.", QUOTING),
    KeySpec("a", "arm", "Arm", "Allow one risk-raising act within ten seconds; again takes it back.",
            QUOTING, hint="arm"),
    KeySpec("r", "resume", "Resume", "Quote again; from HALTED only when armed.", QUOTING, hint="resume"),
    KeySpec("x", "cancel_order", "Cancel order", "Cancel the order under the cursor.", QUOTING,
            hint="cancel"),
    KeySpec("X", "cancel_all", "Cancel all", "Cancel every order of this market, once; quoting goes on.",
            QUOTING),
    KeySpec("B", "cancel_side('buy')", "Cancel bids", "Cancel every bid of this market, once.", QUOTING,
            in_palette=False),
    KeySpec("S", "cancel_side('sell')", "Cancel asks", "Cancel every ask of this market, once.", QUOTING,
            in_palette=False),
    KeySpec("left_parenthesis", "toggle_side('buy')", "Mute bids", "No quotes on the bid side; again quotes.",
            QUOTING, "(", in_palette=False),
    KeySpec("right_parenthesis", "toggle_side('sell')", "Mute asks", "No quotes on the ask side; again "
            "quotes.", QUOTING, ")", in_palette=False),
    KeySpec("b", "place('buy')", "Buy at the cursor", "Place a post-only bid of the order size at the book's "
            "cursor; in demo and live only when armed.", HAND, in_palette=False),
    KeySpec("s", "place('sell')", "Sell at the cursor", "Place a post-only ask of the order size at the "
            "book's cursor; in demo and live only when armed.", HAND, in_palette=False),
    KeySpec("plus", "move_order(1)", "Move up", "Move the chosen order up a tick. A quote moved by hand is "
            "yours from then on and its side is muted.", HAND, "+", in_palette=False),
    KeySpec("minus", "move_order(-1)", "Move down", "Move the chosen order down a tick, likewise.", HAND, "-",
            in_palette=False),
    KeySpec("W", "widen", "Widen", "Quote at twice the distance; again at the usual one.", RISK),
    KeySpec("R", "reduce", "Reduce", "From now on only orders that shrink positions; r quotes freely again.",
            RISK),
    KeySpec("F", "flatten", "Flatten", "Preview closing the position of this market; enter closes it when "
            "armed, in live the typed echo does.", RISK),
    KeySpec("left_square_bracket", "nudge('spread', -1)", "Spread down",
            "Spread one step tighter.", PARAMS, "[", in_palette=False),
    KeySpec("right_square_bracket", "nudge('spread', 1)", "Spread up",
            "Spread one step wider.", PARAMS, "]", in_palette=False),
    KeySpec("left_curly_bracket", "nudge('size', -1)", "Size down",
            "Order size one step smaller.", PARAMS, "{", in_palette=False),
    KeySpec("right_curly_bracket", "nudge('size', 1)", "Size up",
            "Order size one step larger.", PARAMS, "}", in_palette=False),
    KeySpec("comma", "nudge('skew', -1)", "Skew down",
            "Inventory skew one step weaker.", PARAMS, ",", in_palette=False),
    KeySpec("full_stop", "nudge('skew', 1)", "Skew up",
            "Inventory skew one step stronger.", PARAMS, ".", in_palette=False),
    KeySpec("semicolon", "nudge('limit', -1)", "Position limit down",
            "Maximum position one step lower.", PARAMS, ";", in_palette=False),
    KeySpec("apostrophe", "nudge('limit', 1)", "Position limit up",
            "Maximum position one step higher.", PARAMS, "'", in_palette=False),
    KeySpec("e", "edit_param", "Set a parameter", "Type a parameter and its value.", PARAMS, hint="set"),
    KeySpec("u", "undo", "Undo", "Take the last parameter change back.", PARAMS, hint="undo"),
    KeySpec("y", "apply_draft", "Apply the draft", "Trade on the drafted parameters, all or none.", PARAMS),
    KeySpec("P", "save_preset", "Save preset", "Keep the values, drafted ones included, under a name.",
            PARAMS),
    KeySpec("L", "load_preset", "Load preset", "Draft the values kept under a name.", PARAMS),
    KeySpec("T", "switch_strategy", "Strategy", "Quote this market with another strategy.", PARAMS),
    KeySpec("1", "page_dashboard", "Dashboard", "Book, orders, fills, risk.", PAGES),
    KeySpec("2,f2", "page_markets", "Markets", "All instruments; enter shows one.", PAGES, hint="pages"),
    KeySpec("3,f3", "page_blotter", "Blotter", "Orders and fills of the day.", PAGES),
    KeySpec("4,f4", "page_analytics", "Analytics", "Curves, markouts, where the result comes from.", PAGES),
    KeySpec("5,f5", "page_parameters", "Parameters", "The form: draft, see where it would quote, apply.",
            PAGES),
    KeySpec("6,f6", "page_journal", "Journal", "The event log at full size.", PAGES),
    KeySpec("7,f7", "page_health", "Health", "Waiting times, feeds, clocks, budgets.", PAGES),
    KeySpec("8", "page_limits", "Limits", "Limits, how much is used, the steps down.", PAGES),
    KeySpec("0", "preflight", "Preflight", "Checklist before the first quote, and its question: A adopts, C "
            "cancels, E ends the engine.", PAGES),
    KeySpec("slash", "filter", "Filter", "Type what rows of this page must contain.", SCREEN, "/"),
    KeySpec("w", "why", "Why", "Why the chosen order or fill stands where it stands.", SCREEN, hint="why"),
    KeySpec("N", "note", "Note", "Write a line of your own into the event log and the journal.", SCREEN),
    KeySpec("o", "export", "Export", "Write orders and fills of the day as CSV to the state directory.",
            SCREEN),
    KeySpec("g", "group(1)", "Coarser book", "More ticks a row of the book.", SCREEN, in_palette=False),
    KeySpec("G", "group(-1)", "Finer book", "Fewer ticks a row of the book.", SCREEN, in_palette=False),
    KeySpec("l", "centre", "Centre lock", "Let the book follow the market, or let its prices stand still.",
            SCREEN),
    KeySpec("v", "slot", "Next view", "Fills, tape or events where not all of them fit.", SCREEN),
    KeySpec("m", "maximise", "Maximise", "Give the focused panel the whole screen; again or esc gives it "
            "back.", SCREEN),
    KeySpec("n", "next_market", "Next market", "Show the next instrument.", SCREEN),
    KeySpec("t", "next_theme", "Next theme", "Change the colours.", SCREEN),
    KeySpec("ctrl+t", "choose_theme", "Choose a theme", "List of themes; the one under the cursor is shown.",
            SCREEN),
    KeySpec("ctrl+o", "jump", "Jump", "A letter on every panel; the next key focuses the one that bears it.",
            SCREEN),
    KeySpec("f1", "help", "Help", "This page.", SCREEN, "F1", hint="help"),
    KeySpec("f8", "picture", "Picture", "Save the screen as SVG in the state directory; the path is shown.",
            SCREEN, "F8"),
    KeySpec("k", "remind_kill", "Reminder", "Does nothing but name the kill keys.", SCREEN, in_palette=False),
    KeySpec("ctrl+c", "help_quit", "How to leave", "Names the keys that leave.", SCREEN, in_palette=False),
)  # fmt: skip

EXTRA_HELP = (
    ("tab", "Focus the next panel; up and down move inside it.", SCREEN),
    ("ctrl+p", "Command palette: every action, and `set` for every parameter.", SCREEN),
)
"""Keys the framework binds."""

_SHORT = {"ctrl+q": "^Q", "f1": "F1", "2,f2": "1..8"}


def short(key_text: str) -> str:
    """A key as briefly as the foot of the screen has it; the first of two."""
    key_text = key_text.partition(" or ")[0]
    if key_text in _SHORT:
        return _SHORT[key_text]
    return f"^{key_text[5:].upper()}" if key_text.startswith("ctrl+") else key_text


def nudge_keys(table: tuple[KeySpec, ...]) -> dict[str, str]:
    """Keys ``down up`` of every lever."""
    keys = {spec.action: spec.key_text for spec in table}
    return {name: f"{keys[f'nudge({name!r}, -1)']} {keys[f'nudge({name!r}, 1)']}" for name in LEVERS}


def hints(table: tuple[KeySpec, ...]) -> tuple[tuple[str, str], ...]:
    """Key and word for the foot of the screen, the most needed first."""
    key = {spec.name: short(spec.key_text) for spec in table}
    nudges = nudge_keys(table)
    return (
        (short(KILL_KEYS[0]), "kill"),
        (key["help"], "help"),
        *(
            (short(spec.key_text), spec.hint)
            for spec in table
            if spec.hint and spec.action not in {"kill", "help", "safe_quit"}
        ),
        (nudges["spread"], "spread"),
        (nudges["size"], "size"),
        (key["safe_quit"], "quit"),
        ("tab", "focus"),
        ("^P", "palette"),
        (nudges["skew"], "skew"),
        (nudges["limit"], "limit"),
        (key["maximise"], "maximise"),
        (key["detach"], "detach"),
    )


NUDGE_KEYS = nudge_keys(TABLE)
HINTS = hints(TABLE)


def bindings(table: tuple[KeySpec, ...] = TABLE) -> list[Binding]:
    """A table as Textual bindings; no ids, so that no keymap of Textual's can take a key away."""
    return [
        Binding(spec.keys, spec.action, spec.label, show=False, priority=spec.is_priority, tooltip=spec.help)
        for spec in table
    ]
