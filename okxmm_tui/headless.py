"""A session without a console: one JSON object per line on standard output, a summary at the end."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from okxmm_tui.compose import EngineRun
from okxmm_tui.core.effects import Report
from okxmm_tui.core.params import plain
from okxmm_tui.core.types import Mode, Severity
from okxmm_tui.engine.accounting_view import accounting_view
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine_config import EngineConfig
from okxmm_tui.errors import UsageError
from okxmm_tui.line_writer import LineWriter

LAST_WORDS_S = 2.0
_log = logging.getLogger("okxmm.session")


def run_headless(config: EngineConfig, *, knows_live: bool) -> int:
    """Run an engine in this process and return its exit code.

    Raises:
        OkxmmError: It could not be started.
    """
    if config.plan.mode is Mode.LIVE and not knows_live:
        raise UsageError(
            "--venue live with --headless trades real money without a screen.",
            "Add --i-know-this-is-live if that is what you want.",
        )
    return _Output().of(config)


class _Output:
    """The lines of one session."""

    def __init__(self) -> None:
        self._lines = LineWriter(sys.stdout.fileno(), _lost_line, self._on_gone)
        self._is_running = True

    def of(self, config: EngineConfig) -> int:
        """Run the engine and tell of it."""
        run = EngineRun(config, on_report=self._tell, on_ready=lambda: None)
        try:
            code = run.run()
            if run.reducer is not None:
                for words in _summaries(run.reducer, code):
                    self._lines.put(json.dumps(words))
            return code
        finally:
            self._is_running = False
            self._lines.close(LAST_WORDS_S)

    def _tell(self, at_ns: int, report: Report) -> None:
        if report.kind == "traceback":
            _log.warning("%s", report.text)  # for whoever mends the strategy; the sentence went before it
            return
        words = {"kind": report.kind, "severity": report.severity, "text": report.text, **report.fields}
        self._lines.put(json.dumps({"at": _utc(at_ns), **words}))

    def _on_gone(self) -> None:
        """Whoever read us has gone: what a closed terminal does, in order and with proof."""
        if self._is_running:
            _log.warning("standard output cannot be written any more: quitting")
            os.kill(os.getpid(), signal.SIGHUP)


def _lost_line(count: int) -> str:
    text = f"{count} lines were lost: standard output was not read"
    words = {"kind": "notice", "severity": Severity.WARNING, "text": text}
    return json.dumps({"at": _utc(time.time_ns()), **words})


def _summaries(reducer: Reducer, code: int) -> Iterator[Mapping[str, object]]:
    session = reducer.session
    for market in session.markets.values():
        ledger, price = market.ledger, market.valuation_price
        average = ledger.position.average_price
        yield {
            "at": _utc(session.now_ns),
            "kind": "summary",
            "inst_id": market.instrument.inst_id,
            "fills": ledger.fill_count,
            "maker_fills": ledger.maker_fills,
            "position": market.instrument.size_text(market.position_lots),
            "average_price": plain(average) if average is not None else "",
            "realised": plain(ledger.realised_quote),
            "unrealised": plain(ledger.unrealised_quote(price)),
            "fees": plain(ledger.fees_quote),
            "net": plain(ledger.net_quote(price)),
            "post_only_cancels": session.post_only_cancels,
            "rejects": session.rejects,
            "proven": reducer.safety.kill_run is not None and reducer.safety.kill_run.is_proven,
            "exit_code": code,
            **_accounting(reducer, market),
        }


def _accounting(reducer: Reducer, market: Market) -> dict[str, object]:
    """Books of one market and the account's identity; additions to the summary, in plain numbers."""
    view, identity = accounting_view(reducer.books, market), reducer.books.account.identity()
    parts = view.decomposition
    return {
        "settle_ccy": view.settle_ccy,
        "net_settle": plain(view.net_settle),
        "funding": plain(view.session.funding),
        "decomposition": {
            "spread": plain(parts.spread),
            "adverse": plain(parts.adverse),
            "drift": plain(parts.drift),
            "fees": plain(parts.fees),
            "rebates": plain(parts.rebates),
            "funding": plain(parts.funding),
            "taker": plain(parts.taker),
            "other": plain(parts.other),
            "total": plain(parts.total),
        },
        "uptime": view.presence.two_sided,
        "order_to_trade": view.activity.order_to_trade,
        "residual": plain(identity.residual) if identity is not None else "",
        "trustworthy": reducer.books.account.trust.is_trustworthy,
        "incomplete": view.incomplete,
    }


def _utc(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / 1e9, UTC).isoformat(timespec="milliseconds")
