"""Orders and fills as CSV (RFC 4180): stable columns, exact figures, times in UTC.

Columns are only ever added at the end, never renamed, moved or given another meaning.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TextIO

from okxmm_tui.engine.store.reading import FillRow, OrderRow

ORDER_COLUMNS = (
    "created_utc", "updated_utc", "inst_id", "side", "kind", "price", "size", "filled", "state",
    "cancel_source", "reduce_only", "position_side", "cl_ord_id", "ord_id", "params_version", "reason",
    "session_id",
)  # fmt: skip
FILL_COLUMNS = (
    "venue_utc", "booked_utc", "inst_id", "side", "price", "size", "fee", "fee_ccy", "liquidity", "realised",
    "mid", "trade_id", "ord_id", "cl_ord_id", "position_side", "tag", "params_version", "session_id",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_orders(rows: Iterable[OrderRow], out: TextIO) -> int:
    """Write orders with a header line; returns how many. Open the file with ``newline=""``."""
    return _write(
        out,
        ORDER_COLUMNS,
        (
            (
                utc(row.created_ns), utc(row.updated_ns), row.inst_id, row.side, row.kind, row.price,
                row.size, row.filled, row.state, row.cancel_source, int(row.reduce_only), row.position_side,
                row.cl_ord_id, row.ord_id, row.params_version, words(row.reason), row.session_id,
            )
            for row in rows
        ),
    )  # fmt: skip


def write_fills(rows: Iterable[FillRow], out: TextIO) -> int:
    """Write fills with a header line; returns how many. Open the file with ``newline=""``."""
    return _write(
        out,
        FILL_COLUMNS,
        (
            (
                utc(row.venue_ms * 1_000_000), utc(row.at_ns), row.inst_id, row.side, row.price, row.size,
                row.fee, row.fee_ccy, row.liquidity, row.realised, row.mid, row.trade_id, row.ord_id,
                row.cl_ord_id, row.position_side, row.tag, row.params_version, row.session_id,
            )
            for row in rows
        ),
    )  # fmt: skip


def utc(at_ns: int) -> str:
    """A time as ``2026-11-20T08:00:00.123Z``, to the millisecond, rounded down."""
    seconds, rest_ns = divmod(at_ns, 1_000_000_000)
    whole = datetime.fromtimestamp(seconds, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{rest_ns // 1_000_000:03d}Z"


def _write(out: TextIO, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> int:
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([_text(value) for value in row])
        count += 1
    return count


def _text(value: object) -> str:
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def words(text: str) -> str:
    """Words that a spreadsheet must not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
