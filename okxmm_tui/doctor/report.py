"""Shows the findings: a table for people, one JSON object for scripts. The last guard of every secret."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import structs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from okxmm_tui.doctor.configuration import shown_settings
from okxmm_tui.doctor.rows import Row, State, exit_code_of
from okxmm_tui.settings import Settings

SHORTEST_SECRET = 4
"""Shorter ones would tear holes into ordinary words."""
HIDDEN = "(hidden)"
_STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red", State.SKIPPED: "dim"}


def hide_secrets(rows: Iterable[Row], settings: Settings | None) -> list[Row]:
    """Take the key's parts out of every text: a venue may repeat what it was sent."""
    if settings is None:
        return list(rows)
    okx = settings.okx
    parts = [part.get_secret_value().strip() for part in (okx.api_key, okx.secret, okx.passphrase)]
    secrets = sorted((part for part in parts if len(part) >= SHORTEST_SECRET), key=len, reverse=True)

    def hidden(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, HIDDEN)
        return text

    return [
        structs.replace(row, name=hidden(row.name), finding=hidden(row.finding), advice=hidden(row.advice))
        for row in rows
    ]


def show_table(rows: Sequence[Row]) -> None:
    """Print the findings and, below them, their count."""
    table = Table(title="okxmm-tui doctor", title_justify="left", show_lines=False, expand=False)
    for head, ratio in (("check", None), ("state", None), ("finding", 3), ("what to do", 2)):
        table.add_column(head, ratio=ratio, overflow="fold", no_wrap=head == "state")
    for row in rows:
        table.add_row(
            Text(row.name), Text(row.state.value, _STYLES[row.state]), Text(row.finding), Text(row.advice)
        )
    console = Console(highlight=False)
    console.print(table)
    console.print(Text(summary(rows)))


def summary(rows: Sequence[Row]) -> str:
    """Count the findings by state."""
    counts = Counter(row.state for row in rows)
    told = ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
    code = exit_code_of(rows)
    return f"{told}; exit code {code}" if code else f"{told}; nothing stands in the way"


def show_json(rows: Sequence[Row], settings: Settings | None, sources: dict[str, str]) -> None:
    """Print one object: the exit code, every finding, every setting with its source."""
    sys.stdout.write(json.dumps(_object(rows, settings, sources)) + "\n")


def _object(rows: Sequence[Row], settings: Settings | None, sources: dict[str, str]) -> dict[str, object]:
    return {
        "exit_code": exit_code_of(rows),
        "checks": [
            {"name": row.name, "state": row.state.value, "finding": row.finding, "what_to_do": row.advice,
             "exit_code": row.exit_code}
            for row in rows
        ],
        "settings": {
            name: {"value": value, "source": sources.get(name, "default")}
            for name, value in (shown_settings(settings) if settings else {}).items()
        },
    }  # fmt: skip
