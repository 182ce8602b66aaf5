"""Tests of okxmm_tui.core."""
