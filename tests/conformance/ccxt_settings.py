"""How ccxt is pointed at the exchange: by its own public settings and nothing else."""

from __future__ import annotations

SYMBOL = "BTC/USDT:USDT"
FAR_BID, FARTHER_BID = 60_000, 59_990
"""Prices far below a market that walks slowly around 65,000."""


def settings(exchange, **changes):
    """Constructor argument of a ccxt client of this exchange.

    Two settings are needed beside addresses and keys: markets of type swap alone, because ccxt asks for
    options without ``instFamily``; and no currencies, because the exchange has no funding account.
    """
    return {
        "apiKey": "sim",
        "secret": "sim",
        "password": "sim",
        "enableRateLimit": False,
        "urls": {"api": {"rest": exchange.rest, "ws": exchange.ws}},
        "has": {"fetchCurrencies": False},
        "options": {"fetchMarkets": {"types": ["swap"]}},
    } | changes
