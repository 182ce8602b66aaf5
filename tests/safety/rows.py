"""The fault list: what detects each fault, what follows, what must hold before quoting resumes, and the test.

``python -m tests.safety.rows`` writes the table of ``README.md``; a test keeps both together. Reaction times
are virtual seconds from the injection to the reaction the row names, measured by the tests themselves
(``OKXMM_WRITE_REACTION_TIMES=1 pytest tests/safety -k test_row``).
"""

# ruff: noqa: E501 - a table
from __future__ import annotations

import json
from pathlib import Path

from msgspec import Struct

HERE = Path(__file__).parent
README = HERE / "README.md"
TIMES = HERE / "reaction_times.json"
BEGIN, END = "<!-- rows -->\n", "<!-- end of rows -->\n"

FULL = "yes"
PART = "partly"
NONE = "n/a"


class Row(Struct, frozen=True):
    """One fault."""

    number: int
    fault: str
    detector: str
    """Module below ``okxmm_tui``."""
    reaction: str
    proof: str
    tests: tuple[str, ...]
    """``file::test`` below ``tests``; a bare file stands for all its tests named ``test_row_NN_``."""
    holds: str = FULL
    note: str = ""
    """Why it holds in part only, or not at all."""


MARKET, LINKS = "safety/test_faults_market.py", "safety/test_faults_links.py"
ORDERS, PROCESS = "safety/test_faults_orders.py", "safety/test_faults_process.py"
ACCOUNT, SIGNALS = "safety/test_faults_account.py", "safety/test_signals.py"

