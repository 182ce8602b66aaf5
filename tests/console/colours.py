"""Colour arithmetic for the theme tests: contrast, colour-blind eyes, distance."""

from __future__ import annotations

from textual.color import Color

Rgb = tuple[float, float, float]

XTERM = (
    "#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
    "#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
)  # fmt: skip
"""The sixteen colours xterm ships."""

SIMULATIONS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""What such eyes see, in linear RGB (Machado, Oliveira and Fernandes, 2009, severity 1.0)."""


def linear(colour: str) -> Rgb:
    """Linear RGB, 0 to 1."""
    parsed = Color.parse(colour)
    if parsed.ansi is not None:
        parsed = Color.parse(XTERM[parsed.ansi])
    red, green, blue = (_linear(part / 255) for part in (parsed.r, parsed.g, parsed.b))
    return red, green, blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, as WCAG 2 defines it."""
    lights = sorted((_luminance(linear(first)), _luminance(linear(second))), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _luminance(colour: Rgb) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def distance(first: str, second: str, eyes: str = "normal") -> float:
    """Distance of two colours as such eyes see them, in CIE 1976 L*a*b* (about 2 is just noticeable)."""
    seen = (_lab(_simulated(linear(colour), eyes)) for colour in (first, second))
    one, two = seen
    return sum((a - b) ** 2 for a, b in zip(one, two, strict=True)) ** 0.5


def _simulated(colour: Rgb, eyes: str) -> Rgb:
    rows = (sum(share * part for share, part in zip(row, colour, strict=True)) for row in SIMULATIONS[eyes])
    red, green, blue = (min(1.0, max(0.0, part)) for part in rows)
    return red, green, blue


def _lab(colour: Rgb) -> Rgb:
    red, green, blue = colour
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = _luminance(colour)
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (_cube_root(part) for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _cube_root(part: float) -> float:
    return part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
