"""Fault laboratory of the exchange: named faults with typed parameters, scopes, schedules and dice.

``kinds`` is the table of faults, ``laboratory`` arms them and answers "does one meet this?", ``frames``
stands between the venue and its sockets, and the two ``*_acts`` modules carry out what a switch alone
cannot do. Everything is deterministic: the same seed and the same calls give the same faults.
"""

from __future__ import annotations