ROWS = (
    Row(1, "sequence gap in the book", "okx/book_chain", "A: quarantine, one new subscription",
        "snapshot and three chained updates", (MARKET,)),
    Row(2, "silent, stale or lagging book", "engine/watchdog, okx/feed_watch",
        "B above 1 s (age, or behind bbo-tbt), A above 3 s", "fresh updates", (MARKET,)),
    Row(3, "sequence reset at a maintenance", "okx/book_chain", "taken as a reset", "chained again", (MARKET,)),
    Row(4, "crossed book, absurd spread", "engine/market_events, engine/guard_table", "A",
        "sane for 2 s", (MARKET,)),
    Row(5, "mid against mark and index", "engine/guard_table",
        "A above 25 bps to the mark, 50 bps to the index (not for dated futures, which lead it by their basis)",
        "below half for 10 s", (MARKET,)),
    Row(6, "flash move", "engine/mid_range, signals/volatility", "A", "below half for 5 s (range) or 30 s (ratio)",
        (MARKET,)),
    Row(7, "toxic flow", "engine/guard_table",
        "5 s markout, VPIN, one-sided fills: twice the distance and half the size early, then A",
        "recovered for 30 s; fills older than ten minutes judge no more", (MARKET, "signals")),
    Row(8, "private stream lost", "okx/session", "A, cancels by REST", "login, orders, fills, positions merged",
        (LINKS,)),
    Row(9, "private stream silent", "okx/account_watch, engine/silence_guard",
        "REST probe after 12 s; A when it finds a fill", "a probe that finds nothing new", (LINKS,)),
    Row(10, "no answer to an order", "engine/doubts", "UNKNOWN, counts as exposure, asked by client id",
        "terminal or live by the venue's word", (ORDERS,)),
    Row(11, "late request", "core/risk (expTime)", "the venue drops it", NONE, (LINKS,)),
    Row(12, "amend failure", "engine/reconcile", "cxlOnFail, else cancelled", "order terminal", (ORDERS,)),
    Row(13, "cancel lost, fill during cancel", "engine/reconcile", "again by REST after 1 s, query, counts as live",
        "terminal", (ORDERS,)),
    Row(14, "fill counted twice or missed", "core/ledger, engine/reconcile", "dedupe, backfill",
        "ledger equals venue", (ORDERS,)),
    Row(15, "post-only storm", "engine/back_off", "one tick away, longer waits, then a rest", "accepted again",
        (ORDERS,)),
    Row(16, "identical refusals", "engine/refusals", "the side stops, code and cause shown",
        "operator, or the cause cleared", (ORDERS,)),
    Row(17, "not enough margin", "engine/refusals", "the growing side stops", "more available than then", (ORDERS,)),
    Row(18, "rate limits", "okx/rate_limits, engine/alignment", "no places, no amends; cancels go",
        "budget recovered", (ORDERS,)),
    Row(19, "connection limits, flapping", "okx/transport, engine/flapping",
        "paced, back-off with jitter, ping after 15 s; A after three losses in a minute",
        "held for 30 s", (LINKS, "okx/test_transport.py::test_connections_are_paced")),
    Row(20, "clock drift", "engine/clock_guard", "B above 250 ms, A above 1 s", "offset below 100 ms", (LINKS,)),
    Row(21, "key expired, IP changed", "engine/refusals", "halt, what to do by hand, dead-man's switch fires",
        "operator", (LINKS,)),
    Row(22, "crash, kill -9, power loss", "exchange/dead_man at the venue", "cancelled within the timer",
        "restart and merge", (PROCESS, "safety/test_crash_trials.py::test_a_killed_engine_loses_nothing")),
    Row(23, "loop stall, sleep", "engine/watchdog, engine/host, okx/clock_keeper", "no renewal above 250 ms, A on waking before anything is read",
        "on time again; merged after a jump",
        (PROCESS, "engine/test_host.py::test_an_engine_that_wakes_up_decides_nothing_on_what_it_reads_first")),
    Row(24, "zombie renews the switch", "engine/safety", "only the engine's own tick renews", NONE, (PROCESS,)),
    Row(25, "dead-man's switch not armed", "engine/watchdog", "not quoted; risk.needs_dead_man overrides, alarmed",
        "armed", (PROCESS,)),
    Row(26, "kill reported, orders live", "engine/safety", "repeat over both routes, say NOT PROVEN",
        "two empty lists", (PROCESS, "safety/test_kill_trials.py::test_no_order_outlives_the_proof"), PART,
        "no venue mass-cancel: OKX has it for option market makers only"),
    Row(27, "kill hits others' orders", "engine/safety", "scope is our tag, on every instrument", NONE, (ORDERS,)),
    Row(28, "leftovers after a restart", "engine/preflight", "asked: adopt, cancel or abort; cancelled where nobody is",
        "empty difference, or the answer", (ORDERS, "safety/test_preflight.py::TestAsking", "safety/test_preflight.py::TestCancel")),
    Row(29, "inventory unknown", "engine/positions", "B, and nothing grows; then adopted with an alarm",
        "ledger equals venue", (ACCOUNT,)),
    Row(30, "simultaneous fills", "core/risk", "sizes by the worst case", "within the limit",
        (ORDERS, "safety/test_limits_hold.py::TestLimitsHold")),
    Row(31, "liquidation, ADL", "engine/reconcile", "HALTED, critical", "armed by the operator", (ACCOUNT,)),
    Row(32, "self-trade", "engine/order_ends, engine/guard_table",
        "stpMode explicit; explained; wider and smaller for a minute, A at three in a minute", "none recent", (ORDERS,)),
    Row(33, "two engines, one tag", "engine/intruders, statedir", "a second one on this machine is refused; else PAUSED, critical; theirs are not touched",
        "theirs gone, and resumed by hand",
        (ORDERS, "test_statedir.py::test_an_account_has_one_engine_whatever_the_directory")),
    Row(34, "wrong unit, changed contract", "engine/market_events, core/risk", "halt, nothing more before a restart; cap on worth",
        "restart", (ORDERS, "safety/test_other_units.py::test_a_resume_does_not_trade_in_the_units_of_before")),
    Row(35, "fat finger", "core/params, core/risk, engine/tuning",
        "refused by bounds and by worth; preview; more than 200 % towards more risk only when armed", "valid", (ACCOUNT,)),
    Row(36, "half-applied reload", "engine/tuning", "all or none; version on every order", "version", (ACCOUNT,)),
    Row(37, "fees changed", "engine/fee_watch", "asked daily; floor follows, alarm", "floor satisfied", (ACCOUNT,)),
    Row(38, "funding spike", "engine/guard_table", "only reducing inside the window", "settled", (MARKET,)),
    Row(39, "suspension, change, expiry", "engine/instrument_guard, engine/watchdog", "A before the event",
        "live, nothing announced", (MARKET,)),
    Row(40, "price band", "engine/alignment", "quotes clamped", "within the band", (MARKET,)),
    Row(41, "daily loss, drawdown", "engine/loss_limits",
        "80 % reduces, 100 % halts; risk.flatten_on_loss closes positions as well", "armed by the operator", (ACCOUNT,)),
    Row(42, "untrusted PnL", "engine/loss_limits", "PAUSED, never killed", "trusted for 10 s", (ACCOUNT,)),
    Row(43, "hedge leg or lead feed lost", "-", "-", "-", (MARKET,), NONE,
        "there is no hedge leg and no lead feed; the test shows that nothing depends on one"),
    Row(44, "disk full", "engine/journal_watch", "B, and nothing grows, at twice the distance; memory buffer",
        "written again", (PROCESS, "engine/store")),
    Row(45, "corrupt state file", "engine/store", "checksum; rebuilt from the venue", "rebuilt",
        ("engine/store/test_recovery.py", "engine/store/test_crash.py")),
    Row(46, "flood, frozen screen", "engine/link, core/alarms, engine/memory_watch",
        "one snapshot slot, folded alarms, bounded log; RSS watched: alarm, a tenth of the pictures",
        "normal", (PROCESS, "engine/test_link.py::test_a_slow_console_is_never_queued_for")),
    Row(47, "queue between feed and strategy", "okx/conflate, okx/feed_meter, engine/watchdog",
        "conflated, counted; A above 200 ms", "drained", (MARKET,)),
    Row(48, "DNS, TLS, host", "okx/transport", "another host of the region; else the switch", "stable",
        (LINKS, "okx/test_transport.py::test_http_turns_to_the_other_host_of_its_region",
         "okx/test_transport.py::test_a_stream_turns_to_the_other_host_of_its_region"), FULL,
        "OKX documents no second WebSocket host: okx.other_ws_url names one"),
    Row(49, "simulation taken for live", "core/trading_state", "typed phrase and arming", NONE, (ACCOUNT,)),
    Row(50, "secrets leak", "okx/auth, settings", "redacted; keys that can withdraw are refused", NONE,
        (PROCESS, "okx/test_auth.py::test_key_never_shows_its_secrets",
         "test_settings.py::test_secrets_are_never_shown")),
    Row(51, "accidents at the desk", "engine/commands", "two steps for the irreversible, one for the safe; undo",
        NONE, (ACCOUNT,)),
    Row(52, "remote abuse", "engine/commands, engine/link",
        "raising risk wants arming at the console; the socket is its owner's alone",
        NONE, (ACCOUNT, "engine/test_link.py::test_a_read_only_console_may_only_kill"), FULL,
        "in sim and paper, where nothing is at stake, small steps need none"),
    Row(53, "terminal closed, signals", "engine/host", "verified kill within the deadline, else exit 75", NONE,
        (SIGNALS + "::test_a_signal_to_the_engine_proves_and_exits_clean",
         SIGNALS + "::test_a_closed_terminal_takes_everything_down_in_order"), PART,
        "Windows close events are not handled"),
    Row(54, "outage, maintenance", "engine/venue_guard", "A from a minute before, and on five failures in 10 s",
        "over, and merged", (LINKS,)),
    Row(55, "half a batch", "okx/orders_route", "each row stands for itself", "target equals live", (ORDERS,)),
)  # fmt: skip


def table() -> str:
    """The rows as Markdown."""
    times = json.loads(TIMES.read_text()) if TIMES.exists() else {}
    lines = [
        "| # | fault | detector | reaction | proof to resume | s | holds | tests |",
        "|--:|---|---|---|---|--:|---|---|",
    ]
    for row in ROWS:
        took = times.get(str(row.number))
        shown = f"{took:.2f}" if took is not None else ""
        holds = f"{row.holds}: {row.note}" if row.note else row.holds
        tests = ", ".join(f"`{each}`" for each in row.tests)
        cells = (str(row.number), row.fault, row.detector, row.reaction, row.proof, shown, holds, tests)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the table into the page."""
    before, _, rest = README.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    README.write_text(before + BEGIN + table() + END + after)


if __name__ == "__main__":
    main()
