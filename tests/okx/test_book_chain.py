"""The sequence state machine, example by example and as a property."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.okx.book_chain import NO_SEQUENCE, BookChain, Verdict


def judge(chain, previous, current, *, snapshot=False, empty=False, checksum=False):
    """Judge one message with the defaults of an ordinary one."""
    return chain.judge(
        is_snapshot=snapshot, previous=previous, current=current, is_empty=empty, has_checksum=checksum
    )


def live(seq_id=10):
    """A chain that has its snapshot."""
    chain = BookChain()
    assert judge(chain, -1, seq_id, snapshot=True) is Verdict.SNAPSHOT
    return chain


def test_increments_before_the_snapshot_mean_nothing():
    """Nothing is a gap before there is a chain."""
    assert judge(BookChain(), 5, 6) is Verdict.IGNORE


def test_reference_example_with_heartbeat_and_reset():
    """10, 15, heartbeat 15, reset to 3, then 5: all of it applies."""
    chain = live(10)
    assert judge(chain, 10, 15) is Verdict.APPLY
    assert judge(chain, 15, 15, empty=True) is Verdict.APPLY
    assert judge(chain, 15, 3) is Verdict.APPLY
    assert judge(chain, 3, 5) is Verdict.APPLY
    assert chain.last_seq_id == 5


def test_gap_ends_the_chain_until_the_next_snapshot():
    """After a gap even a message that would have fitted is ignored."""
    chain = live(10)
    assert judge(chain, 11, 12) is Verdict.GAP
    assert not chain.is_live
    assert judge(chain, 10, 11) is Verdict.IGNORE
    assert judge(chain, -1, 50, snapshot=True) is Verdict.SNAPSHOT
    assert judge(chain, 50, 51) is Verdict.APPLY


def test_heartbeat_with_levels_is_a_gap():
    """Equal numbers promise that nothing changed; levels beside them are a contradiction."""
    assert judge(live(10), 10, 10, empty=False) is Verdict.GAP


def test_repeated_message_is_a_gap():
    """An old message again does not continue the chain."""
    chain = live(10)
    judge(chain, 10, 15)
    assert judge(chain, 10, 15) is Verdict.GAP


def test_without_numbers_the_checksum_must_vouch():
    """Captures from before seqId chain by checksum alone; nothing at all is no chain."""
    chain = BookChain()
    judge(chain, None, None, snapshot=True)
    assert judge(chain, None, None, checksum=True) is Verdict.APPLY
    assert chain.last_seq_id == NO_SEQUENCE
    assert judge(chain, None, None, checksum=False) is Verdict.GAP


def test_numbers_may_not_vanish_in_mid_chain():
    """A chain that began with numbers goes on with numbers."""
    assert judge(live(10), None, None, checksum=True) is Verdict.GAP


STEPS = st.lists(st.integers(-5, 40).filter(bool), max_size=60)


@given(start=st.integers(200, 1_000), steps=STEPS, lost=st.integers(0, 59))
def test_losing_one_message_is_always_noticed(start, steps, lost):
    """A whole stream applies to its end; with any one message missing the next one is a gap."""
    numbers = [start]
    for step in steps:
        numbers.append(max(0, numbers[-1] + step) if numbers[-1] + step != numbers[-1] else numbers[-1] + 1)
    pairs = [(a, b) for a, b in pairwise(numbers) if a != b]
    whole = live(start)
    assert all(judge(whole, a, b) is Verdict.APPLY for a, b in pairs)
    if lost < len(pairs) - 1:
        chain = live(start)
        verdicts = [judge(chain, a, b) for index, (a, b) in enumerate(pairs) if index != lost]
        # A sequence that returns to the same number hides the loss; numbers alone cannot tell.
        if pairs[lost][0] != pairs[lost][1] and pairs[lost + 1][0] != pairs[lost][0]:
            assert verdicts[lost] is Verdict.GAP
            assert set(verdicts[lost + 1 :]) <= {Verdict.IGNORE}


MESSAGES = st.tuples(
    st.booleans(),
    st.none() | st.integers(-1, 6),
    st.none() | st.integers(-1, 6),
    st.booleans(),
    st.booleans(),
)


@given(messages=st.lists(MESSAGES, max_size=40))
def test_any_input_follows_the_five_rules(messages):
    """Against a plain restatement of the rules, whatever comes in."""
    chain, last, is_live = BookChain(), None, False
    for snapshot, previous, current, empty, checksum in messages:
        verdict = judge(chain, previous, current, snapshot=snapshot, empty=empty, checksum=checksum)
        if snapshot:
            assert verdict is Verdict.SNAPSHOT
            last, is_live = current, True
        elif not is_live:
            assert verdict is Verdict.IGNORE
        else:
            by_number = (
                previous is not None and current is not None and current >= 0
                and previous == (NO_SEQUENCE if last is None else last)
                and (current != previous or empty)
            )  # fmt: skip
            by_checksum = previous is None and current is None and checksum and last in {None, NO_SEQUENCE}
            assert (verdict is Verdict.APPLY) == (by_number or by_checksum)
            is_live = verdict is Verdict.APPLY
            last = current
        assert chain.is_live == is_live
