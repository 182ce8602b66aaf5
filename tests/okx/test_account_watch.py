"""Doubts about the private stream."""

from __future__ import annotations

from okxmm_tui.okx.account_watch import CONFIRM_WITHIN_NS, QUIET_NS, AccountWatch

KEY = ("BTC-USDT-SWAP", "900100")


def test_quiet_account_channel_is_doubted_every_twelve_seconds():
    """It repeats itself every 5 s, so two misses are no accident."""
    watch = AccountWatch()
    assert watch.doubts(10**15) == ""
    watch.start(0)
    watch.on_account(5)
    assert watch.due_ns == 5 + QUIET_NS
    assert watch.doubts(4 + QUIET_NS) == ""
    assert watch.doubts(5 + QUIET_NS) == "account channel quiet for 12 s"
    assert watch.doubts(6 + QUIET_NS) == ""
    assert watch.doubts(5 + 2 * QUIET_NS)


def test_fill_without_its_order_push_is_doubted_once():
    """The orders channel is the truth; two seconds are more than it needs."""
    watch = AccountWatch()
    watch.start(0)
    watch.on_fill(KEY, 1)
    watch.on_fill(KEY, 2)
    assert watch.due_ns == 1 + CONFIRM_WITHIN_NS
    assert watch.doubts(1 + CONFIRM_WITHIN_NS) == "fill 900100 came without its order push"
    assert watch.doubts(2 + CONFIRM_WITHIN_NS) == ""


def test_either_channel_may_come_first():
    """A fill both told leaves no doubt."""
    watch = AccountWatch()
    watch.start(0)
    watch.on_fill(KEY, 1)
    watch.on_order_fill(KEY)
    watch.on_fill(KEY, 2)
    assert watch.doubts(CONFIRM_WITHIN_NS + 2) == ""
