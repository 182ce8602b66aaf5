"""Hosts of the venue by region and environment; the one place that resolves them.

OKX v5, sections "Production trading services" and "Demo trading services"; port 443 throughout, because
8443 stopped taking connections on 2026-10-31. Nothing here opens a connection.
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

from okxmm_tui.errors import UsageError

PRODUCTION, DEMO = "1", "2"
"""Environments as the status channel names them."""
DEMO_HEADER = {"x-simulated-trading": "1"}


class Region(StrEnum):
    """Where the account was registered; a key works in its own region only."""

    GLOBAL = "global"
    EEA = "eea"
    US = "us"
    TR = "tr"


class _Hosts(Struct, frozen=True):
    rest: str
    live_ws: str
    demo_ws: str
    rest_fallback: str = ""


# Turkey documents the global WebSocket hosts.
_HOSTS = {
    Region.GLOBAL: _Hosts("openapi.okx.com", "ws.okx.com", "wspap.okx.com", "www.okx.com"),
    Region.EEA: _Hosts("eea.okx.com", "wseea.okx.com", "wseeapap.okx.com"),
    Region.US: _Hosts("us.okx.com", "wsus.okx.com", "wsuspap.okx.com"),
    Region.TR: _Hosts("tr.okx.com", "ws.okx.com", "wspap.okx.com"),
}


class Endpoints(Struct, frozen=True):
    """Base URLs of one venue, without a trailing slash."""

    rest: str
    """For example ``https://openapi.okx.com``; paths start with ``/api/v5``."""
    ws: str
    """For example ``wss://ws.okx.com/ws/v5``; ``/public`` and ``/private`` follow."""
    headers: dict[str, str] = {}
    """Sent with every REST request; demo trading is chosen by a header."""

    rest_fallback: str = ""
    """Another host of the same region, or empty."""
    ws_fallback: str = ""
    """Another WebSocket base URL of the same region, or empty; none is documented, so one must be set."""

    def stream_urls(self, name: str) -> tuple[str, str]:
        """URL of a stream (``public``, ``private``, ``business``), and that on the other host or nothing."""
        return f"{self.ws}/{name}", f"{self.ws_fallback}/{name}" if self.ws_fallback else ""

    @property
    def public_ws(self) -> str:
        """URL of the market data stream."""
        return f"{self.ws}/public"

    @property
    def private_ws(self) -> str:
        """URL of the account, order and trading stream."""
        return f"{self.ws}/private"

    @property
    def environment(self) -> str:
        """Whose maintenance counts, as the status channel names it."""
        return DEMO if self.headers == DEMO_HEADER else PRODUCTION

    @classmethod
    def venue(
        cls,
        region: str,
        *,
        is_demo: bool,
        rest: str = "",
        ws: str = "",
        other_rest: str = "",
        other_ws: str = "",
    ) -> Endpoints:
        """Resolve a region and environment; ``rest`` and ``ws`` override single URLs.

        ``other_rest`` and ``other_ws`` are turned to when the first host cannot be connected to.

        Raises:
            UsageError: The region is not one of OKX's, or a URL is no address.
        """
        _check_addresses({"https", "http"}, rest, other_rest)
        _check_addresses({"wss", "ws"}, ws, other_ws)
        try:
            hosts = _HOSTS[Region(region.lower())]
        except ValueError as error:
            known = ", ".join(Region)
            raise UsageError(f"region {region!r} was unknown.", f"Use one of: {known}.") from error
        known_rest = f"https://{hosts.rest_fallback}" if hosts.rest_fallback and not rest else ""
        host = hosts.demo_ws if is_demo else hosts.live_ws
        return cls(
            rest=_trimmed(rest or f"https://{hosts.rest}"),
            ws=_trimmed(ws or f"wss://{host}/ws/v5"),
            headers=dict(DEMO_HEADER) if is_demo else {},
            rest_fallback=_trimmed(other_rest or known_rest),
            ws_fallback=_trimmed(other_ws),
        )

    @classmethod
    def local(cls, rest: str, ws: str) -> Endpoints:
        """Point at an embedded exchange, as its ready line names it."""
        return cls(rest=_trimmed(rest), ws=_trimmed(ws))


def _trimmed(url: str) -> str:
    return url.rstrip("/")


def _check_addresses(schemes: set[str], *urls: str) -> None:
    """Refuse what no connection could be opened to, before one is tried; empty ones were not given."""
    for url in filter(None, urls):
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").encode("idna")
            is_address = parts.scheme in schemes and host != b"" and parts.port != 0 and url.split() == [url]
        except ValueError:  # brackets, a port or a label that is none
            is_address = False
        if not is_address:
            shown = ", ".join(f"{scheme}://" for scheme in sorted(schemes, reverse=True))
            raise UsageError(
                f"address {url.rpartition('@')[2]!r} was none.",
                f"Begin it with one of {shown}, then name the host.",
            )
