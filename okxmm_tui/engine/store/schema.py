"""Tables of the journal and the numbered steps that bring an older file up to date.

Money and prices are text: exact decimals as the venue wrote them. Times are Unix nanoseconds unless the name
says ms. ``user_version`` of the file is the number of steps it has seen. ``scope`` names the account a trade
or bill id is unique in: mode and number of the account (the name of its key where there is no number), or the
one session of an embedded exchange.
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
    (
        """CREATE TABLE new_fills (
            scope TEXT NOT NULL, inst_id TEXT NOT NULL, trade_id TEXT NOT NULL, session_id INTEGER NOT NULL,
            ord_id TEXT NOT NULL, cl_ord_id TEXT NOT NULL, side TEXT NOT NULL, price TEXT NOT NULL,
            size TEXT NOT NULL, fee TEXT NOT NULL, fee_ccy TEXT NOT NULL, liquidity TEXT NOT NULL,
            realised TEXT NOT NULL, mid TEXT NOT NULL, venue_ms INTEGER NOT NULL, at_ns INTEGER NOT NULL,
            position_side TEXT NOT NULL, tag TEXT NOT NULL, params_version INTEGER NOT NULL,
            PRIMARY KEY (scope, inst_id, trade_id))""",
        """INSERT INTO new_fills SELECT
            COALESCE((SELECT mode || '/' || account FROM sessions s WHERE s.session_id = f.session_id), ''),
            inst_id, trade_id, session_id, ord_id, cl_ord_id, side, price, size, fee, fee_ccy, liquidity,
            realised, mid, venue_ms, at_ns, 'net', '', 0 FROM fills f""",
        "DROP TABLE fills",
        "ALTER TABLE new_fills RENAME TO fills",
        "CREATE INDEX fills_by_time ON fills (venue_ms)",
        "CREATE INDEX fills_by_arrival ON fills (scope, inst_id, at_ns)",
        """CREATE TABLE new_bills (
            scope TEXT NOT NULL, bill_id TEXT NOT NULL, session_id INTEGER NOT NULL, bill_type TEXT NOT NULL,
            inst_id TEXT NOT NULL, ccy TEXT NOT NULL, change TEXT NOT NULL, venue_ms INTEGER NOT NULL,
            PRIMARY KEY (scope, bill_id))""",
        """INSERT INTO new_bills SELECT
            COALESCE((SELECT mode || '/' || account FROM sessions s WHERE s.session_id = b.session_id), ''),
            bill_id, session_id, bill_type, inst_id, ccy, change, venue_ms FROM bills b""",
        "DROP TABLE bills",
        "ALTER TABLE new_bills RENAME TO bills",
        "ALTER TABLE orders ADD COLUMN position_side TEXT NOT NULL DEFAULT 'net'",
        "ALTER TABLE sessions ADD COLUMN program TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX orders_by_time ON orders (created_ns)",
        "CREATE INDEX orders_by_state ON orders (state)",
        "CREATE INDEX bills_by_time ON bills (venue_ms)",
    ),
    ("ALTER TABLE sessions ADD COLUMN account_id TEXT NOT NULL DEFAULT ''",),
)
"""Step n brings a file from version n to n + 1. A step that has shipped is never edited."""

VERSION = len(STEPS)
OLDEST_READ = 2
"""Files from this version on are read as they are: later steps changed nothing that reading asks for."""
