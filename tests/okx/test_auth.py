"""Signing, against vectors computed independently."""

from __future__ import annotations

import pytest

from okxmm_tui.okx.auth import ApiKey, login_args, rest_headers, rest_timestamp, sign

SECRET = "testsecret0123456789"
NOON = "2026-11-20T08:00:00.123Z"
NOON_NS = 1_795_161_600_123_000_000
ORDER = (
    '{"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"post_only",'
    '"px":"60000.1","sz":"0.01","clOrdId":"mm0001"}'
)


@pytest.mark.parametrize(
    ("timestamp", "method", "path", "body", "expected"),
    [
        (
            NOON,
            "GET",
            "/api/v5/account/balance?ccy=BTC,USDT",
            "",
            "33FM2TNzL9i5WSDF51wAs5/LnAwA8bhRka46Xm1zRkI=",
        ),
        (NOON, "POST", "/api/v5/trade/order", ORDER, "OM4TKOQmNIBUKsSTguSZRQz3PVI99nD/W7M+RGza39I="),
        ("1795161600", "GET", "/users/self/verify", "", "C6fJoEcNliqnx5zNgWe2zHlAVuZFSfidXvN1iBHyQcc="),
    ],
    ids=["get with query", "post with body", "websocket login"],
)
def test_signature(timestamp, method, path, body, expected):
    """The prehash is timestamp, method, path with query, exact body."""
    assert sign(SECRET, timestamp, method, path, body) == expected


def test_method_is_signed_in_capitals():
    """The spelling of the method makes no difference."""
    assert sign(SECRET, NOON, "get", "/x") == sign(SECRET, NOON, "GET", "/x")


def test_rest_timestamp_has_three_decimals():
    """Nanoseconds are cut, not rounded, to the form the venue parses."""
    assert rest_timestamp(NOON_NS + 999_999) == NOON


def test_rest_headers_are_complete():
    """All four authentication headers and the content type are there, and the time is the signed one."""
    headers = rest_headers(ApiKey("k", SECRET, "p"), NOON_NS, "GET", "/api/v5/account/balance?ccy=BTC,USDT")
    assert headers == {
        "OK-ACCESS-KEY": "k",
        "OK-ACCESS-SIGN": "33FM2TNzL9i5WSDF51wAs5/LnAwA8bhRka46Xm1zRkI=",
        "OK-ACCESS-TIMESTAMP": NOON,
        "OK-ACCESS-PASSPHRASE": "p",
        "Content-Type": "application/json",
    }


def test_login_uses_whole_epoch_seconds():
    """The WebSocket login is signed over seconds, where REST takes ISO time."""
    args = login_args(ApiKey("k", SECRET, "p"), NOON_NS)
    assert args["timestamp"] == "1795161600"
    assert args["sign"] == "C6fJoEcNliqnx5zNgWe2zHlAVuZFSfidXvN1iBHyQcc="


def test_key_never_shows_its_secrets():
    """Neither repr nor str of a key leaks what must not reach a log."""
    key = ApiKey("abcdefgh", "hush", "hush-hush")
    assert "hush" not in f"{key!r} {key}"
