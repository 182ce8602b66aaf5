"""Tests of okxmm-tui; the folders mirror the package."""
