"""What a synthetic market is made of: constants fitted to recordings, scaled to any instrument.

``profiles.json`` is written by ``python -m benchmarks.fit_synthetic``. Distances in the book are in ticks,
so that a book of 400 levels stays one whatever the tick; moves of the price are in basis points, sizes in
quote currency.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from okxmm_tui.core.types import ContractKind
from okxmm_tui.exchange.instruments import Listing

TABLE = 1024
"""Entries of a sampling table: one multiplication and one lookup a draw."""

START_PRICES = {"BTC": 65_000.0, "ETH": 3_000.0, "SOL": 150.0}
OTHER_START_PRICE = 100.0


class Ring(Struct, frozen=True):
    """One zone of the book, by distance from the mid; rates and counts are of one side."""

    outer_ticks: float
    levels: float
    """Mean number of occupied prices."""
    new_rate: float
    """Levels that appear, a second."""
    change_rate: float
    """Levels that change their size, a second."""
    sizes: tuple[float, ...]
    """Quantiles of level values in quote currency, evenly spaced from 0 to 1."""


class Profile(Struct, frozen=True):
    """Constants of one market."""

    source: str
    """Recording they were fitted to."""
    rings: tuple[Ring, ...]
    touch_sizes: tuple[float, ...]
    """Quantiles of the value at the best prices, quote currency."""
    trade_sizes: tuple[float, ...]
    """Quantiles of print values, quote currency."""
    trade_scale: float
    """Multiplies ``trade_sizes``: the levels they meet cut prints short."""
    jump_sizes: tuple[float, ...]
    """Quantiles of the size of one change of the mid, bps."""
    jump_rate: float
    """Informed sweeps a second."""
    jump_scale: float
    """Multiplies ``jump_sizes``; matched to the one-second volatility."""
    noise_rate: float
    """Uninformed prints a second."""
    sweep_prints: float
    """Mean prints of one informed sweep."""
    sign_persistence: float
    """Probability that an uninformed print repeats the side of the print before."""
    quote_rate: float
    """Changes of the best quote between prints, a second."""
    tight_share: float
    """Probability that a sweep leaves a spread of one tick behind."""
    tighten_share: float
    """Probability that a quote closes a wide spread."""
    overshoot: float
    """Share of a sweep's move that pulls later sweeps back, for some seconds."""
    activity_sd: float
    """Standard deviation of the logarithm of activity."""
    activity_s: float
    """Time constant of activity, seconds."""
    branching: float
    """Further sweeps each sweep sets off, on average (Hawkes)."""
    excitement_s: float
    """Time constant of that."""


@cache
def profiles() -> dict[str, Profile]:
    """Every fitted profile, by the instId it was fitted to."""
    source = files("okxmm_tui.exchange.synthetic") / "profiles.json"
    return msgspec.json.decode(source.read_bytes(), type=dict[str, Profile])


def profile_for(listed: Listing) -> Profile:
    """The profile of an instrument: its own, or that of BTC with the same kind of contract."""
    likeness = {
        ContractKind.LINEAR: "BTC-USDT-SWAP",
        ContractKind.INVERSE: "BTC-USD-SWAP",
        ContractKind.SPOT: "BTC-USDT",
    }
    known = profiles()
    return known.get(listed.inst_id) or known[likeness[listed.instrument.kind]]


def start_ticks(listed: Listing) -> int:
    """First best bid of an instrument."""
    base = listed.inst_id.partition("-")[0]
    return round(START_PRICES.get(base, OTHER_START_PRICE) / float(listed.instrument.tick_size))


def value_per_lot(listed: Listing, price_ticks: float) -> float:
    """Value of one lot in quote currency."""
    ours = listed.instrument
    lot = float(ours.lot_size * ours.contract_value)
    return lot if ours.kind is ContractKind.INVERSE else lot * price_ticks * float(ours.tick_size)


def table(quantiles: tuple[float, ...], factor: float = 1.0) -> list[float]:
    """Spread quantiles over an evenly spaced table, linear in between."""
    steps = len(quantiles) - 1
    filled: list[float] = []
    for number in range(TABLE):
        at = (number + 0.5) / TABLE * steps
        low = int(at)
        filled.append((quantiles[low] + (at - low) * (quantiles[low + 1] - quantiles[low])) * factor)
    return filled


def lots_table(quantiles: tuple[float, ...], lot_value: float, factor: float = 1.0) -> list[int]:
    """The same in whole lots, one at least."""
    return [max(1, round(value)) for value in table(quantiles, factor / lot_value)]
