"""Every key of the table on a trading engine: what it does to the market, and the row it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from okxmm_tui.console.bindings import TABLE
from okxmm_tui.console.screens.page import Page
from okxmm_tui.core.types import Severity, Side
from tests.console.trading_bench import Resting, TradingBench, TradingDesk, trading

Orders = dict[str, Resting]
Check = Callable[[Orders, Orders, TradingDesk], bool]


@dataclass(frozen=True)
class Act:
    """One key: what is pressed around it, what the market shall look like, what the journal shall say."""

    keys: tuple[str, ...]
    effect: Check
    said: tuple[tuple[str, ...], ...] = ()
    """(table, source or kind, beginning of the text) of rows that must have come."""
    before: tuple[str, ...] = ()
    """Keys that lead there."""
    params: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[TradingDesk], None] = lambda desk: None


def side(orders: Orders, wanted: Side) -> list[Resting]:
    """Orders of a side."""
    return [each for each in orders.values() if each.side is wanted]


def price(orders: Orders, wanted: Side) -> int:
    """Price of the only order of a side."""
    (order,) = side(orders, wanted)
    return order.price_ticks


def width(orders: Orders) -> int:
    """Ticks between the only bid and the only ask."""
    return price(orders, Side.SELL) - price(orders, Side.BUY)


def resized(was: int, now: int) -> Check:
    """Every order had the one size and has the other."""
    return lambda before, after, _: (
        {each.size_lots for each in before.values()} == {was}
        and {each.size_lots for each in after.values()} == {now}
    )


def leaning(ticks: int) -> Check:
    """The bid of a long position moves that way, by more than what may be held."""
    return lambda before, after, _: (price(after, Side.BUY) - price(before, Side.BUY)) * ticks > 3


def gone(_: Orders, after: Orders, desk: TradingDesk) -> bool:
    """No order is left, and nothing else has stopped."""
    return not after and desk.stopped is None


def only(wanted: Side) -> Check:
    """One side is empty, the other stands as it stood."""
    return lambda before, after, _: (
        bool(after) and after == {key: each for key, each in before.items() if each.side is wanted}
    )


def same(before: Orders, after: Orders, _: TradingDesk) -> bool:
    """Nothing has happened to the market."""
    return before == after and len(after) == 2


def by_key(name: str, change: str, effect: Check, key: str, **more: object) -> Act:
    """A parameter stepped by a key."""
    return Act((key,), effect, (("params", "key", f"{name} {change}"), ("notes", "param", "")), **more)  # pyright: ignore[reportArgumentType]


def cancelled_by_hand(effect: Check, key: str) -> Act:
    """Orders cancelled by a key."""
    return Act((key,), effect, (("order_events", "cancel", "by ws, cancelled by the operator"),))


def a_long_position(desk: TradingDesk) -> None:
    """Our bid is taken."""
    desk.hit(Side.BUY)
    desk.pass_ms(600)


def an_alarm(desk: TradingDesk) -> None:
    """Something to be seen."""
    desk.reducer.session.raise_alarm("test", Severity.WARNING, "look here")
    desk.pass_ms(100)


def killed(_: Orders, after: Orders, desk: TradingDesk) -> bool:
    """HALTED, and proven."""
    run = desk.reducer.safety.kill_run
    return not after and desk.state == "HALTED" and run is not None and run.is_proven


def moved_up(before: Orders, after: Orders, desk: TradingDesk, ticks: int = 1) -> bool:
    """The chosen order is a tick higher and the operator's; no quote stands beside it."""
    (key,) = [key for key in after if before.get(key) != after[key]]
    order = desk.market.orders.get(key)
    assert order is not None
    is_muted = desk.market.sides[order.side].is_muted
    return after[key].price_ticks == before[key].price_ticks + ticks and order.is_manual and is_muted


