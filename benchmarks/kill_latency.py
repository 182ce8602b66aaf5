"""Kill key to the first cancel on the wire, and to the proof: ``python -m benchmarks.kill_latency``.

The first row is taken as in ``tick_to_order``: a loopback venue sends 5,000 book messages a second, a console
really draws at 200x60, and the key is typed into its terminal. The second runs real sessions with 40 orders
on the embedded exchange and times the signal that kills to the line that says "proven gone".
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import tempfile
import time
from pathlib import Path

from benchmarks.engine_under_load import drawing_console, kill_times_ms, row, under_load
from tests.safety.session import Headless, until

BUDGET = "budget: kill key to wire p50 0.4 ms, p99 5 ms; 40 orders proven gone within 5 s"
LADDER = (
    "--strategy", "ladder", "--set", "levels=20", "--set", "order_size=0.1", "--set", "max_position=20",
    "--speed", "0.2",
)  # fmt: skip
ORDERS = 40


async def to_wire(rate: int, kills: int) -> None:
    """Type the kill key again and again under load."""
    async with under_load(rate) as load:
        console = await drawing_console(load)
        row("kill key to wire, ms", await kill_times_ms(load, console, kills))
        console.process.kill()
        console.end()


def to_proof() -> float:
    """One session with 40 orders; returns milliseconds from the signal to the word."""
    with tempfile.TemporaryDirectory() as folder:
        session = Headless(Path(folder), *LADDER).start()
        try:
            until(lambda: len(session.live_orders()) >= ORDERS, f"{ORDERS} orders")
            began_s = time.monotonic()
            session.process.send_signal(signal.SIGUSR1)
            while not session.of_kind("kill"):
                time.sleep(0.001)
            took_ms = (time.monotonic() - began_s) * 1e3
            if session.live_orders():
                raise SystemExit("orders are alive after the proof")
            return took_ms
        finally:
            session.stop_everything()


def main() -> None:
    """Print both rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=15)
    parser.add_argument("--sessions", type=int, default=5)
    given = parser.parse_args()
    print(BUDGET)
    asyncio.run(to_wire(given.rate, given.kills))
    row(f"kill to proof, {ORDERS} orders, ms", [to_proof() for _ in range(given.sessions)])


if __name__ == "__main__":
    main()
