"""Strategies as pure functions of a market view and parameters; they return targets, never orders."""
