"""Wire rows of the private pushes that hold lists; those stay raw, so that each row is read by itself."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from okxmm_tui.okx.decoding import Scalar
from okxmm_tui.okx.messages import BalanceDetail


class AccountPushRow(Struct, gc=False, rename="camel"):
    """Account channel."""

    details: Raw = Raw(b"")
    mgn_ratio: Scalar = ""


class BalancePositionRow(Struct, gc=False, rename="camel"):
    """Balance and position channel; an event holds only the side that changed."""

    bal_data: Raw = Raw(b"")
    pos_data: Raw = Raw(b"")


ACCOUNT_PUSHES = msgspec.json.Decoder(list[AccountPushRow])
BALANCE_POSITIONS = msgspec.json.Decoder(list[BalancePositionRow])
BALANCES = msgspec.json.Decoder(list[BalanceDetail])
