"""The proof of a kill never lies, and neither does the word that there is none."""

from __future__ import annotations

import os

import pytest

from tests.safety.kill_trials import run_trial

TRIALS = int(os.environ.get("OKXMM_KILL_TRIALS", "40"))


@pytest.mark.parametrize("seed", range(1, TRIALS + 1))
def test_no_order_outlives_the_proof(seed):
    """Proven means gone for good, nothing new is sent, and doubt is said only with reason."""
    trial = run_trial(seed)
    assert trial.outlived == ()
    assert trial.sent_after == 0
    assert trial.is_proven, trial
    assert trial.was_unproven_true, trial
