"""Writes FAULTS.md from the table of faults: ``python -m tests.exchange.fault_table``."""

from __future__ import annotations

from pathlib import Path

from okxmm_tui.exchange.faults.description import markdown

TABLE = Path(__file__).with_name("FAULTS.md")

HEAD = """# Faults of the embedded exchange

`POST /sim/v1/faults` arms one: `{"fault": "book_gap", "instId": "BTC-USDT-SWAP", "count": 3}`. A fault of
the same name and scope replaces the former. `GET /sim/v1/faults` lists what is armed and how often each has
struck; `GET /sim/v1/faults?describe=1` is this page as JSON. `{"fault": "clear"}` ends all, with `"name"`
every one of a name; `{"fault": "thaw"}` ends a freeze. The dice are seeded (`--seed`): the same seed and the
same calls give the same faults.

Written by `python -m tests.exchange.fault_table`.

"""


def page() -> str:
    """Return the page as it must be."""
    return HEAD + markdown()


if __name__ == "__main__":
    TABLE.write_text(page())
