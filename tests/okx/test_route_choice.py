"""Which way orders go, with a clock that is a number."""

from __future__ import annotations

from okxmm_tui.okx.route_choice import FIRST_RETRY_NS, LONGEST_RETRY_NS, RouteChoice, RoutePolicy

BTC, ETH = "BTC-USDT-SWAP", "ETH-USDT-SWAP"


def test_a_refused_code_detours_one_instrument_once():
    """The second refused row of the same batch is no news, and no failed try either."""
    choice = RouteChoice(RoutePolicy.AUTO)
    assert choice.refused(BTC, 0)
    assert not choice.refused(BTC, 0)
    assert choice.by_rest({BTC, ETH}) == {BTC}
    assert choice.try_socket(BTC, FIRST_RETRY_NS)


def test_the_socket_is_tried_after_ten_minutes_and_then_half_as_often():
    """Not before; a failed try doubles the wait, up to a day."""
    choice = RouteChoice(RoutePolicy.AUTO)
    choice.refused(BTC, 0)
    assert not choice.try_socket(BTC, FIRST_RETRY_NS - 1)
    now_ns = FIRST_RETRY_NS
    for doubled in (2, 4, 8):
        assert choice.try_socket(BTC, now_ns)
        assert not choice.try_socket(BTC, now_ns)
        assert not choice.refused(BTC, now_ns)
        assert not choice.try_socket(BTC, now_ns + doubled * FIRST_RETRY_NS - 1)
        now_ns += doubled * FIRST_RETRY_NS
    for _ in range(20):
        now_ns += LONGEST_RETRY_NS
        assert choice.try_socket(BTC, now_ns)
        choice.refused(BTC, now_ns)
    assert choice.try_socket(BTC, now_ns + LONGEST_RETRY_NS)


def test_an_accepted_order_ends_the_detour():
    """Once, and only where there was one."""
    choice = RouteChoice(RoutePolicy.AUTO)
    choice.refused(BTC, 0)
    assert choice.socket_took(BTC)
    assert not choice.socket_took(BTC)
    assert not choice.is_by_rest(BTC)


def test_rest_policy_needs_no_refusal_and_never_tries():
    """What the operator chose stays."""
    choice = RouteChoice(RoutePolicy.REST)
    assert choice.by_rest({BTC}) == {BTC}
    assert not choice.try_socket(BTC, 10**18)
