"""What OKX announces about an instrument beside its rules: changes to come, expiry, kind of rules.

OKX v5, "Get instruments": ``upcChg``, ``expTime`` and ``ruleType``. Apart from the rules
themselves, so that an odd announcement never keeps a session from starting.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from okxmm_tui.okx.decoding import Scalar


class UpcomingChange(Struct, gc=False, rename="camel"):
    """One announced change of a rule."""

    param: Scalar = ""
    """``tickSz``, ``minSz`` or ``maxMktSz``."""
    new_value: Scalar = ""
    eff_time: Scalar = ""
    """Unix ms."""


class InstrumentNotes(Struct, gc=False, rename="camel"):
    """Announcements of one instrument."""

    inst_id: str
    upc_chg: list[UpcomingChange] | None = None
    exp_time: Scalar = ""
    """Unix ms of expiry or delisting; empty when none is planned."""
    rule_type: Scalar = ""
    """``normal``, ``pre_market``, ``rebase_contract``, ``xperp``, ..."""


INSTRUMENT_NOTES = msgspec.json.Decoder(list[InstrumentNotes])
