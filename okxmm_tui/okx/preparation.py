"""Everything checked before a session trades: instruments, key, account modes, fees, leverage.

Each refusal is an error that says what to do. OKX v5, sections "Get instruments", "Get account
configuration", "Get fee rates" and "Get leverage".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from msgspec import structs

from okxmm_tui.core.account import AccountFacts, FeeRates
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import AccountLevel, ContractKind, PositionMode
from okxmm_tui.errors import CredentialError, UsageError, VenueUnreachableError
from okxmm_tui.okx.account_rows import LEVERAGES
from okxmm_tui.okx.convert import number, optional_number
from okxmm_tui.okx.decoding import Scalar, text_of
from okxmm_tui.okx.error_codes import is_credential_problem
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.messages import CONFIGS, FEES, INSTRUMENTS, ConfigRow, FeeRow, InstrumentRow
from okxmm_tui.okx.rest import Rest, RestReply
from okxmm_tui.okx.trade_modes import mode_of

PUBLIC_INSTRUMENTS = "/api/v5/public/instruments"
ACCOUNT_INSTRUMENTS = "/api/v5/account/instruments"
LEVERAGE_PATH = "/api/v5/account/leverage-info"
LEVERAGES_AT_ONCE = 20
FEES_PATH = "/api/v5/account/trade-fee"
"""Five requests in 2 s are allowed, and every instrument takes one."""
FIX_KEY = "Check that the key belongs to this region and to this environment (demo or live)."
OFFER = "Trade a spot pair (BTC-USDT), a swap (BTC-USDT-SWAP) or a dated future (BTC-USDT-261225)."

_SPOT = re.compile(r"[^-]+-[^-]+")
_SWAP = re.compile(r"[^-]+-[^-]+-SWAP")
_FUTURES = re.compile(r"[^-]+-[^-]+-\d{6}")
_OPTION = re.compile(r"[^-]+-[^-]+-\d{6}-[^-]+-[CP]")
_LEVELS = {level.value: level for level in AccountLevel}
_POSITION_MODES = {mode.value: mode for mode in PositionMode}

Loaded = tuple[Instrument, InstrumentRow]


def inst_type_of(inst_id: str) -> str:
    """Read the instrument type off an id: ``X-Y`` is SPOT, ``X-Y-SWAP`` SWAP, ``X-Y-YYMMDD`` FUTURES.

    Raises:
        UsageError: It is an option, or no id at all.
    """
    text = inst_id.upper()
    for pattern, inst_type in ((_SPOT, "SPOT"), (_SWAP, "SWAP"), (_FUTURES, "FUTURES")):
        if pattern.fullmatch(text):
            return inst_type
    if _OPTION.fullmatch(text):
        raise UsageError(f"{inst_id} is an option; options are not supported.", OFFER)
    raise UsageError(f"symbol {inst_id!r} does not exist on this venue.", OFFER)


async def load_instruments(rest: Rest, inst_ids: Sequence[str], *, has_key: bool) -> list[Loaded]:
    """Load the metadata of spot pairs, swaps and dated futures, in the order asked for.

    Raises:
        UsageError: An instrument is unknown, of another type, or has no metadata yet.
        CredentialError: The key was refused.
        VenueUnreachableError: The venue did not answer.
    """
    types = {inst_id: inst_type_of(inst_id) for inst_id in inst_ids}
    rows: dict[str, InstrumentRow] = {}
    for inst_type in dict.fromkeys(types.values()):
        rows |= {row.inst_id: row for row in await instrument_rows(rest, inst_type, has_key=has_key)}
    loaded: list[Loaded] = []
    for inst_id, inst_type in types.items():
        row = rows.get(inst_id)
        if row is None:
            raise _unknown_symbol(inst_id, inst_type, rows.values())
        instrument = instrument_of(row)
        if instrument is None:
            raise UsageError(
                f"{inst_id} has no tick size, lot size or contract value yet.", "It is not listed; try later."
            )
        loaded.append((instrument, row))
    return loaded


async def instrument_rows(rest: Rest, inst_type: str, *, has_key: bool) -> list[InstrumentRow]:
    """Read the venue's list of one type of instrument.

    Raises:
        CredentialError: The key was refused.
        VenueUnreachableError: The venue did not answer.
        WireError: The list was unreadable.
    """
    query = {"instType": inst_type}
    if has_key:
        # The account's own list knows limits of this user; some environments do not serve it.
        reply = await rest.get(ACCOUNT_INSTRUMENTS, query)
        if reply.is_ok and (rows := reply.rows(INSTRUMENTS)):
            return rows
        if is_credential_problem(reply.code):
            accepted(reply, "account/instruments")
    reply = accepted(await rest.get(PUBLIC_INSTRUMENTS, query, is_signed=False), "public/instruments")
    return reply.rows(INSTRUMENTS)


async def load_facts(rest: Rest, loaded: Sequence[Loaded]) -> AccountFacts:
    """Check key, account modes, every instrument against them, and leverage; and load the fee rates.

    Raises:
        CredentialError: The key was refused, cannot trade, or can withdraw.
        UsageError: The account's settings do not allow one of the instruments.
        VenueUnreachableError: The venue did not answer.
    """
    account = await load_account(rest)
    for instrument, _ in loaded:
        check_instrument(instrument, account)
    await check_leverage(rest, [instrument for instrument, _ in loaded], account.level)
    fees = await load_fees(rest, loaded)
    return structs.replace(account, fees=fees)


async def load_account(rest: Rest) -> AccountFacts:
    """Check the key and read the account's label and modes; fee rates are still missing.

    Raises:
        CredentialError: The key was refused, cannot trade, or can withdraw.
        UsageError: The account's modes are unknown to this version.
        VenueUnreachableError: The venue did not answer.
    """
    rows = accepted(await rest.get("/api/v5/account/config"), "account/config").rows(CONFIGS)
    if not rows:
        raise VenueUnreachableError("account/config answered without a row.")
    return account_of(rows[0])


def account_of(config: ConfigRow) -> AccountFacts:
    """Check permissions and read the modes.

    Raises:
        CredentialError: The key cannot trade, or can withdraw.
        UsageError: Account level or position mode is one this version does not know.
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
    level = _LEVELS.get(text_of(config.acct_lv))
    if level is None:
        raise UsageError(
            f"The account level was {text_of(config.acct_lv)!r}; known are 1 (Spot) to 4 (Portfolio margin).",
            "Choose one of these modes in the OKX trading settings.",
        )
    position_mode = _POSITION_MODES.get(text_of(config.pos_mode))
    if position_mode is None:
        raise UsageError(
            f"The position mode was {text_of(config.pos_mode)!r}; known are net_mode and long_short_mode.",
            "Close all positions and orders, then choose one of them in the OKX trading settings.",
        )
    label = text_of(config.label) or text_of(config.uid) or "account"
    return AccountFacts(label, {}, level, position_mode, text_of(config.uid))


def check_instrument(instrument: Instrument, account: AccountFacts) -> None:
    """Check that this account can trade an instrument now.

    Raises:
        UsageError: Its modes do not allow it, it is not live, or it has no WebSocket code.
    """
    mode_of(instrument, account)
    if not instrument.is_tradable:
        raise UsageError(
            f"{instrument.inst_id} is not open for trading; its state is {instrument.state or 'unknown'}.",
            "Wait until it is live, or choose another instrument.",
        )
    if instrument.code is None:
        raise UsageError(
            f"{instrument.inst_id} has no instIdCode yet, by which the WebSocket takes orders.",
            "OKX generates it when it lists an instrument; try again in a few minutes.",
        )


async def check_leverage(rest: Rest, instruments: Iterable[Instrument], level: AccountLevel) -> None:
    """Check that the account's cross leverage is one each derivative allows.

    Portfolio margin has none to set. A venue that does not tell is believed: it checks every order itself.

    Raises:
        CredentialError: The key was refused.
        UsageError: The leverage is above what the instrument allows.
    """
    if level is AccountLevel.PORTFOLIO:
        return
    derivatives = {each.inst_id: each for each in instruments if not each.is_spot}
    names = list(derivatives)
    for start in range(0, len(names), LEVERAGES_AT_ONCE):
        query = {"instId": ",".join(names[start : start + LEVERAGES_AT_ONCE]), "mgnMode": "cross"}
        reply = await rest.get(LEVERAGE_PATH, query)
        if not reply.is_ok:
            if is_credential_problem(reply.code):
                accepted(reply, "account/leverage-info")
            continue
        for row in reply.rows(LEVERAGES):
            instrument, lever = derivatives.get(row.inst_id), number(row.lever)
            if instrument is not None and lever > instrument.max_leverage:
                raise UsageError(
                    f"{row.inst_id}: the account's cross leverage is {lever:f}, the instrument allows "
                    f"{instrument.max_leverage:f}.",
                    "Lower the leverage of this instrument on OKX.",
                )


