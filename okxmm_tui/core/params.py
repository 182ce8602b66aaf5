"""Strategy parameters: typed, bounded, stepped, and changed all at once or not at all.

Values are ``Decimal`` so that a hundred key presses up and down end where they began.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, structs

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.market_views import ParamView

UNDO_DEPTH = 100
CONTRACTS = "ct"
SPOT_UNIT_IN_SMALLEST_ORDERS = 100
"""A smallest spot order is worth about one unit of quote currency, so a hundred of them make a quote."""


class RiskDirection(StrEnum):
    """Which way of a change raises the risk taken; raising it in demo and live needs the armed state."""

    UP = "up"
    """A larger value is riskier (sizes, limits)."""
    DOWN = "down"
    """A smaller value is riskier (spreads, waits)."""
    NONE = "none"
    """Neither, or it depends."""


class Lever(StrEnum):
    """What an operator turns while trading."""

    NONE = ""
    SPREAD = "spread"
    SIZE = "size"
    SKEW = "skew"
    LIMIT = "limit"


class ParamSpec(Struct, frozen=True):
    """One parameter a strategy declares; settings, editor, keys, help and README all read this."""

    name: str
    label: str
    unit: str
    default: Decimal
    minimum: Decimal
    maximum: Decimal
    step: Decimal
    """What one key press changes; ten of them are a coarse step."""
    help: str
    risk: RiskDirection = RiskDirection.NONE
    is_whole: bool = False
    """Whether only whole numbers make sense (counts, switches)."""
    lever: Lever = Lever.NONE
    """Which pair of keys moves it: what an operator reaches for is the same in every strategy."""

    @property
    def coarse_step(self) -> Decimal:
        """What a key press with shift changes."""
        return self.step * 10

    def raises_risk(self, before: Decimal, after: Decimal) -> bool:
        """Whether a change takes more risk; a change of unknown direction counts as one that does not."""
        if self.risk is RiskDirection.UP:
            return after > before
        return self.risk is RiskDirection.DOWN and after < before

    def leaps(self, before: Decimal, after: Decimal, percent: Decimal) -> bool:
        """Whether a change takes more risk by more than so many per cent; nothing compares with zero."""
        if not self.raises_risk(before, after) or before <= 0:
            return False
        smaller, larger = sorted((before, after))
        return larger > smaller * (1 + percent / 100)

    def problem(self, value: Decimal) -> str:
        """Say why a value cannot be taken, or return an empty string."""
        if not value.is_finite():
            return f"{self.name} was {value}; it must be a number"
        if self.is_whole and value != value.to_integral_value():
            return f"{self.name} was {plain(value)}; it must be a whole number"
        if not self.minimum <= value <= self.maximum:
            most = f"{plain(self.maximum)} {self.unit}".rstrip()
            return f"{self.name} was {plain(value)}; it must lie between {plain(self.minimum)} and {most}"
        return ""


def for_instrument(specs: tuple[ParamSpec, ...], instrument: Instrument) -> tuple[ParamSpec, ...]:
    """The same parameters in the instrument's own unit of size.

    Derivatives are sized in contracts, as declared. Spot is sized in base currency, where "1" can be a
    fortune or nothing: default, bounds and step are scaled by a hundred of the venue's smallest orders.
    """
    if not instrument.is_spot:
        return specs
    scale = instrument.size(instrument.min_size_lots) * SPOT_UNIT_IN_SMALLEST_ORDERS
    return tuple(
        _in_base(spec, instrument.base_ccy, scale) if spec.unit == CONTRACTS else spec for spec in specs
    )


def _in_base(spec: ParamSpec, base_ccy: str, scale: Decimal) -> ParamSpec:
    return structs.replace(
        spec,
        unit=base_ccy,
        default=spec.default * scale,
        minimum=spec.minimum * scale,
        maximum=spec.maximum * scale,
        step=spec.step * scale,
        help=spec.help.replace("contracts", base_ccy),
    )


class ParamSet(Struct, frozen=True):
    """An immutable, versioned set of values; ``history`` holds the values each change replaced."""

    specs: tuple[ParamSpec, ...]
    values: dict[str, Decimal]
    version: int = 1
    history: tuple[dict[str, Decimal], ...] = ()

    @classmethod
    def from_specs(cls, specs: tuple[ParamSpec, ...], given: Mapping[str, Decimal]) -> ParamSet | str:
        """Build from defaults and given values; a string says what was wrong."""
        known = {spec.name: spec for spec in specs}
        values = {spec.name: spec.default for spec in specs}
        for name, value in given.items():
            if name not in known:
                return f"parameter {name!r} was unknown; known are {', '.join(known)}"
            if problem := known[name].problem(value):
                return problem
            values[name] = value
        return cls(specs, values)

    def __getitem__(self, name: str) -> Decimal:
        return self.values[name]

    def number(self, name: str) -> float:
        """Value for statistics and formulas."""
        return float(self.values[name])

    def with_value(self, name: str, value: Decimal) -> ParamSet | str:
        """Return the set with one value changed, or why it cannot be."""
        return self.with_values({name: value})

    def with_values(self, changes: Mapping[str, Decimal]) -> ParamSet | str:
        """Return the set with several values changed, all or none, or why they cannot be."""
        specs = {spec.name: spec for spec in self.specs}
        for name, value in changes.items():
            if name not in specs:
                return f"parameter {name!r} was unknown; known are {', '.join(self.values)}"
            if problem := specs[name].problem(value):
                return problem
        replaced = {name: self.values[name] for name in changes}
        history = (*self.history, replaced)[-UNDO_DEPTH:]
        return structs.replace(
            self, values={**self.values, **changes}, version=self.version + 1, history=history
        )

    def undone(self) -> ParamSet | str:
        """Return the set before the last change, or why there is none."""
        if not self.history:
            return "there was no parameter change to undo"
        return structs.replace(
            self,
            values={**self.values, **self.history[-1]},
            version=self.version + 1,
            history=self.history[:-1],
        )

    def differences(self, before: ParamSet) -> dict[str, tuple[Decimal | None, Decimal]]:
        """Names whose values differ from an earlier set, with (old, new)."""
        return {
            name: (before.values.get(name), value)
            for name, value in self.values.items()
            if before.values.get(name) != value
        }

    def raises_risk(self, before: ParamSet) -> tuple[str, ...]:
        """Names whose change takes more risk than before."""
        return tuple(
            spec.name
            for spec in self.specs
            if (old := before.values.get(spec.name)) is not None
            and spec.raises_risk(old, self.values[spec.name])
        )

    def chosen(self) -> dict[str, Decimal]:
        """Values that are not the defaults."""
        return {
            spec.name: self.values[spec.name] for spec in self.specs if self.values[spec.name] != spec.default
        }

    def returns(self, before: ParamSet) -> dict[str, Decimal]:
        """Values of an earlier set that differ from these and would take no more risk than these do."""
        return {
            spec.name: old
            for spec in self.specs
            if (old := before.values.get(spec.name)) is not None
            and old != self.values[spec.name]
            and not spec.raises_risk(self.values[spec.name], old)
        }

    def leaps(self, before: ParamSet, percent: Decimal) -> tuple[str, ...]:
        """Names whose change takes more risk by more than so many per cent."""
        return tuple(
            spec.name
            for spec in self.specs
            if (old := before.values.get(spec.name)) is not None
            and spec.leaps(old, self.values[spec.name], percent)
        )

    def views(self) -> tuple[ParamView, ...]:
        """The set as the console shows it."""
        return tuple(
            ParamView(
                name=spec.name,
                label=spec.label,
                value=self.values[spec.name],
                unit=spec.unit,
                minimum=spec.minimum,
                maximum=spec.maximum,
                step=spec.step,
                help=spec.help,
                risk=spec.risk.value,
                coarse_step=spec.coarse_step,
                lever=spec.lever.value,
            )
            for spec in self.specs
        )


def plain(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