def placed(wanted: Side) -> Check:
    """One more order of a side, by hand."""
    return lambda before, after, desk: (
        [
            (each.side, desk.market.orders.get(key).is_manual)  # pyright: ignore[reportOptionalMemberAccess]
            for key, each in after.items()
            if key not in before
        ]
        == [(wanted, True)]
    )


def wider(before: Orders, after: Orders, _: TradingDesk) -> bool:
    """By half a basis point, give or take the rounding."""
    return 28 <= width(after) - width(before) <= 32


def narrower(before: Orders, after: Orders, desk: TradingDesk) -> bool:
    """Likewise."""
    return wider(after, before, desk)


QUIET = {"volatility_multiplier": "0", "base_spread_bps": "8"}
LARGE = {"order_size": "5", "max_position": "5"}
ROOMY = {"order_size": "6", "max_position": "5"}
HALTED_BY_KEY = (("notes", "state", "HALTED: operator"), ("notes", "kill", "orders proven gone: 2 at start"))
MOVED = (("notes", "manual", ""), ("order_events", "amend", "1.00 @ "))
ACTS: dict[str, Act] = {
    "kill": Act(("ctrl+k",), killed, HALTED_BY_KEY),
    "safe_quit": Act(
        ("ctrl+q",),
        lambda _, after, desk: not after and desk.stopped is not None and desk.stopped.exit_code == 0,
        (("order_events", "canceled", ""),),
    ),
    "detach": Act(("ctrl+d",), same),
    "acknowledge": Act(
        ("space",), same, (("notes", "notice", "1 alarm marked as seen by the operator"),), prepare=an_alarm
    ),
    "note": Act(("N", *"late", "enter"), same, (("notes", "note", "note: late"),)),
    "pause": Act(("p",), gone, (("notes", "state", "PAUSED: paused by the operator"),)),
    "pause_for": Act(
        ("z", "enter"), gone, (("notes", "state", "PAUSED: paused until "),)
    ),
    "arm": Act(
        ("a",),
        lambda before, after, desk: (
            before == after and desk.reducer.session.machine.is_armed(desk.now_ns)
        ),
        (("notes", "notice", "armed for 10 s by the operator"),),
    ),
    "resume": Act(
        ("r",),
        lambda before, after, _: not before and len(after) == 2,
        (("notes", "state", "ACTIVE: resumed by the operator"), ("order_events", "place", "")),
        before=("p",),
    ),
    "cancel_order": cancelled_by_hand(lambda before, after, _: len(before) - len(after) == 1, "x"),
    "cancel_all": cancelled_by_hand(gone, "X"),
    "cancel_side('buy')": cancelled_by_hand(only(Side.SELL), "B"),
    "cancel_side('sell')": cancelled_by_hand(only(Side.BUY), "S"),
    "toggle_side('buy')": Act(
        ("left_parenthesis",), only(Side.SELL), (("notes", "notice", "BTC-USDT-SWAP: buy side muted by"),)
    ),
    "toggle_side('sell')": Act(
        ("right_parenthesis",), only(Side.BUY), (("notes", "notice", "BTC-USDT-SWAP: sell side muted by"),)
    ),
    "place('buy')": Act(
        ("b",),
        placed(Side.BUY),
        (("notes", "manual", "BTC-USDT-SWAP: buy 1.00 @ "), ("order_events", "place", "buy 1.00 @ ")),
        before=("shift+tab", *["down"] * 5),
    ),
    "place('sell')": Act(
        ("s",),
        placed(Side.SELL),
        (("notes", "manual", "BTC-USDT-SWAP: sell 1.00 @ "), ("order_events", "place", "sell 1.00 @ ")),
        before=("shift+tab", *["up"] * 5),
    ),
    "move_order(1)": Act(("plus",), moved_up, MOVED),
    "move_order(-1)": Act(
        ("minus",),
        lambda before, after, desk: moved_up(before, after, desk, -1),
        MOVED,
    ),
    "widen": Act(
        ("W",),
        lambda before, after, _: abs(width(after) - 2 * width(before)) <= 2,
        (("notes", "notice", "quoting at twice the distance by the operator"),),
    ),
    "reduce": Act(("R",), gone, (("notes", "state", "REDUCING: reducing, by the operator"),)),
    "flatten": Act(
        ("F", "a", "enter"),
        lambda before, after, desk: killed(before, after, desk) and desk.market.position_lots == 0,
        (("notes", "flatten", "closing +1.00 BTC-USDT-SWAP"), ("order_events", "place", "sell 1.00 @ ")),
        prepare=a_long_position,
    ),
    "nudge('spread', -1)": by_key(
        "base_spread_bps", "8 -> 7.5", narrower, "left_square_bracket",
    ),
    "nudge('spread', 1)": by_key(
        "base_spread_bps", "8 -> 8.5", wider, "right_square_bracket",
    ),
    "nudge('size', -1)": by_key(
        "order_size", "1 -> 0.5", resized(100, 50), "left_curly_bracket"
    ),
    "nudge('size', 1)": by_key(
        "order_size", "1 -> 1.5", resized(100, 150), "right_curly_bracket"
    ),
    "nudge('skew', -1)": by_key(
        "inventory_skew", "0.5 -> 0.4", leaning(1), "comma",
        prepare=a_long_position, params={"max_position": "2"},
    ),
    "nudge('skew', 1)": by_key(
        "inventory_skew", "0.5 -> 0.6", leaning(-1), "full_stop",
        prepare=a_long_position, params={"max_position": "2"},
    ),
    "nudge('limit', -1)": by_key(
        "max_position", "5 -> 4", resized(500, 400), "semicolon",
        params=LARGE,
    ),
    "nudge('limit', 1)": by_key(
        "max_position", "5 -> 6", resized(500, 600), "apostrophe",
        params=ROOMY,
    ),
    "edit_param": Act(
        ("e", *"levels", "space", "3", "enter"),
        lambda _, after, __: len(side(after, Side.BUY)) == len(side(after, Side.SELL)) == 3,
        (("params", "key", "levels 1 -> 3"),),
    ),
    "undo": Act(
        ("u",),
        narrower,
        (("params", "undo", "base_spread_bps 8.5 -> 8"),),
        before=("right_square_bracket",),
    ),
    "apply_draft": Act(
        ("y",),
        wider,
        (("params", "editor", "base_spread_bps 8 -> 8.5"),),
        before=("5", "right"),
    ),
    "save_preset": Act(("P", *"mine", "enter"), same),
    "load_preset": Act(
        ("L", *"mine", "enter", "y"),
        narrower,
        (("params", "preset", "base_spread_bps 8.5 -> 8"),),
        before=("P", *"mine", "enter", "right_square_bracket"),
    ),
    "switch_strategy": Act(
        ("T", *"ladder", "enter"),
        lambda _, after, desk: len(after) == 6 and desk.market.strategy.name == "ladder",
        (("params", "command", "strategy inventory_skew -> ladder: base_spread_bps 8, "),),
    ),
}  # fmt: skip
"""What each key that trades does."""

