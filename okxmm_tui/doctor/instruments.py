"""The instruments: rules, state, and what OKX has announced of them."""

from __future__ import annotations

from datetime import UTC, datetime

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.params import plain
from okxmm_tui.core.types import ContractKind
from okxmm_tui.doctor.desk import Desk
from okxmm_tui.doctor.rows import Row, bad_setting, failed, ok, warn
from okxmm_tui.errors import OkxmmError, WireError
from okxmm_tui.okx.convert import optional_number
from okxmm_tui.okx.decoding import Scalar, text_of
from okxmm_tui.okx.instrument_notes import INSTRUMENT_NOTES, InstrumentNotes, UpcomingChange
from okxmm_tui.okx.preparation import PUBLIC_INSTRUMENTS, accepted, inst_type_of, load_instruments

SOON_MS = 7 * 86_400_000
"""An expiry nearer than this is warned of."""


async def instruments(desk: Desk) -> list[Row]:
    """Load every instrument by itself, so that one wrong name hides no other.

    Fails only when none of them can be traded; a single one fails in its own row and in what needs it.
    """
    rows: list[Row] = []
    for symbol in desk.symbols:
        try:
            loaded = await load_instruments(desk.rest, [symbol], has_key=desk.config is not None)
        except OkxmmError as error:
            rows.append(failed(symbol, error))
            continue
        desk.loaded[symbol] = loaded[0]
        rows.append(_rules(loaded[0][0]))
        rows.append(await _announced(desk, symbol))
    return rows


def _rules(instrument: Instrument) -> Row:
    unit = instrument.size_unit
    face = "" if instrument.is_spot else f", 1 {unit} = {_face(instrument)}"
    code = "no instIdCode" if instrument.code is None else f"instIdCode {instrument.code}"
    finding = (
        f"{instrument.inst_type} {instrument.state or 'unknown'}: tick {instrument.tick_size:f}, "
        f"lot {instrument.lot_size:f} {unit}{face}, min {_size(instrument, instrument.min_size_lots)}, "
        f"max {_size(instrument, instrument.max_limit_lots)}, {code}"
    )
    if not instrument.is_tradable:
        return bad_setting(instrument.inst_id, finding, "Wait until it is live, or trade another instrument.")
    if instrument.code is None:
        advice = "OKX generates the code when it lists an instrument; try again in a few minutes."
        return bad_setting(instrument.inst_id, finding, advice)
    return ok(instrument.inst_id, finding)


def _size(instrument: Instrument, size_lots: int) -> str:
    return f"{plain(instrument.size(size_lots))} {instrument.size_unit}"


def _face(instrument: Instrument) -> str:
    # A linear contract is an amount of the base currency, an inverse one of the quote currency.
    is_inverse = instrument.kind is ContractKind.INVERSE
    ccy = instrument.quote_ccy if is_inverse else instrument.base_ccy
    return f"{instrument.contract_value:f} {ccy}"


async def _announced(desk: Desk, symbol: str) -> Row:
    name = f"{symbol} announcements"
    query = {"instType": inst_type_of(symbol), "instId": symbol}
    try:
        reply = accepted(
            await desk.rest.get(PUBLIC_INSTRUMENTS, query, is_signed=False), "public/instruments"
        )
        row = next((each for each in reply.rows(INSTRUMENT_NOTES) if each.inst_id == symbol), None)
        if row is None:
            return warn(name, "The venue gave none.", "Read the announcements on OKX.")
        return _notes_row(name, row, desk.clock.now_ns() // 1_000_000)
    except WireError as error:
        return warn(name, error.message, "Read the announcements on OKX.")
    except OkxmmError as error:
        return failed(name, error)


def _notes_row(name: str, row: InstrumentNotes, now_ms: int) -> Row:
    notes = [_change_text(change) for change in row.upc_chg or ()]
    advice = "Start the session anew after the change: rules are read at the start." if notes else ""
    kind = text_of(row.rule_type)
    if kind not in {"", "normal"}:
        notes.append(f"rule type {kind}")
    if ends_ms := optional_number(row.exp_time):
        notes.append(f"ends {_when(row.exp_time)}")
        if ends_ms - now_ms < SOON_MS:
            advice = "Be flat before it ends: it settles or is delisted then."
    finding = "; ".join(notes) or "no change of rules ahead"
    return warn(name, finding, advice) if advice else ok(name, finding)


def _change_text(change: UpcomingChange) -> str:
    return f"{text_of(change.param)} becomes {text_of(change.new_value)} at {_when(change.eff_time)}"


def _when(value: Scalar) -> str:
    moment_ms = optional_number(value)
    if not moment_ms:
        return "an unknown time"
    try:
        return datetime.fromtimestamp(float(moment_ms) / 1_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return text_of(value)
