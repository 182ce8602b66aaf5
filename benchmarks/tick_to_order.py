"""Book message to order, and kill key to wire, under load: ``python -m benchmarks.tick_to_order``.

A loopback venue sends 5,000 book messages a second; five times a second the mid jumps and the engine must
amend. The time runs from just before that frame is written to the arrival of the amend, over two sockets. The
engine has a process of its own, as always; a real console draws at 200x60 in a pseudo-terminal. The kill key
is typed into that terminal, and the time runs to the arrival of the first cancel.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics

from benchmarks.engine_under_load import drawing_console, echo_under_load, kill_times_ms, row, under_load

BUDGET = "budget: tick to order p50 130 us, p99 1500 us; kill key to wire p50 0.4 ms, p99 5 ms"


async def measure_floor(rate: int, seconds: float) -> float:
    """Measure the bare echo; returns its median in microseconds."""
    async with echo_under_load(rate) as stream:
        stream.tick_to_order_ns.clear()
        await asyncio.sleep(seconds)
        values = [ns / 1e3 for ns in stream.tick_to_order_ns]
    row("bare echo over the same sockets, us", values)
    return statistics.median(values)


async def measure(rate: int, seconds: float, kills: int, floor_us: float, *, with_console: bool) -> None:
    """Run one load and print its rows."""
    async with under_load(rate) as load:
        console = await drawing_console(load) if with_console else None
        load.stream.tick_to_order_ns.clear()
        drawn = console.drawn if console else 0
        await asyncio.sleep(seconds)
        name = "console drawing" if with_console else "no console"
        values = [ns / 1e3 for ns in load.stream.tick_to_order_ns]
        row(f"tick to order, {name}, us", values)
        print(f"{'':<40} {statistics.median(values) / floor_us:.1f} times the bare echo")
        if console:
            print(f"{'to the terminal':<40} {(console.drawn - drawn) / seconds / 1e3:.0f} kB/s")
            row("kill key to wire, ms", await kill_times_ms(load, console, kills))
            console.process.kill()
            console.end()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kills", type=int, default=15)
    given = parser.parse_args()
    print(BUDGET)
    floor_us = asyncio.run(measure_floor(given.rate, given.seconds))
    for with_console in (False, True):
        asyncio.run(measure(given.rate, given.seconds, given.kills, floor_us, with_console=with_console))


if __name__ == "__main__":
    main()