LOOKS: dict[str, tuple[str, ...]] = {
    "preflight": ("0", "escape"),
    "filter": ("slash", "x", "enter"),
    "why": ("w", "escape"),
    "choose_theme": ("ctrl+t", "escape"),
    "jump": ("ctrl+o", "escape"),
    "help": ("f1", "escape"),
}
"""Keys that only change the screen and are not one press long."""


def changing_the_screen() -> dict[str, tuple[str, ...]]:
    """Every key that must leave the market alone, and how it is pressed."""
    rest = [spec for spec in TABLE if spec.action not in ACTS]
    return {spec.action: LOOKS.get(spec.action, (spec.keys.split(",")[0],)) for spec in rest}


def test_no_key_is_left_out():
    """Each key of the table is in one of the two lists; what trades is in the first."""
    groups = {spec.action: spec.group for spec in TABLE}
    assert set(ACTS) <= set(groups)
    assert {groups[action] for action in changing_the_screen()} == {"Screen", "Pages"}
    assert {action for action in ACTS if groups[action] in {"Screen", "Pages"}} == {"note"}


@pytest.mark.parametrize("action", ACTS)
async def test_a_key_does_to_the_market_what_it_says_and_leaves_a_row(tmp_path: Path, action: str):
    """The venue's orders change as the help says, and the journal names what was done, and by whom."""
    act = ACTS[action]
    async with trading(tmp_path, **{**QUIET, **act.params}) as bench:
        act.prepare(bench.desk)
        await bench.wait(100)
        await bench.act(*act.before)
        before, rows = bench.desk.orders(), len(bench.desk.rows)
        await bench.act(*act.keys, after_ms=800)
        assert act.effect(before, bench.desk.orders(), bench.desk), (before, bench.desk.orders())
        assert_said(bench, act, rows)


