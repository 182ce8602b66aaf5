"""Instruments of the exchange: metadata rows as OKX returns them, beside the exact core form."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec

from okxmm_tui.core.decimals import read_decimal
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import ContractKind
from okxmm_tui.errors import RecordingError, WireError

PRODUCTION_CODES = {
    "BTC-USDT": 3,
    "ETH-USDT": 4,
    "BTC-USD-SWAP": 10458,
    "BTC-USDT-SWAP": 10459,
    "ETH-USDT-SWAP": 10461,
    "SOL-USDT-SWAP": 10530,
}
"""instIdCode of well-known instruments in production (OKX v5, public/instruments)."""

_DEFAULTS: dict[str, Any] = {
    "instFamily": "",
    "groupId": "",
    "maxLmtSz": "100000000",
    "maxMktSz": "100000",
    "maxLmtAmt": "20000000",
    "maxMktAmt": "",
    "lever": "10",
    "ruleType": "normal",
    "instCategory": "1",
    "tradeQuoteCcyList": [],
    "upcChg": [],
    "futureSettlement": False,
    "initPxLmtPct": "0.02",
    "floatPxLmtPct": "0.02",
    "maxPxLmtPct": "0.02",
    "rpi": "0",
}
_GROUP_IDS = {"SPOT": "1", "SWAP": "2", "FUTURES": "2", "OPTION": "1"}
_INDEX_PARTS = 2


class Listing(msgspec.Struct, frozen=True):
    """One listed instrument."""

    row: dict[str, Any]
    """The row of public/instruments, complete."""
    instrument: Instrument
    family: str
    """instFamily, e.g. BTC-USDT; the instId itself for spot."""
    group_id: str
    """Fee group of the instrument, matched with trade-fee."""

    @property
    def inst_id(self) -> str:
        """OKX instId."""
        return self.instrument.inst_id

    @property
    def code(self) -> int:
        """OKX instIdCode."""
        return int(self.row["instIdCode"])

    @property
    def is_spot(self) -> bool:
        """Whether it exchanges one currency for another."""
        return self.instrument.kind is ContractKind.SPOT

    @property
    def is_tradable_here(self) -> bool:
        """Whether the exchange takes orders: spot, swaps and dated futures, linear and inverse."""
        return self.instrument.inst_type in {"SPOT", "SWAP", "FUTURES"}

    @property
    def has_funding(self) -> bool:
        """Whether positions pay funding; dated futures do not."""
        return self.instrument.inst_type == "SWAP"

    @property
    def currencies(self) -> tuple[str, ...]:
        """Currencies an account needs to trade it: base and quote of spot, settlement of contracts."""
        ours = self.instrument
        return (ours.base_ccy, ours.quote_ccy) if self.is_spot else (ours.settle_ccy,)

    @property
    def index_id(self) -> str:
        """Index behind the instrument, e.g. BTC-USDT."""
        return self.row.get("uly") or "-".join(self.inst_id.split("-")[:_INDEX_PARTS])


def code_of(row: dict[str, Any]) -> int:
    """Return the row's instIdCode, the production one, or a stable 16-digit number."""
    inst_id = row["instId"]
    if row.get("instIdCode") is not None:
        return int(row["instIdCode"])
    if inst_id in PRODUCTION_CODES:
        return PRODUCTION_CODES[inst_id]
    digest = hashlib.sha256(inst_id.encode()).digest()
    return 10**15 + int.from_bytes(digest[:8], "big") % (9 * 10**15)


def listing(row: dict[str, Any]) -> Listing:
    """Build a listing from a metadata row, which may be years old and lack newer fields.

    Raises:
        RecordingError: The row lacks a number without which nothing can be traded.
    """
    full = {**_DEFAULTS, **{name: value for name, value in row.items() if value is not None}}
    for name in ("maxLmtSz", "maxMktSz", "lever"):
        full[name] = full[name] or _DEFAULTS[name]
    full["instIdCode"] = code_of(row)
    full["groupId"] = full["groupId"] or _GROUP_IDS.get(str(row.get("instType")), "1")
    try:
        instrument = _core_instrument(full)
    except (KeyError, WireError, ArithmeticError) as error:
        raise RecordingError(
            f"Metadata of {row.get('instId', 'an instrument')} was incomplete ({error!r}).",
            "Put the rows of GET /api/v5/public/instruments beside the recording.",
        ) from error
    return Listing(full, instrument, full["instFamily"] or full["uly"] or row["instId"], full["groupId"])


def _core_instrument(row: dict[str, Any]) -> Instrument:
    kind = _kind(row)
    lot = read_decimal(row["lotSz"])
    spot = kind is ContractKind.SPOT
    base, quote = [*row["instId"].split("-"), ""][:2]
    return Instrument(
        inst_id=row["instId"],
        inst_type=row["instType"],
        kind=kind,
        code=row["instIdCode"],
        tick_size=read_decimal(row["tickSz"]),
        lot_size=lot,
        min_size_lots=int(read_decimal(row["minSz"]) / lot),
        max_limit_lots=int(read_decimal(row["maxLmtSz"]) / lot),
        contract_value=Decimal(1)
        if spot
        else read_decimal(row["ctVal"]) * read_decimal(row["ctMult"] or "1"),
        base_ccy=row["baseCcy"] or base,
        quote_ccy=row["quoteCcy"] or quote,
        settle_ccy=row["settleCcy"] or row["quoteCcy"] or quote,
        state=row.get("state", "live"),
        max_leverage=read_decimal(row["lever"]),
    )


def _kind(row: dict[str, Any]) -> ContractKind:
    if row["instType"] in {"SPOT", "MARGIN"}:
        return ContractKind.SPOT
    if row.get("ctType"):
        return ContractKind(row["ctType"])
    # Rows from before ctType was filled: linear contracts settle in their quote currency.
    quote = row["instId"].split("-")[1]
    return ContractKind.LINEAR if row["settleCcy"] == quote else ContractKind.INVERSE


def packaged_metadata() -> Traversable:
    """Metadata of the built-in market."""
    return files("okxmm_tui.data") / "instruments.json"


def metadata_for(recording: Path) -> Path | Traversable:
    """Find the metadata that belongs to a recording: beside it, in its folder, or the packaged one."""
    stem = recording.name.removesuffix(".zst").removesuffix(".jsonl")
    for candidate in (
        recording.with_name(f"{stem}.instruments.json"),
        recording.with_name("instruments.json"),
    ):
        if candidate.is_file():
            return candidate
    return packaged_metadata()


def read_metadata(source: Path | Traversable) -> dict[str, Listing]:
    """Read metadata rows, by instId.

    Raises:
        RecordingError: The file is unreadable or holds no instrument rows.
    """
    hint = "It must be an answer of GET /api/v5/public/instruments."
    try:
        answer = msgspec.json.decode(source.read_bytes())
        rows = answer["data"] if isinstance(answer, dict) else answer
        return {row["instId"]: listing(row) for row in rows}
    except OSError as error:
        raise RecordingError(f"Metadata file {source} could not be read: {error.strerror}.", hint) from error
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
        raise RecordingError(f"Metadata file {source} held no instrument rows ({error}).", hint) from error
