"""The dead-man's switch: cancel-all-after."""

from __future__ import annotations

import pytest

from tests.exchange.bench import BID


def arm(bench, time_out, **extra):
    """Call cancel-all-after."""
    return bench.rest("POST", "trade/cancel-all-after", {"timeOut": time_out, **extra})[1]


def test_trigger_cancels_one_by_one_with_source_20(bench):
    """When the time is out every order is canceled, staggered, with cancelSource 20."""
    orders = [bench.order(bench.place("buy", BID - n)) for n in range(3)]
    assert arm(bench, "10")["data"][0]["triggerTime"] == str(bench.now_ns // 1_000_000 + 10_000)
    bench.wait(9.9)
    assert all(order.is_pending for order in orders)
    bench.wait(0.2)
    assert {order.cancel_source for order in orders} == {"20"}
    assert len({order.updated_ms for order in orders}) == 3


def test_each_call_replaces_the_timer(bench):
    """A refreshed timer counts from the last call."""
    order = bench.order(bench.place("buy", BID))
    for _ in range(4):
        arm(bench, "10")
        bench.wait(6)
    assert order.is_pending
    bench.wait(5)
    assert not order.is_pending


def test_zero_disarms(bench):
    """TimeOut 0 answers triggerTime 0 and nothing is canceled."""
    order = bench.order(bench.place("buy", BID))
    arm(bench, "10")
    bench.wait(1)
    assert arm(bench, "0")["data"][0]["triggerTime"] == "0"
    bench.wait(60)
    assert order.is_pending


def test_a_tag_covers_its_own_orders_only(bench):
    """A tagged timer leaves other orders alone."""
    ours = bench.order(bench.place("buy", BID, tag="mm"))
    other = bench.order(bench.place("buy", BID))
    arm(bench, "10", tag="mm")
    bench.wait(11)
    assert (ours.is_pending, other.is_pending) == (False, True)


@pytest.mark.parametrize("time_out", ["5", "121", "x", "-1", "", None, True])
def test_wrong_times_are_refused(bench, time_out):
    """Only 0 and 10 to 120 seconds exist."""
    assert arm(bench, time_out)["code"] in {"51000", "50014"}
    assert bench.venue.dead_man.armed == {}


def test_one_call_per_second_and_tag(bench):
    """The second call within a second is refused; another tag has its own second."""
    assert arm(bench, "10")["code"] == "0"
    assert arm(bench, "10")["code"] == "50011"
    assert arm(bench, "10", tag="other")["code"] == "0"
    bench.wait(1)
    assert arm(bench, "10")["code"] == "0"


def test_at_most_twenty_tags(bench):
    """The 21st tag timer is refused with 51071."""
    codes = [arm(bench, "60", tag=f"t{n}")["code"] for n in range(21)]
    assert codes == ["0"] * 20 + ["51071"]
