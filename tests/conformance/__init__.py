"""Clients we did not write, unmodified, against the embedded exchange."""
