"""Endless seeded markets: one fitted to recordings, and one whose true parameters are known."""

from okxmm_tui.exchange.synthetic.feed import SyntheticFeed
from okxmm_tui.exchange.synthetic.ground_truth import GroundTruth, GroundTruthFeed
from okxmm_tui.exchange.synthetic.profile import Profile, profile_for

__all__ = ["GroundTruth", "GroundTruthFeed", "Profile", "SyntheticFeed", "profile_for"]
