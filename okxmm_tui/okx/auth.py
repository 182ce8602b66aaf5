"""Request signing (OKX v5, sections "REST authentication" and "WebSocket login").

Pure functions: the caller supplies the time, and nothing here logs or stores a secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from msgspec import Struct

LOGIN_PATH = "/users/self/verify"


class ApiKey(Struct, frozen=True):
    """One API key; its ``repr`` never shows the secret parts."""

    key: str
    secret: str
    passphrase: str

    def __repr__(self) -> str:
        return f"ApiKey(key={self.key[:4]}…)"

    __str__ = __repr__


def sign(secret: str, timestamp: str, method: str, path: str, body: str = "") -> str:
    """Return Base64(HMAC-SHA256(secret, timestamp + METHOD + path + body)).

    ``path`` includes the query string exactly as sent; ``body`` is the exact text sent.
    """
    message = f"{timestamp}{method.upper()}{path}{body}".encode()
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def rest_timestamp(now_ns: int) -> str:
    """UTC ISO-8601 with exactly three decimals and a Z, as REST wants it."""
    seconds, rest_ns = divmod(now_ns, 1_000_000_000)
    stamp = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{rest_ns // 1_000_000:03d}Z"


def rest_headers(key: ApiKey, now_ns: int, method: str, path: str, body: str = "") -> dict[str, str]:
    """Headers that authenticate one REST request."""
    timestamp = rest_timestamp(now_ns)
    return {
        "OK-ACCESS-KEY": key.key,
        "OK-ACCESS-SIGN": sign(key.secret, timestamp, method, path, body),
        "OK-ACCESS-TIMESTAMP": timestamp,
        "OK-ACCESS-PASSPHRASE": key.passphrase,
        "Content-Type": "application/json",
    }


def login_args(key: ApiKey, now_ns: int) -> dict[str, str]:
    """Argument of the WebSocket ``login`` operation; the timestamp is whole epoch seconds."""
    timestamp = str(now_ns // 1_000_000_000)
    return {
        "apiKey": key.key,
        "passphrase": key.passphrase,
        "timestamp": timestamp,
        "sign": sign(key.secret, timestamp, "GET", LOGIN_PATH),
    }
