"""Incremental estimators over the book and the tape; pure, with units in every name."""
