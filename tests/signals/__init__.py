"""Tests of okxmm_tui.signals."""
