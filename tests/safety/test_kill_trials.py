"""The proof of a kill never lies, and neither does the word that there is none."""

from __future__ import annotations

import os

import pytest

from tests.safety import start_kills
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


@pytest.mark.parametrize("seed", range(1, TRIALS // 2 + 1))
def test_a_kill_or_quit_during_the_start_leaves_nothing_of_ours(seed):
    """Leftovers on more than one page and on other instruments, keys in every order; others' orders stay."""
    assert start_kills.run_trial(seed).wrong == []
