"""Tests of the journal in SQLite."""
