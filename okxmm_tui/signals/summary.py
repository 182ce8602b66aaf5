"""The figures of all signals under the name strategies import them by; defined in ``core.signals``."""

from okxmm_tui.core.signals import Intensity, LevelMark, Markout, Signals

__all__ = ["Intensity", "LevelMark", "Markout", "Signals"]
