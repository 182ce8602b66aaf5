"""Tables of the journal and the numbered steps that bring an older file up to date.

Money and prices are text: exact decimals as the venue wrote them. Times are Unix nanoseconds unless the name
says ms. ``user_version`` of the file is the number of steps it has seen.
"""

from __future__ import annotations

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE sessions (
            session_id INTEGER PRIMARY KEY, started_ns INTEGER NOT NULL, mode TEXT NOT NULL,
            account TEXT NOT NULL, tag TEXT NOT NULL, strategy TEXT NOT NULL, symbols TEXT NOT NULL,
            ended_ns INTEGER, exit_code INTEGER, last_words TEXT)""",
        """CREATE TABLE orders (
            session_id INTEGER NOT NULL, cl_ord_id TEXT NOT NULL, inst_id TEXT NOT NULL,
            ord_id TEXT NOT NULL, side TEXT NOT NULL, kind TEXT NOT NULL, price TEXT NOT NULL,
            size TEXT NOT NULL, reduce_only INTEGER NOT NULL, params_version INTEGER NOT NULL,
            reason TEXT NOT NULL, created_ns INTEGER NOT NULL, state TEXT NOT NULL, filled TEXT NOT NULL,
            cancel_source TEXT NOT NULL, updated_ns INTEGER NOT NULL,
            PRIMARY KEY (session_id, cl_ord_id))""",
        """CREATE TABLE order_events (
            seq INTEGER PRIMARY KEY, session_id INTEGER NOT NULL, at_ns INTEGER NOT NULL,
            inst_id TEXT NOT NULL, cl_ord_id TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL)""",
        "CREATE INDEX order_events_by_order ON order_events (cl_ord_id)",
        """CREATE TABLE fills (
            inst_id TEXT NOT NULL, trade_id TEXT NOT NULL, session_id INTEGER NOT NULL,
            ord_id TEXT NOT NULL, cl_ord_id TEXT NOT NULL, side TEXT NOT NULL, price TEXT NOT NULL,
            size TEXT NOT NULL, fee TEXT NOT NULL, fee_ccy TEXT NOT NULL, liquidity TEXT NOT NULL,
            realised TEXT NOT NULL, mid TEXT NOT NULL, venue_ms INTEGER NOT NULL, at_ns INTEGER NOT NULL,
            PRIMARY KEY (inst_id, trade_id))""",
        "CREATE INDEX fills_by_time ON fills (venue_ms)",
        """CREATE TABLE bills (
            bill_id TEXT PRIMARY KEY, session_id INTEGER NOT NULL, bill_type TEXT NOT NULL,
            inst_id TEXT NOT NULL, ccy TEXT NOT NULL, change TEXT NOT NULL, venue_ms INTEGER NOT NULL)""",
        """CREATE TABLE params (
            seq INTEGER PRIMARY KEY, session_id INTEGER NOT NULL, at_ns INTEGER NOT NULL,
            inst_id TEXT NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL, version INTEGER NOT NULL)""",
        """CREATE TABLE notes (
            seq INTEGER PRIMARY KEY, session_id INTEGER NOT NULL, at_ns INTEGER NOT NULL,
            kind TEXT NOT NULL, severity TEXT NOT NULL, text TEXT NOT NULL, fields TEXT NOT NULL)""",
        "CREATE INDEX notes_by_kind ON notes (session_id, kind)",
        """CREATE TABLE snapshots (
            seq INTEGER PRIMARY KEY, session_id INTEGER NOT NULL, at_ns INTEGER NOT NULL,
            inst_id TEXT NOT NULL, position TEXT NOT NULL, average TEXT NOT NULL, mid TEXT NOT NULL,
            mark TEXT NOT NULL, realised TEXT NOT NULL, unrealised TEXT NOT NULL, fees TEXT NOT NULL,
            net TEXT NOT NULL, equity TEXT NOT NULL)""",
        "CREATE INDEX snapshots_by_session ON snapshots (session_id, at_ns)",
        """CREATE TABLE books (
            scope TEXT PRIMARY KEY, at_ns INTEGER NOT NULL, state BLOB NOT NULL, crc INTEGER NOT NULL)""",
    ),
)
"""Step n brings a file from version n to n + 1. A step that has shipped is never edited."""

VERSION = len(STEPS)
