"""Kill -9 of real engines loses no fill and leaves no order.

A few trials; twenty are a step of their own in ``.ci/run``, two hundred a command (see README.md here).
"""

from __future__ import annotations

import os

from tests.safety.crash_trials import run

TRIALS = int(os.environ.get("OKXMM_CRASH_TRIALS", "4"))
WORKERS = 2


def test_a_killed_engine_loses_nothing():
    """Orders go within the dead-man timer; after each restart every figure equals the exchange's."""
    crashes = run(TRIALS, WORKERS)
    assert len(crashes) == TRIALS
    assert [crash for crash in crashes if crash.problem] == []
    assert sum(crash.orders for crash in crashes) > 0
