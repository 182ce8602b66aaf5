"""Strategy parameters: typed, bounded, stepped, and changed all at once or not at all.

Values are ``Decimal`` so that a hundred key presses up and down end where they began.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct, structs

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.snapshot import ParamView

UNDO_DEPTH = 100
CONTRACTS = "ct"
SPOT_UNIT_IN_SMALLEST_ORDERS = 100
"""A smallest spot order is worth about one unit of quote currency, so a hundred of them make a quote."""


class ParamSpec(Struct, frozen=True):
    """One parameter a strategy declares."""

    name: str
    label: str
    unit: str
    default: Decimal
    minimum: Decimal
    maximum: Decimal
    step: Decimal
    help: str

    def problem(self, value: Decimal) -> str:
        """Say why a value cannot be taken, or return an empty string."""
        if not value.is_finite():
            return f"{self.name} was {value}; it must be a number"
        if not self.minimum <= value <= self.maximum:
            return (
                f"{self.name} was {plain(value)}; it must lie between {plain(self.minimum)} and "
                f"{plain(self.maximum)} {self.unit}".rstrip()
            )
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
    """An immutable, versioned set of values; ``history`` holds the earlier (name, value) pairs."""

    specs: tuple[ParamSpec, ...]
    values: dict[str, Decimal]
    version: int = 1
    history: tuple[tuple[str, Decimal], ...] = ()

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
        spec = next((spec for spec in self.specs if spec.name == name), None)
        if spec is None:
            return f"parameter {name!r} was unknown; known are {', '.join(self.values)}"
        if problem := spec.problem(value):
            return problem
        history = (*self.history, (name, self.values[name]))[-UNDO_DEPTH:]
        return structs.replace(
            self, values={**self.values, name: value}, version=self.version + 1, history=history
        )

    def undone(self) -> ParamSet | str:
        """Return the set before the last change, or why there is none."""
        if not self.history:
            return "there was no parameter change to undo"
        name, value = self.history[-1]
        return structs.replace(
            self, values={**self.values, name: value}, version=self.version + 1, history=self.history[:-1]
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
            )
            for spec in self.specs
        )


def plain(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
