"""CPU of one console frame, page by page: ``python -m benchmarks.console_frame``.

Nothing but the console runs: every picture of the engine differs from the last as a tenth of a second in a
lively market does. Process time from the picture to the painted cells is counted, Textual's paint included;
what waiting for an idle console costs in this harness is measured beside it and taken off.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from random import Random

from msgspec import structs

from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.core.market_views import MarketView
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.core.types import Levels
from tests.console import sample
from tests.console.fake_link import FakeLink

BUDGET = "budget: 5 ms CPU a frame at 200x60"
SIZES = ((200, 60), (120, 35), (80, 24))
STEP_NS = 100_000_000


def pictures(count: int) -> list[Snapshot]:
    """A market in which a dozen levels, the queues, the tape and the result change with every picture."""
    random = Random(7)  # noqa: S311 - a sample
    base = sample.quoting()
    market = base.markets[0]
    found: list[Snapshot] = []
    for step in range(count):
        market = _moved(market, random, step)
        found.append(
            structs.replace(
                base, seq=base.seq + step, at_ns=sample.NOW_NS + step * STEP_NS, markets=(market,)
            )
        )
    return found


def _moved(market: MarketView, random: Random, step: int) -> MarketView:
    trade = structs.replace(
        random.choice(market.trades), venue_ms=(sample.NOW_NS + step * STEP_NS) // 1_000_000
    )
    return structs.replace(
        market,
        bids=_jostled(market.bids, random),
        asks=_jostled(market.asks, random),
        trades=(trade, *market.trades[:-1]) if random.random() < 0.5 else market.trades,
        orders=tuple(
            structs.replace(
                each, queue_ahead_lots=max(0, (each.queue_ahead_lots or 900) - random.randrange(9))
            )
            for each in market.orders
        ),
        fair_ticks=(market.fair_ticks or 0) + random.choice((-0.5, 0, 0.5)),
        flow=(*market.flow[1:], (random.randrange(90), random.randrange(90)))
        if step % 10 == 0
        else market.flow,
        unrealised_quote=market.unrealised_quote + random.randrange(-3, 4),
        net_quote=market.net_quote + random.randrange(-3, 4),
    )


def _jostled(levels: Levels, random: Random) -> Levels:
    changed = list(levels)
    for _ in range(6):
        place = min(len(levels) - 1, int(random.expovariate(0.25)))
        changed[place] = (changed[place][0], max(1, changed[place][1] + random.randrange(-80, 90)))
    return tuple(changed)


async def measure(size: tuple[int, int], key: str, frames: int) -> list[float]:
    """CPU milliseconds of each frame on one page."""
    now_ns = sample.NOW_NS
    link = FakeLink(sample.quoting())
    app = ConsoleApp(link, clock=lambda: now_ns)
    costs: list[float] = []
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        for turn, picture in enumerate(pictures(frames + 20)):
            now_ns = picture.at_ns
            app.state.receive(picture)
            started = time.process_time()
            app.draw(turn=turn)
            await pilot.pause()
            drawn = time.process_time()
            await pilot.pause()
            idle_s = time.process_time() - drawn
            if turn >= 20:
                costs.append((drawn - started - idle_s) * 1e3)
    return costs


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--pages", default="1")
    given = parser.parse_args()
    print(BUDGET)
    for size in SIZES:
        for key in given.pages:
            costs = asyncio.run(measure(size, key, given.frames))
            name = f"{size[0]}x{size[1]} page {key}"
            print(
                f"{name:<20} p50 {statistics.median(costs):6.2f} ms   mean {statistics.mean(costs):6.2f} ms"
            )


if __name__ == "__main__":
    main()
