"""Tests of the console; the modules mirror okxmm_tui.console."""
