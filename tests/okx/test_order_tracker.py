"""Answers matched to requests."""

from __future__ import annotations

import pytest

from okxmm_tui.core.effects import CancelOrder
from okxmm_tui.okx.messages import OpRow
from okxmm_tui.okx.order_requests import Batch
from okxmm_tui.okx.order_tracker import DEFAULT_TIMEOUT_NS, KEPT_LATE, OrderTracker, row_outcomes
from okxmm_tui.okx.rate_limits import Verb


def batch(*names):
    """A batch of cancels."""
    return Batch(Verb.CANCEL, tuple(CancelOrder("X", name) for name in names), by_rest=False)


def outcome_codes(names, code, rows, text=""):
    """Client ids and codes after an answer."""
    return [(each.effect.cl_ord_id, each.code) for each in row_outcomes(batch(*names), code, text, rows)]


def test_rows_are_matched_by_client_id_whatever_their_order():
    """The venue may answer rows in another order."""
    rows = [OpRow(s_code="51400", cl_ord_id="b"), OpRow(s_code="0", cl_ord_id="a", ord_id="9")]
    assert outcome_codes("ab", "2", rows) == [("a", "0"), ("b", "51400")]


def test_rows_without_client_id_are_matched_by_place():
    """Orders known by their venue id only are answered in order."""
    assert outcome_codes("ab", "0", [OpRow(s_code="0"), OpRow(s_code="51400")]) == [
        ("a", "0"),
        ("b", "51400"),
    ]


def test_row_nobody_answered_for_is_unknown():
    """A missing row is no success and no refusal."""
    assert outcome_codes("ab", "0", [OpRow(s_code="0", cl_ord_id="a")]) == [("a", "0"), ("b", "")]


def test_frame_refused_as_a_whole_refuses_every_row():
    """Without rows the top code speaks for all."""
    assert outcome_codes("ab", "60013", []) == [("a", "60013"), ("b", "60013")]


@pytest.mark.parametrize("code", ["0", "2"])
def test_success_without_rows_proves_nothing(code):
    """A claim that names no order is no acknowledgement."""
    assert outcome_codes("a", code, []) == [("a", "")]


def test_top_code_speaks_for_rows_without_their_own():
    """A row without sCode takes the code of the answer."""
    assert outcome_codes("a", "50011", [OpRow(cl_ord_id="a")]) == [("a", "50011")]


def test_some_failed_and_not_which_is_unknown():
    """Code 2 over a row without a code of its own says neither yes nor no."""
    rows = [OpRow(cl_ord_id="a"), OpRow(cl_ord_id="b", s_code="0")]
    assert outcome_codes("ab", "2", rows) == [("a", ""), ("b", "0")]


def test_sub_code_is_kept_in_the_text():
    """51008 with sub-code 1000 says more than 51008."""
    [outcome] = row_outcomes(batch("a"), "1", "", [OpRow(s_code="51008", s_msg="No money", sub_code="1000")])
    assert outcome.text == "No money [1000]"


def test_uncertain_codes_are_unknown():
    """The outcome itself knows which codes say nothing."""
    for code, is_unknown in (("51149", True), ("", True), ("51008", False), ("0", False)):
        [outcome] = row_outcomes(batch("a"), code, "", [OpRow(s_code=code)])
        assert outcome.is_unknown is is_unknown


def test_timeouts_come_in_order_and_late_answers_still_count():
    """What is overdue is unknown; its answer is read when it comes, once."""
    tracker = OrderTracker()
    tracker.sent("o1", batch("a"), 0)
    tracker.sent("o2", batch("b"), 10)
    assert tracker.next_deadline == DEFAULT_TIMEOUT_NS
    assert [each.effect.cl_ord_id for each in tracker.timed_out(DEFAULT_TIMEOUT_NS + 5)] == ["a"]
    assert tracker.open_count == 1
    assert tracker.answered("o1", "0", "", [OpRow(s_code="0")])[0].is_accepted
    assert tracker.answered("o1", "0", "", []) is None


def test_late_answers_are_bounded():
    """A venue that never answers does not fill our memory."""
    tracker = OrderTracker(timeout_ns=1)
    for index in range(KEPT_LATE + 10):
        tracker.sent(f"o{index}", batch("a"), 0)
    tracker.timed_out(5)
    assert tracker.answered("o0", "0", "", []) is None
    assert tracker.answered(f"o{KEPT_LATE}", "0", "", []) is not None


def test_disconnect_ends_every_wait():
    """Answers to the old connection never come on the new one."""
    tracker = OrderTracker()
    tracker.sent("o1", batch("a", "b"), 0)
    assert [each.text for each in tracker.disconnected("gone")] == ["gone", "gone"]
    assert (tracker.open_count, tracker.next_deadline) == (0, None)


def test_ids_are_letters_and_digits_and_unique():
    """The venue takes nothing else, up to 32 characters."""
    tracker = OrderTracker()
    ids = {tracker.next_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(each.isalnum() and len(each) <= 32 for each in ids)


def test_every_row_failed_and_rows_of_nobody():
    """Top code 1: each row has its own code. A row for an order not asked about belongs to nobody."""
    failed = [OpRow(s_code="51008", cl_ord_id="b"), OpRow(s_code="51121", cl_ord_id="a")]
    assert outcome_codes("ab", "1", failed) == [("a", "51121"), ("b", "51008")]
    extra = [
        OpRow(s_code="0", cl_ord_id="z"),
        OpRow(s_code="0", cl_ord_id="a"),
        OpRow(s_code="51008", cl_ord_id="b"),
    ]
    assert outcome_codes("ab", "2", extra) == [("a", "0"), ("b", "51008")]


def test_waiting_time_is_told_even_for_late_answers():
    """The slowest answers say most about latency."""
    tracker = OrderTracker(timeout_ns=10)
    tracker.sent("o1", batch("a"), 100)
    assert tracker.waited("o1", 105) == (Verb.CANCEL, 5)
    tracker.timed_out(110)
    assert tracker.waited("o1", 150) == (Verb.CANCEL, 50)
    assert tracker.waited("o9", 150) is None
