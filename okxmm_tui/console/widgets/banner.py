"""The top line: which money, which market, which state, how much; and the key that ends it."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import Line, Span, clip, left, line_width, right, spread, width_of
from okxmm_tui.console.view import LinkState, View, mode_role
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.snapshot import ReplayView, Snapshot
from okxmm_tui.core.types import Mode

WIDE_FROM, NARROW_BELOW = 100, 72
LEAST_NAME = 6
CLOCK_CELLS = (8, 5, 0)
"""Of the clock: with seconds, without them, and none at all."""
HOW_WIDTH, EVENTS_WIDTH = 6, 10
STATE_ROLES = {"ACTIVE": "chip-good", "PAUSED": "chip-warn", "REDUCING": "chip-warn", "HALTED": "chip-bad"}


class Banner(LinePanel):
    """Mode, instrument, state, position, PnL, alarms, clock."""

    IS_FRAMED = False
    CAN_DIM = False
    ALLOW_MAXIMIZE = False

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The one line."""
        snapshot = view.snapshot
        if snapshot is None:
            return [_connecting(view, width)]
        role = "mode-replay" if snapshot.replay is not None else mode_role(snapshot.mode)
        return [_line(view, snapshot, role, width)]


def _connecting(view: View, width: int) -> Line:
    is_gone = view.link is LinkState.GONE
    text = tr(" the engine ended before its first message" if is_gone else " connecting to the engine…")
    role = "mode-live" if is_gone else "mode-sim"
    return spread(((" OKXMM ", role), (text, role)), ((kill_chip(), "mode-live"),), width, " ", role)


def _line(view: View, snapshot: Snapshot, role: str, width: int) -> Line:
    market = view.market
    name = market.instrument.inst_id if market else tr("no market")
    if len(snapshot.markets) > 1:
        place = next((at for at, each in enumerate(snapshot.markets, 1) if each is market), 1)
        name += f" {place}/{len(snapshot.markets)}"
    state = (f" {state_word(view, snapshot, width)} ", state_role(view, snapshot))
    mode = f" {mode_word(snapshot, is_brief=width < WIDE_FROM)} "
    # The clock gives way to the name (half a name is that of another market), the name to the state: what is
    # traded can be read below, whether it is traded cannot.
    taken = width_of(mode) + width_of(state[0]) + 1
    tails = [_figures(view, snapshot, role, width, cells) for cells in CLOCK_CELLS]
    tail = next((each for each in tails if width_of(name) <= width - taken - line_width(each)), tails[-1])
    room = width - taken - line_width(tail)
    head: list[Span] = [(mode, role)]
    if room >= LEAST_NAME:
        head.append((f"{clip(name, room)} ", role))
    if width >= WIDE_FROM and snapshot.account:
        head.append((f"{clip(snapshot.account, 16)} ", role))
    head.append(state)
    room = width - line_width(tuple(head)) - line_width(tail) - 2
    if room >= 8 and snapshot.state_reason:
        since = fmt.calm_age_text(view.now_ns - snapshot.state_since_ns)
        head.append((f" {clip(f'{tr(snapshot.state_reason)} {since}', room)}", role))
    return spread(tuple(head), tail, width, " ", role)


def mode_word(snapshot: Snapshot, *, is_brief: bool = False) -> str:
    """Which money this is; a replay says so before anything else."""
    mode = tr(snapshot.mode.upper())
    if snapshot.replay is None:
        return mode
    return f"≋ {tr('REPLAY')} {mode}" if is_brief else f"≋ {tr(f'REPLAY of {mode}')} ≋"


def kill_chip() -> str:
    """The kill key, wherever it is named for good."""
    return f" ^K {tr('KILL')} "


def replay_text(replay: ReplayView, *, is_brief: bool) -> str:
    """How a replay runs, where the kill key is named otherwise."""
    how = f"■ {tr('end')}" if replay.is_at_end else "❚❚" if replay.is_paused else f"▶ {replay.speed:g}x"
    # As wide whatever happens: what stands before it must not move.
    number = "" if is_brief else f" {left(f'#{replay.events:,}', EVENTS_WIDTH)}"
    differs = f" ≠{replay.differences}" if replay.differences else ""
    return f" {left(how, HOW_WIDTH)}{number}{differs} "


def state_word(view: View, snapshot: Snapshot, width: int) -> str:
    """Trading state, with what is under way."""
    if view.link is LinkState.GONE:
        return tr("NO ENGINE")
    if view.is_quitting or snapshot.is_quitting:
        return tr("QUITTING")
    if view.armed_left_ns:
        armed = f"{tr('ARMED')} {-(-view.armed_left_ns // fmt.SECOND_NS)}s"
        return f"{tr(snapshot.trading_state)} {armed}" if width >= WIDE_FROM else armed
    return tr(snapshot.trading_state)


def state_role(view: View, snapshot: Snapshot) -> str:
    """Colour role of the state; never that of ACTIVE when nobody is there to be active."""
    if view.link is LinkState.GONE:
        return "chip-bad"
    if view.link is LinkState.QUIET:
        return "chip-warn"
    return STATE_ROLES.get(snapshot.trading_state, "chip-warn")


def _figures(view: View, snapshot: Snapshot, role: str, width: int, clock_cells: int) -> Line:
    market = view.market
    position = fmt.fitted_position(market.instrument, market.position_lots, 7) if market else fmt.NONE
    ccy = market.instrument.quote_ccy if market else ""
    net = fmt.fitted_money(snapshot.account_view.net_quote, ccy, 10 if width >= WIDE_FROM else 8)
    alarms = sum(not alarm.is_acknowledged for alarm in snapshot.alarms)
    wide = width >= WIDE_FROM
    clock = fmt.clock_text(view.now_ns)[:clock_cells]
    clock = f"{clock}{'Z' if wide else ''} " if clock else ""
    if width < NARROW_BELOW:  # a dialog over the curtain: mode, state, position and the way to end it
        alarm: Span = (f" !{alarms} " if alarms else " ", "chip-bad" if alarms else role)
        return ((f" {tr('pos')}{right(position, 8)}", role), alarm, last_chip(snapshot, is_brief=True))
    return (
        (f" {tr('pos')}{right(position, 8)}", role),
        (f"  {tr('net')}{right(net, 11 if wide else 9)}", role),
        (f" !{alarms} " if alarms else "    ", "chip-bad" if alarms else role),
        (f" {clock}{fmt.SPINNER[snapshot.seq % len(fmt.SPINNER)]} ", role),
        last_chip(snapshot, is_brief=not wide),
    )


def last_chip(snapshot: Snapshot, *, is_brief: bool) -> Span:
    """The kill key; how a replay runs where it is one."""
    if (replay := snapshot.replay) is not None:
        return (replay_text(replay, is_brief=is_brief), "chip-bad" if replay.differences else "chip-warn")
    return (kill_chip(), "chip-bad" if snapshot.mode is not Mode.LIVE else "chip-kill")