def assert_said(bench: TradingBench, act: Act, since: int) -> None:
    """Every expected row is among those that came."""
    rows = bench.desk.journal(since)
    for table, kind, text in act.said:
        assert any(row[:2] == (table, kind) and row[2].startswith(text) for row in rows), (table, kind, rows)
    if not act.said:
        assert not [row for row in rows if row[0] != "order_events"]


async def test_keys_of_the_screen_leave_market_and_journal_alone(tmp_path: Path):
    """Each from the dashboard, nothing in front: no command goes out, no order changes, no row comes."""
    async with trading(tmp_path) as bench:
        before, rows = bench.desk.orders(), len(bench.desk.rows)
        for action, keys in changing_the_screen().items():
            await bench.act("1", *keys, after_ms=0)
            assert bench.link.sent == [], action
            assert isinstance(bench.app.screen, Page), action
        assert bench.desk.orders() == before
        assert bench.desk.journal(rows) == []


async def test_both_kill_keys_kill(tmp_path: Path):
    """F12 does what ctrl+k does."""
    async with trading(tmp_path) as bench:
        await bench.act("f12", after_ms=800)
        assert killed({}, bench.desk.orders(), bench.desk)


async def test_no_order_of_two_strategies_ever_rests_at_once(tmp_path: Path):
    """At the venue, moment by moment: all of the old set are gone before the first of the new is there."""
    async with trading(tmp_path, levels="2") as bench:
        old = set(bench.desk.resting)
        begun = len(bench.desk.moments)
        await bench.act("T", *"ladder", "enter", after_ms=800)
        new = set(bench.desk.resting)
        assert len(old) == 4
        assert len(new) == 4
        assert not old & new
        moments = bench.desk.moments[begun:]
        assert not [each for each in moments if each & old and each & new]
        assert frozenset() in moments
        rows = [row for row in bench.desk.journal() if row[0] == "order_events"]
        ends = [place for place, row in enumerate(rows) if row[3] in old and row[1] == "canceled"]
        starts = [place for place, row in enumerate(rows) if row[3] in new and row[1] == "place"]
        assert len(ends) == 4
        assert max(ends) < min(starts)


async def test_ghosts_stand_where_the_draft_would_quote_and_nothing_moves(tmp_path: Path):
    """In the ladder beside the own orders, until the draft is dropped."""
    async with trading(tmp_path, volatility_multiplier="0") as bench:
        before = bench.desk.orders()
        await bench.act("5", *["right"] * 4, after_ms=800)
        ghosts = {each.side: each.price_ticks for each in bench.app.state.market.ghosts}  # pyright: ignore[reportOptionalMemberAccess]
        assert bench.desk.orders() == before
        assert ghosts[Side.BUY] == price(before, Side.BUY) - 60
        assert ghosts[Side.SELL] == price(before, Side.SELL) + 60
        await bench.act("escape")
        assert not bench.app.state.market.ghosts  # pyright: ignore[reportOptionalMemberAccess]
        assert bench.desk.orders() == before
