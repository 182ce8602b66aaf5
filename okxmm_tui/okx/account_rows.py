"""Rows of account reads that only preparation and the truth need: leverage and bills.

OKX v5, "Get leverage" and "Get bills details (last 7 days)".
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from okxmm_tui.okx.decoding import Scalar


class LeverageRow(Struct, gc=False, rename="camel"):
    """``account/leverage-info``; one row per instrument and, with long and short apart, per side."""

    inst_id: str = ""
    mgn_mode: Scalar = ""
    pos_side: Scalar = ""
    lever: Scalar = ""


class BillRow(Struct, gc=False, rename="camel"):
    """``account/bills``; ``balChg`` is signed."""

    bill_id: Scalar = ""
    type: Scalar = ""
    inst_id: Scalar = ""
    ccy: Scalar = ""
    bal_chg: Scalar = ""
    ts: Scalar = ""


LEVERAGES = msgspec.json.Decoder(list[LeverageRow])
BILLS = msgspec.json.Decoder(list[BillRow])
