"""Own orders: late, doubled and reordered messages end in the same place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.orders import Amend, OrderStatus, OwnOrder, OwnOrders
from okxmm_tui.core.types import Side, VenueOrderState
from tests.samples import INST, fill, order_update


def _one(size_lots: int = 100) -> tuple[OwnOrders, OwnOrder]:
    orders = OwnOrders()
    order = OwnOrder(INST, "c1", Side.BUY, 600_000, size_lots=size_lots, created_ns=1)
    orders.add(order)
    return orders, order


def test_a_sent_order_counts_as_exposure():
    """Before any answer it could fill completely."""
    orders, _ = _one()
    assert orders.remaining_lots(Side.BUY) == 100


def test_an_unknown_order_counts_as_exposure():
    """A timeout is not a rejection."""
    orders, order = _one()
    order.status = OrderStatus.UNKNOWN
    assert orders.remaining_lots(Side.BUY) == 100


def test_an_amend_in_flight_counts_with_the_larger_size():
    """Until the venue says which, the worse size holds."""
    orders, order = _one()
    order.status = OrderStatus.LIVE
    order.amend = Amend("r1", 600_001, 250, 2)
    assert orders.remaining_lots(Side.BUY) == 250
    order.amend = Amend("r2", 600_001, 50, 2)
    assert orders.remaining_lots(Side.BUY) == 100


def test_a_terminal_state_is_final():
    """A late ``live`` does not bring a cancelled order back."""
    orders, order = _one()
    change = orders.apply(order_update("c1", Side.BUY, 600_000, 100, state=VenueOrderState.CANCELED))
    assert change is not None
    assert change.became_done
    late = orders.apply(order_update("c1", Side.BUY, 600_000, 100))
    assert late is not None
    assert not late.became_live
    assert order.is_done
    assert orders.working == ()


def test_a_missing_fill_is_noticed():
    """The venue counts 40 filled lots and no fill has told us of them."""
    orders, _ = _one()
    partly = VenueOrderState.PARTIALLY_FILLED
    change = orders.apply(order_update("c1", Side.BUY, 600_000, 100, state=partly, filled_lots=40))
    assert change is not None
    assert change.missing_lots == 40
    orders.note_fill(fill(Side.BUY, "60000.0", "0.4"))
    change = orders.apply(order_update("c1", Side.BUY, 600_000, 100, state=partly, filled_lots=40))
    assert change is not None
    assert change.missing_lots == 0


def test_only_the_result_of_the_own_request_ends_an_amend():
    """A result with another request id leaves the amend in flight."""
    orders, order = _one()
    order.status = OrderStatus.LIVE
    order.amend = Amend("r2", 600_001, 100, 2)
    orders.apply(order_update("c1", Side.BUY, 600_000, 100, amend_result="0", req_id="r1"))
    assert order.amend is not None
    change = orders.apply(order_update("c1", Side.BUY, 600_001, 100, amend_result="-1", req_id="r2"))
    assert change is not None
    assert change.amend_failed
    assert order.amend is None


def test_an_order_is_found_by_the_venues_id_alone():
    """Whether the id came with the order, with an ack or with a push; the terminal push still ends it."""
    orders, order = _one()
    orders.note_venue_id(order, "v1")
    assert orders.find("", "v1") is order
    left = OwnOrder(INST, "v2", Side.SELL, 600_100, size_lots=5, created_ns=1)
    left.ord_id = "v2"
    orders.add(left)
    done = order_update("", Side.SELL, 600_100, 5, ord_id="v2", state=VenueOrderState.CANCELED)
    assert orders.apply(done) is not None
    assert left.is_done


def test_an_unrecognised_state_changes_nothing():
    """A state OKX adds tomorrow is neither live nor terminal."""
    orders, order = _one()
    orders.apply(order_update("c1", Side.BUY, 600_000, 100, state=VenueOrderState.UNRECOGNISED))
    assert order.status is OrderStatus.SENT


def test_orders_of_others_are_not_ours():
    """An update that matches no order changes nothing."""
    orders, _ = _one()
    assert orders.apply(order_update("zz", Side.BUY, 600_000, 100)) is None


pushes = st.permutations(
    [
        order_update("c1", Side.BUY, 600_000, 100, update_ms=1),
        order_update(
            "c1", Side.BUY, 600_000, 100, state=VenueOrderState.PARTIALLY_FILLED, filled_lots=30, update_ms=2
        ),
        order_update(
            "c1", Side.BUY, 600_000, 100, state=VenueOrderState.PARTIALLY_FILLED, filled_lots=70, update_ms=3
        ),
        order_update(
            "c1", Side.BUY, 600_000, 100, state=VenueOrderState.FILLED, filled_lots=100, update_ms=4
        ),
    ]
)


@given(pushes, st.lists(st.integers(0, 3), max_size=4))
def test_any_order_and_repetition_of_pushes_ends_filled(order_of_arrival, repeats):
    """Shuffled and doubled pushes leave the order done with all its lots filled."""
    orders, order = _one()
    for update in [*order_of_arrival, *(order_of_arrival[n] for n in repeats)]:
        orders.apply(update)
        orders.check()
    assert order.is_done
    assert order.filled_lots == 100
    assert orders.remaining_lots(Side.BUY) == 0


def test_done_orders_are_forgotten_in_time():
    """Memory stays bounded over a long session."""
    orders = OwnOrders()
    for number in range(OwnOrders.MAX_DONE + 50):
        order = OwnOrder(INST, f"c{number}", Side.BUY, 600_000, size_lots=1, created_ns=1)
        orders.add(order)
        orders.apply(order_update(f"c{number}", Side.BUY, 600_000, 1, state=VenueOrderState.CANCELED))
    orders.check()
    assert orders.get("c0") is None
    assert orders.get(f"c{OwnOrders.MAX_DONE + 49}") is not None


def test_what_has_filled_unbooked_stays_exposure_when_the_order_is_over():
    """The position lacks it until the fill is booked, or the venue's position has been compared."""
    orders, _ = _one()
    orders.apply(order_update("c1", Side.BUY, 600_000, 100, state=VenueOrderState.FILLED, filled_lots=100))
    assert orders.remaining_lots(Side.BUY) == 0
    assert (orders.exposed_lots(Side.BUY), orders.exposed_lots(Side.SELL)) == (100, 0)
    orders.note_fill(fill(Side.BUY, "60000", "0.4"))
    assert orders.exposed_lots(Side.BUY) == 60
    orders.check()
    orders.forget_unbooked()
    assert orders.exposed_lots(Side.BUY) == 0
    orders.check()
