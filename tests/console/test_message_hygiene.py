"""However much happens, the console's own queues carry no more than its panels and its ticks ask for."""

from __future__ import annotations

import asyncio

from msgspec import structs
from textual.message_pump import MessagePump

from okxmm_tui.console.widgets.line_table import LinePanel
from tests.console import sample
from tests.console.harness import running

EVENTS, TICKS = 100_000, 40


async def test_a_flood_of_pictures_posts_no_more_than_ticks_times_panels(monkeypatch):
    """100,000 pictures in 40 ticks, each with another price: at most one message a panel and tick."""
    posted: list[str] = []
    real = MessagePump.post_message

    def counted(self, message):
        posted.append(type(message).__name__)
        return real(self, message)

    async with running(sample.quoting(), size=(200, 60)) as bench:
        app, base = bench.app, sample.waiting()
        panels = len(list(app.page.query(LinePanel)))
        monkeypatch.setattr(app, "_tick", lambda: None)  # the ticks counted are those below
        monkeypatch.setattr(MessagePump, "post_message", counted)
        for tick in range(TICKS):
            for number in range(EVENTS // TICKS):
                mid = 965_000 + (tick * 7_919 + number) % 1_000
                bench.link.show(sample.with_market(base, last_trade_ticks=mid))
            while bench.link._queue.qsize():
                await asyncio.sleep(0)
            app.draw(turn=tick)
            await asyncio.sleep(0)
        monkeypatch.undo()
        assert app.state.snapshot is not None
        assert app.state.snapshot.markets[0].last_trade_ticks == mid
        assert 0 < len(posted) <= TICKS * panels


async def test_the_count_would_see_a_message_for_every_picture(monkeypatch):
    """The same count, with a console that posts one message a picture, is far beyond the limit."""
    posted: list[object] = []
    real = MessagePump.post_message
    monkeypatch.setattr(
        MessagePump, "post_message", lambda self, message: posted.append(message) or real(self, message)
    )
    async with running(sample.quoting()) as bench:
        receive = bench.app.state.receive

        def wasteful(snapshot):
            receive(snapshot)
            bench.app.call_later(lambda: None)

        monkeypatch.setattr(bench.app.state, "receive", wasteful)
        before = len(posted)
        for seq in range(500):
            bench.link.show(structs.replace(sample.waiting(), seq=seq))
        while bench.link._queue.qsize():
            await asyncio.sleep(0)
        assert len(posted) - before >= 500
