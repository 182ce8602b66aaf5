"""Tests of okxmm_tui.engine."""
