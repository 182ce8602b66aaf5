"""Which recorded sessions are of one account: told by its number, before there was one by its key's name.

The name of a key is no account: two accounts may have keys of one name, and a new key has another name.
"""

from __future__ import annotations

import sqlite3

SAME_ACCOUNT = "COALESCE(NULLIF(s.account_id, ''), s.account) = ?"
"""Condition on a session ``s``; its value is the number, or the name where the venue gives no number."""


def claim_account(connection: sqlite3.Connection, mode: str, label: str, account_id: str) -> None:
    """Give an account, when it is first seen, what was recorded under the name of its key.

    Raises:
        sqlite3.Error: It could not be written; nothing was changed.
    """
    known = "SELECT 1 FROM sessions WHERE mode = ? AND account_id = ? LIMIT 1"
    if connection.execute(known, (mode, account_id)).fetchone() is not None:
        return
    old, new = f"{mode}/{label}", f"{mode}/{account_id}"
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("UPDATE fills SET scope = ? WHERE scope = ?", (new, old))
        connection.execute("UPDATE bills SET scope = ? WHERE scope = ?", (new, old))
        connection.execute(
            "UPDATE books SET scope = ? || substr(scope, ?) WHERE substr(scope, 1, ?) = ?",
            (new, len(old) + 1, len(old) + 1, f"{old}/"),
        )
        connection.execute(
            "UPDATE sessions SET account_id = ? WHERE mode = ? AND account = ? AND account_id = ''",
            (account_id, mode, label),
        )
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise
