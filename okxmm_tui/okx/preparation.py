"""Everything checked before a session trades: clock, instruments, key, account mode, fees.

Each refusal is an error that says what to do. OKX v5, sections "Get instruments", "Get account
configuration" and "Get fee rates".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from okxmm_tui.core.account import FeeRates
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import ContractKind
from okxmm_tui.errors import CredentialError, UsageError, VenueUnreachableError
from okxmm_tui.okx.convert import instrument_of, number
from okxmm_tui.okx.error_codes import is_credential_problem
from okxmm_tui.okx.messages import (
    CONFIGS,
    FEES,
    INSTRUMENTS,
    ConfigRow,
    FeeRow,
    InstrumentRow,
    Scalar,
    text_of,
)
from okxmm_tui.okx.rest import Rest, RestReply

PUBLIC_INSTRUMENTS = "/api/v5/public/instruments"
ACCOUNT_INSTRUMENTS = "/api/v5/account/instruments"
SPOT_ACCOUNT = "1"
FIX_KEY = "Check that the key belongs to this region and to this environment (demo or live)."


async def load_instruments(
    rest: Rest, inst_ids: Sequence[str], *, has_key: bool
) -> list[tuple[Instrument, InstrumentRow]]:
    """Load the metadata of linear swaps.

    Raises:
        UsageError: An instrument is unknown, not a linear swap, or has no metadata yet.
        VenueUnreachableError: The venue did not answer.
    """
    rows = {row.inst_id: row for row in await _swap_rows(rest, has_key=has_key)}
    loaded: list[tuple[Instrument, InstrumentRow]] = []
    for inst_id in dict.fromkeys(inst_ids):
        row = rows.get(inst_id)
        if row is None:
            raise await _unknown_symbol(rest, inst_id, rows)
        loaded.append((_linear(row), row))
    return loaded


async def load_account(rest: Rest) -> str:
    """Check key and account mode; returns the account's label.

    Raises:
        CredentialError: The key was refused, cannot trade, or can withdraw.
        UsageError: The account's settings do not allow net-mode swaps.
        VenueUnreachableError: The venue did not answer.
    """
    rows = accepted(await rest.get("/api/v5/account/config"), "account/config").rows(CONFIGS)
    if not rows:
        raise VenueUnreachableError("account/config answered without a row.")
    check_account(rows[0])
    return text_of(rows[0].label) or text_of(rows[0].uid) or "account"


def check_account(config: ConfigRow) -> None:
    """Check permissions and modes.

    Raises:
        CredentialError: The key cannot trade, or can withdraw.
        UsageError: Position or account mode does not fit.
    """
    permissions = {part.strip() for part in text_of(config.perm).split(",")}
    if "trade" not in permissions:
        raise CredentialError(
            f"The API key may not trade (its permissions are {text_of(config.perm)!r}).",
            "Create a key with trade permission and without withdraw.",
        )
    if "withdraw" in permissions:
        raise CredentialError(
            "The API key may withdraw funds, which this program refuses to hold.",
            "Create a key with trade permission only.",
        )
    if text_of(config.pos_mode) != "net_mode":
        raise UsageError(
            f"The account's position mode was {text_of(config.pos_mode)!r}; net_mode is needed.",
            "Close all positions and orders, then choose one-way mode in the OKX trading settings.",
        )
    if text_of(config.acct_lv) == SPOT_ACCOUNT:
        raise UsageError(
            "The account is in Spot mode, where swaps cannot be traded.",
            "Choose Futures mode or higher in the OKX trading settings.",
        )


async def load_fees(rest: Rest, rows: Iterable[InstrumentRow]) -> dict[str, FeeRates]:
    """Load the fee rates of every instrument, by id.

    Raises:
        CredentialError: The key was refused.
        VenueUnreachableError: The venue did not answer, or gave no rates.
    """
    found: dict[str, FeeRates] = {}
    for row in rows:
        query = {
            "instType": row.inst_type or "SWAP",
            "instFamily": text_of(row.inst_family) or text_of(row.uly),
        }
        reply = accepted(await rest.get("/api/v5/account/trade-fee", query), "account/trade-fee")
        rates = reply.rows(FEES)
        if not rates:
            raise VenueUnreachableError(f"account/trade-fee answered without rates for {row.inst_id}.")
        found[row.inst_id] = fees_of(rates[0], row.group_id)
    return found


def fees_of(row: FeeRow, group_id: Scalar) -> FeeRates:
    """Pick the rates of an instrument's group and turn the sign: OKX writes what is paid as negative."""
    for group in row.fee_group:
        if text_of(group.group_id) == text_of(group_id):
            return FeeRates(-number(group.maker), -number(group.taker))
    # Before feeGroup: the U fields are USDT-margined contracts, the bare ones coin-margined.
    maker = row.maker_u if text_of(row.maker_u) else row.maker
    taker = row.taker_u if text_of(row.taker_u) else row.taker
    return FeeRates(-number(maker), -number(taker))


def accepted(reply: RestReply, what: str) -> RestReply:
    """Return an accepted answer.

    Raises:
        CredentialError: The key was refused.
        VenueUnreachableError: Any other refusal.
    """
    if reply.is_ok:
        return reply
    if is_credential_problem(reply.code):
        raise CredentialError(f"OKX refused the API key at {what}: {reply.problem}.", FIX_KEY)
    raise VenueUnreachableError(f"OKX refused {what}: {reply.problem}.")


async def _swap_rows(rest: Rest, *, has_key: bool) -> list[InstrumentRow]:
    query = {"instType": "SWAP"}
    if has_key:
        # The account's own list knows limits of this user; some environments do not serve it.
        reply = await rest.get(ACCOUNT_INSTRUMENTS, query)
        if reply.is_ok and (rows := reply.rows(INSTRUMENTS)):
            return rows
        if is_credential_problem(reply.code):
            accepted(reply, "account/instruments")
    reply = accepted(await rest.get(PUBLIC_INSTRUMENTS, query, is_signed=False), "public/instruments")
    return reply.rows(INSTRUMENTS)


def _linear(row: InstrumentRow) -> Instrument:
    instrument = instrument_of(row)
    if instrument is None:
        raise UsageError(f"{row.inst_id} has no tick or lot size yet.", "It is not listed; try later.")
    if instrument.kind is not ContractKind.LINEAR:
        raise UsageError(
            f"{row.inst_id} is an {instrument.kind} contract.",
            "This version trades linear swaps, such as BTC-USDT-SWAP.",
        )
    return instrument


async def _unknown_symbol(rest: Rest, inst_id: str, rows: dict[str, InstrumentRow]) -> UsageError:
    linear = [each for each, row in rows.items() if text_of(row.ct_type) == "linear"]
    near = get_close_matches(inst_id.upper(), linear, n=3, cutoff=0.6)
    advice = f"Did you mean {', '.join(near)}?" if near else "See the list of swaps on OKX."
    for kind in ("SPOT", "FUTURES"):
        reply = await rest.get(PUBLIC_INSTRUMENTS, {"instType": kind, "instId": inst_id}, is_signed=False)
        if reply.is_ok and any(row.inst_id == inst_id for row in reply.rows(INSTRUMENTS)):
            return UsageError(f"{inst_id} is {kind}; this version trades linear swaps.", advice)
    return UsageError(f"symbol {inst_id!r} does not exist on this venue.", advice)
