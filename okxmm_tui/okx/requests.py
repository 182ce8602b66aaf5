"""What we write to the venue: WebSocket operations and the rows of order requests.

Fields left UNSET are not sent. The encoded bytes are sent, and signed, as they are.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType

_ENCODER = msgspec.json.Encoder()


class OrderArgs(Struct, gc=False, rename="camel", omit_defaults=True):
    """One row of a place, amend or cancel request; WebSocket rows carry the code, REST rows the id."""

    inst_id_code: int | UnsetType = UNSET
    inst_id: str | UnsetType = UNSET
    td_mode: str | UnsetType = UNSET
    ccy: str | UnsetType = UNSET
    ord_id: str | UnsetType = UNSET
    cl_ord_id: str | UnsetType = UNSET
    tag: str | UnsetType = UNSET
    side: str | UnsetType = UNSET
    pos_side: str | UnsetType = UNSET
    ord_type: str | UnsetType = UNSET
    px: str | UnsetType = UNSET
    sz: str | UnsetType = UNSET
    tgt_ccy: str | UnsetType = UNSET
    reduce_only: bool | UnsetType = UNSET
    stp_mode: str | UnsetType = UNSET
    req_id: str | UnsetType = UNSET
    new_px: str | UnsetType = UNSET
    new_sz: str | UnsetType = UNSET
    cxl_on_fail: bool | UnsetType = UNSET


class Request(Struct, gc=False, rename="camel", omit_defaults=True):
    """One WebSocket operation."""

    op: str
    args: list[OrderArgs] | list[dict[str, str]]
    id: str | UnsetType = UNSET
    exp_time: str | UnsetType = UNSET
    """Unix ms as text; place and amend only."""


def encode(message: object) -> bytes:
    """Encode a request."""
    return _ENCODER.encode(message)