async def load_fees(rest: Rest, loaded: Iterable[Loaded]) -> dict[str, FeeRates]:
    """Load the fee rates of every instrument, by id: spot is asked for by pair, derivatives by family.

    Raises:
        CredentialError: The key was refused.
        VenueUnreachableError: The venue did not answer, or gave no rates.
    """
    found: dict[str, FeeRates] = {}
    for instrument, row in loaded:
        query = {"instType": instrument.inst_type or row.inst_type}
        if instrument.is_spot:
            query["instId"] = instrument.inst_id
        else:
            query["instFamily"] = text_of(row.inst_family) or text_of(row.uly)
        reply = accepted(await rest.get(FEES_PATH, query, is_patient=True), "account/trade-fee")
        rates = [each for each in reply.rows(FEES) if text_of(each.inst_type) in {"", instrument.inst_type}]
        if not rates:
            raise VenueUnreachableError(f"account/trade-fee answered without rates for {row.inst_id}.")
        found[row.inst_id] = fees_of(rates[0], row.group_id, instrument)
    return found


def fees_of(row: FeeRow, group_id: Scalar, instrument: Instrument) -> FeeRates:
    """Pick the rates of an instrument's group and turn the sign: OKX writes what is paid as negative.

    Raises:
        VenueUnreachableError: They were not said: an empty rate is no zero, and orders would lose by it.
    """
    group = next((each for each in row.fee_group if text_of(each.group_id) == text_of(group_id)), None)
    rates = (group.maker, group.taker) if group is not None else _ungrouped(row, instrument)
    maker, taker = map(optional_number, rates)
    if maker is None or taker is None:
        raise VenueUnreachableError(
            f"account/trade-fee answered without rates for {instrument.inst_id}, group {text_of(group_id)!r}."
        )
    return FeeRates(-maker, -taker)


def _ungrouped(row: FeeRow, instrument: Instrument) -> tuple[Scalar, Scalar]:
    # Before feeGroup: bare fields for spot and coin-margined, U for USDT-margined, USDC for USDC.
    if instrument.settle_ccy == "USDC" and text_of(row.maker_usdc):
        return row.maker_usdc, row.taker_usdc
    if instrument.kind is ContractKind.LINEAR and text_of(row.maker_u):
        return row.maker_u, row.taker_u
    return row.maker, row.taker


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


def _unknown_symbol(inst_id: str, inst_type: str, rows: Iterable[InstrumentRow]) -> UsageError:
    known = [row.inst_id for row in rows if row.inst_type in {"", inst_type}]
    near = get_close_matches(inst_id.upper(), known, n=3, cutoff=0.6)
    advice = f"Did you mean {', '.join(near)}?" if near else f"See the list of {inst_type} on OKX."
    return UsageError(f"symbol {inst_id!r} does not exist on this venue.", advice)
