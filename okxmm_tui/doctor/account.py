"""The account: what the key may do, its modes, fees, leverage and order rate."""

from __future__ import annotations

import contextlib
from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.account import FeeRates
from okxmm_tui.core.types import AccountLevel
from okxmm_tui.doctor.desk import Desk
from okxmm_tui.doctor.rows import Row, failed, ok, skipped, warn
from okxmm_tui.errors import CredentialError, OkxmmError, UsageError, VenueUnreachableError
from okxmm_tui.okx.account_rows import LEVERAGES
from okxmm_tui.okx.convert import number
from okxmm_tui.okx.decoding import text_of
from okxmm_tui.okx.error_codes import is_credential_problem
from okxmm_tui.okx.messages import CONFIGS, ConfigRow
from okxmm_tui.okx.preparation import (
    LEVERAGE_PATH,
    accepted,
    account_of,
    check_leverage,
    load_fees,
)
from okxmm_tui.okx.trade_modes import mode_of

CONFIG_PATH = "/api/v5/account/config"
BPS = 10_000
LEVELS = {
    AccountLevel.SPOT: "1 Spot",
    AccountLevel.FUTURES: "2 Futures",
    AccountLevel.MULTI_CURRENCY: "3 Multi-currency margin",
    AccountLevel.PORTFOLIO: "4 Portfolio margin",
}


async def key(desk: Desk) -> list[Row]:
    """Whether the venue takes the key."""
    rows = accepted(await desk.rest.get(CONFIG_PATH), "account/config").rows(CONFIGS)
    if not rows:
        raise VenueUnreachableError("account/config answered without a row.", "Try again.")
    desk.config = config = rows[0]
    # The modes can be read whatever the key may do; the check "account" tells of unknown ones.
    with contextlib.suppress(UsageError):
        desk.account = account_of(_as_if_trading(config))
    label = text_of(config.label)
    return [ok("API key", f"accepted{f', label {label!r}' if label else ''}")]


async def permissions(desk: Desk) -> list[Row]:
    """What the key may do, and from where."""
    config = _config(desk)
    try:
        account_of(structs.replace(config, acct_lv="1", pos_mode="net_mode"))
    except CredentialError as error:
        return [failed("key permissions", error), _binding(config)]
    return [ok("key permissions", f"{text_of(config.perm)}; no withdrawal"), _binding(config)]


def _config(desk: Desk) -> ConfigRow:
    assert desk.config is not None  # noqa: S101 - the check needs the key
    return desk.config


def _as_if_trading(config: ConfigRow) -> ConfigRow:
    return structs.replace(config, perm="trade")


def _binding(config: ConfigRow) -> Row:
    """OKX v5, "API key": a key that may trade and is bound to no address ends after 14 days without use."""
    if addresses := text_of(config.ip):
        count = len(addresses.split(","))
        return ok("key's IP addresses", f"bound to {count} address{'' if count == 1 else 'es'}")
    if "trade" not in text_of(config.perm):
        return ok("key's IP addresses", "bound to none, and it may not trade")
    advice = "Bind it to this machine's address on OKX; otherwise it also works from anywhere else."
    return warn("key's IP addresses", "bound to none: it expires after 14 days without use", advice)


async def account(desk: Desk) -> list[Row]:
    """Account level, position mode and fee tier, and whether every instrument fits them."""
    found = desk.account or account_of(_as_if_trading(_config(desk)))
    modes = f"{LEVELS[found.level]}, {found.position_mode.value}"
    tier = text_of(_config(desk).level)
    rows = [ok("account", f"level {modes}" + (f", fee tier {tier}" if tier else ""))]
    for symbol in desk.symbols:
        name = f"{symbol} fits"
        if symbol not in desk.loaded:
            rows.append(skipped(name, f"Needs: {symbol}."))
            continue
        instrument = desk.loaded[symbol][0]
        try:
            mode = mode_of(instrument, found)
        except OkxmmError as error:
            rows.append(failed(name, error))
            continue
        sides = "long and short apart" if mode.has_position_side else "net"
        rows.append(ok(name, f"trades as {mode.td_mode}" + ("" if instrument.is_spot else f", {sides}")))
    return rows


async def fees(desk: Desk) -> list[Row]:
    """Maker and taker fee of every instrument."""
    rows: list[Row] = []
    for symbol in desk.symbols:
        name = f"{symbol} fees"
        if symbol not in desk.loaded:
            rows.append(skipped(name, f"Needs: {symbol}."))
            continue
        try:
            rates = (await load_fees(desk.rest, [desk.loaded[symbol]]))[symbol]
        except OkxmmError as error:
            rows.append(failed(name, error))
            continue
        rows.append(ok(name, _fee_text(rates)))
    return rows


def _fee_text(rates: FeeRates) -> str:
    return f"maker {_bps(rates.maker)}, taker {_bps(rates.taker)}"


def _bps(rate: Decimal) -> str:
    """A positive rate of ours is paid; OKX writes the same fee with a minus."""
    amount = f"{(abs(rate) * BPS).normalize():f} bps"
    if not rate:
        return amount
    return f"{amount} {'paid' if rate > 0 else 'earned (rebate)'} (OKX writes {-rate:f})"


async def leverage(desk: Desk) -> list[Row]:
    """Cross leverage of every derivative against what the instrument allows."""
    if desk.account is None:
        return [skipped("leverage", "Needs: account.")]
    if desk.account.level is AccountLevel.PORTFOLIO:
        return [ok("leverage", "Portfolio margin has none to set")]
    rows: list[Row] = []
    for symbol in desk.symbols:
        name = f"{symbol} leverage"
        if symbol not in desk.loaded:
            rows.append(skipped(name, f"Needs: {symbol}."))
        elif not desk.loaded[symbol][0].is_spot:
            rows.append(await _leverage_row(desk, desk.account.level, symbol, name))
    return rows or [ok("leverage", "spot is traded without")]


async def _leverage_row(desk: Desk, level: AccountLevel, symbol: str, name: str) -> Row:
    instrument = desk.loaded[symbol][0]
    try:
        reply = await desk.rest.get(LEVERAGE_PATH, {"instId": symbol, "mgnMode": "cross"})
        if not reply.is_ok:
            if is_credential_problem(reply.code):
                accepted(reply, "account/leverage-info")
            return warn(name, f"The venue did not say: {reply.problem.rstrip('.')}.", "Look at it on OKX.")
        levers = dict.fromkeys(f"{number(row.lever):f}x" for row in reply.rows(LEVERAGES) if row.lever)
        await check_leverage(desk.rest, [instrument], level)
    except OkxmmError as error:
        return failed(name, error)
    if not levers:
        return warn(name, "The venue did not say.", "Look at it on OKX.")
    return ok(name, f"cross {', '.join(levers)}; the instrument allows {instrument.max_leverage:f}x")


async def order_rate(desk: Desk) -> list[Row]:
    """How many orders the account may send."""
    limit = await desk.queries.account_rate_limit()
    if limit is None:
        return [ok("order rate", "the venue does not say; 1000 new and amended orders in 2 s are assumed")]
    if limit < desk.settings.risk.max_orders_per_min / 30:
        advice = "Lower risk.max_orders_per_min: the venue refuses what is above its own limit."
        return [warn("order rate", f"{limit} new and amended orders in 2 s", advice)]
    return [ok("order rate", f"{limit} new and amended orders in 2 s, all instruments together")]
