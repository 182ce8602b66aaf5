"""Three amends of one order, whatever asks for more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.effects import AmendOrder
from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.okx.amend_guard import FORGET_NS, MOST_IN_FLIGHT, AmendGuard
from tests.samples import INST, order_update


def amend(req_id, cl_ord_id="a1"):
    """An amend of a price."""
    return AmendOrder(INST, cl_ord_id, req_id, 1, None, 0)


def push(req_id="", state=VenueOrderState.LIVE, cl_ord_id="a1"):
    """A push on the order."""
    return order_update(cl_ord_id, Side.BUY, 1, 1, state=state, req_id=req_id)


def full():
    """Three amends in flight."""
    guard = AmendGuard()
    assert all(guard.try_send(amend(f"r{n}"), 0) for n in range(3))
    assert not guard.try_send(amend("r3"), 0)
    return guard


def test_a_push_with_its_request_makes_room():
    """A push that names another request, or none, does not."""
    guard = full()
    guard.pushed(push())
    guard.pushed(push("r9"))
    assert not guard.try_send(amend("r3"), 1)
    guard.pushed(push("r1"))
    assert guard.try_send(amend("r3"), 1)


def test_refusals_ends_and_age_make_room():
    """What certainly has no effect any more is not in flight."""
    guard = full()
    guard.refused(amend("r0"))
    assert guard.try_send(amend("r3"), 1)
    guard.pushed(push(state=VenueOrderState.CANCELED))
    assert guard.try_send(amend("r4"), 1)
    assert full().try_send(amend("r5"), FORGET_NS)


def test_orders_do_not_share():
    """The limit is per order."""
    assert full().try_send(amend("r0", "a2"), 0)


@given(st.lists(st.tuples(st.sampled_from(["send", "push", "refuse"]), st.integers(0, 9))))
def test_never_more_than_three(steps):
    """Whatever comes in whatever order, three is the most."""
    guard, flying = AmendGuard(), set()
    for step, number in steps:
        req_id = f"r{number}"
        if step == "send" and req_id not in flying:
            if guard.try_send(amend(req_id), 0):
                flying.add(req_id)
        elif step == "push":
            guard.pushed(push(req_id))
            flying.discard(req_id)
        elif step == "refuse":
            guard.refused(amend(req_id))
            flying.discard(req_id)
        assert len(flying) <= MOST_IN_FLIGHT
