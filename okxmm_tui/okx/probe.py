"""Tries a WebSocket once, for diagnosis: connect, log in, subscribe to one channel, leave."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from okxmm_tui.core.messages import AnyEvent, StreamDown, StreamUp
from okxmm_tui.okx.messages import Envelope
from okxmm_tui.okx.session import Login, Session
from okxmm_tui.okx.subscriptions import ChannelRequest
from okxmm_tui.okx.transport import ConnectGate, Stream

PUBLIC_CHANNEL = {"channel": "instruments", "instType": "SWAP"}
PRIVATE_CHANNEL = {"channel": "account"}


class ProbeSession(Session):
    """Wants one channel and reads nothing from it.

    Args:
        channel: To subscribe to; the acknowledgement is the proof.
        login: Signs a login; None for a public stream.
    """

    def __init__(self, channel: dict[str, str], login: Login | None = None) -> None:
        super().__init__("probe", login)
        self._channel = channel
        self.is_login_refused = False
        """Whether the venue answered and did not take the key."""

    def _channels(self) -> Sequence[ChannelRequest]:
        return (ChannelRequest(self._channel),)

    def _on_push(self, envelope: Envelope, raw: bytes, now_ns: int) -> list[AnyEvent]:
        del envelope, raw, now_ns
        return []

    def _login_failed(self, code: str, text: str) -> list[AnyEvent]:
        self.is_login_refused = True
        return super()._login_failed(code, text)


async def probe(url: str, session: ProbeSession) -> str:
    """Connect once; returns why it failed, or nothing when the channel was acknowledged.

    The caller bounds the time.
    """
    outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def emit(event: AnyEvent) -> None:
        if isinstance(event, StreamUp | StreamDown) and not outcome.done():
            outcome.set_result(event.reason if isinstance(event, StreamDown) else "")

    run = asyncio.create_task(Stream(url, session, emit, ConnectGate()).run())
    try:
        return await outcome
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
