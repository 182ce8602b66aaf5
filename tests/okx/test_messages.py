"""Tolerant decoding, and errors that carry the offending bytes."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.errors import WireError
from okxmm_tui.okx.decoding import decode, decode_rows, shown, text_of
from okxmm_tui.okx.messages import BOOK_DECODER, ENVELOPE_DECODER, OP_ROWS, ORDERS, REST_DECODER

DECODERS = [BOOK_DECODER, ENVELOPE_DECODER, ORDERS, REST_DECODER, OP_ROWS]


@given(raw=st.binary(max_size=200), decoder=st.sampled_from(DECODERS))
def test_any_bytes_decode_or_raise_one_error(raw, decoder):
    """Whatever arrives, nothing but WireError comes out of decoding it."""
    with suppress(WireError):
        decode(decoder, raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["arg", "data", "code", "asks"]), inner)
    ),
    max_leaves=8,
)


@given(value=JSON, decoder=st.sampled_from(DECODERS))
def test_any_json_decodes_or_raises_one_error(value, decoder):
    """The same for well-formed JSON of any shape."""
    with suppress(WireError):
        decode(decoder, msgspec.json.encode(value))


def test_unknown_keys_and_values_are_passed_over():
    """A field or state of tomorrow changes nothing."""
    [row] = decode(ORDERS, b'[{"instId":"X","state":"hibernating","newField":{"a":[1]},"px":null,"sz":5}]')
    assert (row.state, text_of(row.px), text_of(row.sz)) == ("hibernating", "", "5")


def test_book_levels_may_have_any_tail():
    """Three, four or five elements a level: only price and size are read."""
    push = decode(
        BOOK_DECODER, b'{"arg":{"channel":"books"},"data":[{"asks":[["1","2","3"],["1","2","0","4",{}]]}]}'
    )
    assert [(level.px, level.sz) for level in push.data[0].asks] == [("1", "2"), ("1", "2")]


def test_sequence_numbers_may_be_text():
    """A number written as text is still a number."""
    push = decode(BOOK_DECODER, b'{"arg":{"channel":"books"},"data":[{"seqId":"7","prevSeqId":6,"ts":1}]}')
    assert (push.data[0].seq_id, push.data[0].prev_seq_id) == (7, 6)


def test_rows_may_be_null_or_absent():
    """No rows is an empty list, however it is written."""
    for raw in (b'{"code":"0","data":null}', b'{"code":"0"}', b'{"code":"0","data":[]}'):
        assert decode_rows(OP_ROWS, decode(REST_DECODER, raw).data) == []


def test_error_shows_a_bounded_beginning():
    """The offending value is in the message, however long the frame."""
    with pytest.raises(WireError, match="nonsense") as error:
        decode(ENVELOPE_DECODER, b"nonsense" * 10_000)
    assert len(str(error.value)) < 500
    assert shown(b"\xff\xfe") == "'\ufffd\ufffd'"


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (None, ""), (3, "3"), ("x", "x")]
)
def test_scalars_read_as_text(value, text):
    """Booleans become the words the venue uses elsewhere."""
    assert text_of(value) == text
