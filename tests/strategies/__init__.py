"""Tests of okxmm_tui.strategies."""
