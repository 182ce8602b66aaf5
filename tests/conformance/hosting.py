"""The exchange on a thread of its own, with a TLS front for clients that refuse plain WebSockets.

Foreign clients block, or bring a loop of their own; a thread keeps the exchange answering meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
import threading
from concurrent.futures import Future
from pathlib import Path
from urllib.parse import urlsplit

from okxmm_tui.exchange.process import ExchangeOptions, running_exchange

HOST = "127.0.0.1"
PATIENCE_S = 30
"""How long a slow machine may take for one step."""


class Hosted:
    """An exchange that runs from ``with`` to its end."""

    def __init__(self, options: ExchangeOptions, certificate: Path | None = None) -> None:
        self.rest = self.ws = self.wss = ""
        self._options = options
        self._certificate = certificate
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._main, name="exchange")

    def __enter__(self) -> Hosted:
        self._thread.start()
        self._loop, self._stop = self._ready.result(PATIENCE_S)
        return self

    def __exit__(self, *failure: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        stop = asyncio.Event()
        async with running_exchange(self._options) as running, contextlib.AsyncExitStack() as stack:
            markets = running.venue.state.markets.values()
            while not any(one.trades for one in markets) and not running.playing.done():
                await asyncio.sleep(0)
            self.rest, self.ws = running.rest, running.ws
            if self._certificate is not None:
                port = urlsplit(running.rest).port
                front = await stack.enter_async_context(tls_front(self._certificate, port))
                self.wss = f"wss://{HOST}:{front}/ws/v5"
            self._ready.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()


@contextlib.asynccontextmanager
async def tls_front(certificate: Path, port: int):
    """Take TLS off and pass every byte on to a loopback port; yields the port it listens on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    pumps: set[asyncio.Task] = set()

    async def carry(reader, writer):
        pumps.add(asyncio.current_task())
        back, forth = await asyncio.open_connection(HOST, port)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pump(reader, forth))
                tasks.create_task(_pump(back, writer))
        finally:
            for one in (writer, forth):
                one.close()
            pumps.discard(asyncio.current_task())

    server = await asyncio.start_server(carry, HOST, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in tuple(pumps):
            one.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(reader, writer):
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


def write_certificate(path: Path) -> Path:
    """Write a throwaway certificate for 127.0.0.1 with its key into one file.

    The file serves both sides: the front presents it, the client is told to trust it.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + built.public_bytes(pem))
    return path
