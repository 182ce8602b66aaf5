"""What is checked before a session trades."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from okxmm_tui.core.account import AccountFacts, FeeRates
from okxmm_tui.core.types import AccountLevel, ContractKind, PositionMode
from okxmm_tui.errors import CredentialError, UsageError, VenueUnreachableError
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.messages import ConfigRow, FeeRow, InstrumentRow
from okxmm_tui.okx.preparation import (
    account_of,
    check_instrument,
    check_leverage,
    fees_of,
    inst_type_of,
    load_account,
    load_facts,
    load_fees,
    load_instruments,
)
from tests.okx.fake_venue import (
    COIN_FUTURE,
    CONFIG,
    ETH,
    FEES,
    FUTURE,
    INVERSE,
    KINDS,
    SPOT,
    SWAP,
    ok,
    refusal,
)
from tests.okx.test_rest import make_rest

FUTURES_NET = AccountFacts("desk", {})


def config(**changes):
    """An account configuration with changes."""
    return msgspec.convert(CONFIG | changes, ConfigRow)


def loaded(*rows):
    """Instruments with their rows, as ``load_instruments`` gives them."""
    wire = [msgspec.convert(row, InstrumentRow) for row in rows]
    return [(instrument_of(row), row) for row in wire]


@pytest.mark.parametrize("level", list(AccountLevel))
@pytest.mark.parametrize("mode", list(PositionMode))
def test_modes_of_the_account_are_read(level, mode):
    """Level and position mode come through as the venue writes them."""
    account = account_of(config(acctLv=level.value, posMode=mode.value))
    assert (account.level, account.position_mode, account.label) == (level, mode, "desk")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"perm": "read_only"}, CredentialError, "may not trade"),
        ({"perm": ""}, CredentialError, "may not trade"),
        ({"perm": "read_only,trade,withdraw"}, CredentialError, "withdraw"),
        ({"posMode": "sideways"}, UsageError, "position mode was 'sideways'"),
        ({"posMode": ""}, UsageError, "position mode was ''"),
        ({"acctLv": "9"}, UsageError, "account level was '9'"),
    ],
)
def test_unfitting_account_is_refused_with_advice(changes, error, words):
    """Every refusal says what was wrong and what to do."""
    with pytest.raises(error, match=words) as raised:
        account_of(config(**changes))
    assert raised.value.hint


@pytest.mark.parametrize(
    ("changes", "label"), [({}, "desk"), ({"label": ""}, "42"), ({"label": "", "uid": ""}, "account")]
)
async def test_account_is_named(changes, label):
    """The label, or the user id where there is none."""
    rest, _ = make_rest(ok([CONFIG | changes]))
    assert (await load_account(rest)).label == label


@pytest.mark.parametrize(
    ("inst_id", "inst_type"),
    [
        ("BTC-USDT", "SPOT"),
        ("BTC-USDT-SWAP", "SWAP"),
        ("BTC-USD_UM-SWAP", "SWAP"),
        ("BTC-USD-261225", "FUTURES"),
        ("eth-usdc", "SPOT"),
    ],
)
def test_the_id_tells_the_type(inst_id, inst_type):
    """Two words are a pair, SWAP says so itself, six digits are a delivery date."""
    assert inst_type_of(inst_id) == inst_type


@pytest.mark.parametrize(
    ("inst_id", "words"),
    [
        ("BTC-USD-261225-60000-C", "is an option; options are not supported"),
        ("DOGE", "does not exist"),
        ("BTC-USDT-26122", "does not exist"),
        ("", "does not exist"),
    ],
)
def test_what_is_no_pair_swap_or_future_is_refused(inst_id, words):
    """Options and things that are no id are named before anything is asked of the venue."""
    with pytest.raises(UsageError, match=words) as raised:
        inst_type_of(inst_id)
    assert "BTC-USDT-SWAP" in raised.value.hint


@pytest.mark.parametrize(
    ("row", "kind", "currencies", "face"),
    [
        (SPOT, ContractKind.SPOT, ("BTC", "USDT", "USDT"), "1"),
        (SWAP, ContractKind.LINEAR, ("BTC", "USDT", "USDT"), "0.01"),
        (INVERSE, ContractKind.INVERSE, ("BTC", "USD", "BTC"), "100"),
        (FUTURE, ContractKind.LINEAR, ("BTC", "USDT", "USDT"), "0.01"),
        (COIN_FUTURE, ContractKind.INVERSE, ("BTC", "USD", "BTC"), "100"),
    ],
)
async def test_every_kind_is_loaded_from_its_own_list(row, kind, currencies, face):
    """Spot, swaps and dated futures, linear and inverse: kind, currencies and contract value are right."""
    rest, http = make_rest(ok([each for each in KINDS if each["instType"] == row["instType"]]))
    [(instrument, _)] = await load_instruments(rest, [row["instId"]], has_key=True)
    assert (instrument.kind, instrument.contract_value) == (kind, Decimal(face))
    assert (instrument.base_ccy, instrument.quote_ccy, instrument.settle_ccy) == currencies
    assert http.sent[0][1].endswith(f"account/instruments?instType={row['instType']}")


async def test_kinds_come_back_in_the_order_asked_for():
    """One request a type, whatever the order; the order of the symbols stays."""
    rest, http = make_rest(ok([SPOT]), ok([SWAP, INVERSE]))
    wanted = ["BTC-USDT", "BTC-USD-SWAP", "BTC-USDT-SWAP"]
    found = await load_instruments(rest, wanted, has_key=False)
    assert [instrument.inst_id for instrument, _ in found] == wanted
    assert len(http.sent) == 2


LEVEL_TABLE = [
    # level, position mode, spot, derivative; None: allowed, otherwise words of the refusal
    ("1", "net_mode", None, "Spot mode, which has no derivatives"),
    ("1", "long_short_mode", None, "Spot mode, which has no derivatives"),
    ("2", "net_mode", None, None),
    ("2", "long_short_mode", None, None),
    ("3", "net_mode", None, None),
    ("3", "long_short_mode", None, None),
    ("4", "net_mode", None, None),
    ("4", "long_short_mode", "long and short apart", "long and short apart"),
]


@pytest.mark.parametrize(("level", "mode", "on_spot", "on_derivative"), LEVEL_TABLE)
@pytest.mark.parametrize("row", KINDS, ids=[row["instId"] for row in KINDS])
def test_every_combination_of_account_and_instrument(level, mode, on_spot, on_derivative, row):
    """The table of account modes: what OKX offers passes, the rest is refused with the way out."""
    account = AccountFacts("desk", {}, AccountLevel(level), PositionMode(mode))
    [(instrument, _)] = loaded(row)
    words = on_spot if row["instType"] == "SPOT" else on_derivative
    if words is None:
        check_instrument(instrument, account)
        return
    with pytest.raises(UsageError, match=words) as raised:
        check_instrument(instrument, account)
    assert "OKX trading settings" in raised.value.hint


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "preopen"}, "state is preopen"),
        ({"state": "suspend"}, "state is suspend"),
        ({"state": "rebase"}, "state is rebase"),
        ({"state": ""}, "state is unknown"),
        ({"instIdCode": None}, "no instIdCode"),
        ({"instType": "EVENTS"}, "of type EVENTS"),
    ],
)
def test_instruments_that_cannot_be_traded_now_are_refused(changes, words):
    """Not live, without a code, or of a type nobody wrote for."""
    [(instrument, _)] = loaded(SWAP | changes)
    with pytest.raises(UsageError, match=words) as raised:
        check_instrument(instrument, FUTURES_NET)
    assert raised.value.hint


async def test_leverage_above_the_instrument_s_is_refused():
    """The account's cross leverage must be one the instrument allows; spot is not asked for."""
    rest, http = make_rest(ok([{"instId": "BTC-USDT-SWAP", "lever": "125"}]))
    instruments = [instrument for instrument, _ in loaded(SPOT, SWAP)]
    with pytest.raises(UsageError, match="cross leverage is 125, the instrument allows 100"):
        await check_leverage(rest, instruments, AccountLevel.FUTURES)
    assert http.sent[0][1].endswith("leverage-info?instId=BTC-USDT-SWAP&mgnMode=cross")


async def test_leverage_is_asked_for_twenty_at_a_time():
    """More instruments than one request names are asked for in several."""
    rows = [SWAP | {"instId": f"C{n}-USDT-SWAP"} for n in range(21)]
    rest, http = make_rest(ok([]), ok([]))
    await check_leverage(rest, [each for each, _ in loaded(*rows)], AccountLevel.MULTI_CURRENCY)
    assert [path.count("-SWAP") for _, path, *_ in http.sent] == [20, 1]


@pytest.mark.parametrize(("rows", "level"), [((SPOT,), AccountLevel.SPOT), ((SWAP,), AccountLevel.PORTFOLIO)])
async def test_leverage_that_does_not_exist_is_not_asked_for(rows, level):
    """Spot has none, and portfolio margin has none to set."""
    rest, http = make_rest()
    await check_leverage(rest, [instrument for instrument, _ in loaded(*rows)], level)
    assert http.sent == []


async def test_leverage_the_venue_does_not_tell_stops_nobody_but_a_wrong_key_does():
    """A refusal of the read is no refusal of the instrument; a refused key is said."""
    rest, _ = make_rest(refusal("51000"), refusal("50111"))
    instruments = [instrument for instrument, _ in loaded(SWAP)]
    await check_leverage(rest, instruments, AccountLevel.FUTURES)
    with pytest.raises(CredentialError):
        await check_leverage(rest, instruments, AccountLevel.FUTURES)


async def test_facts_hold_modes_and_fees():
    """Account, instruments, leverage and fees in one call, and all of it is in the facts."""
    answers = ok([CONFIG | {"acctLv": "3", "posMode": "long_short_mode"}]), ok([]), ok([FEES])
    rest, _ = make_rest(*answers)
    facts = await load_facts(rest, loaded(SWAP))
    assert (facts.level, facts.position_mode) == (AccountLevel.MULTI_CURRENCY, PositionMode.LONG_SHORT)
    assert facts.fees == {"BTC-USDT-SWAP": FeeRates(Decimal("0.0002"), Decimal("0.0005"))}


async def test_facts_refuse_before_fees_are_asked_for():
    """A swap in spot mode ends at the account's configuration."""
    rest, http = make_rest(ok([CONFIG | {"acctLv": "1"}]))
    with pytest.raises(UsageError, match="Spot mode"):
        await load_facts(rest, loaded(SWAP))
    assert len(http.sent) == 1


@pytest.mark.parametrize("code", ["50101", "50105", "50110", "50111", "50113", "50119"])
async def test_refused_key_is_a_credential_error(code):
    """Each way a key can be wrong ends with exit code 3 and the venue's words."""
    rest, _ = make_rest(refusal(code, "venue words"))
    with pytest.raises(CredentialError, match="venue words"):
        await load_account(rest)


async def test_other_refusals_are_the_venue_s():
    """A venue in maintenance is not the operator's key."""
    rest, _ = make_rest(refusal("50005"), ok([]))
    for _ in range(2):
        with pytest.raises(VenueUnreachableError):
            await load_account(rest)


async def test_instruments_fall_back_to_the_public_list():
    """Where account/instruments is not served, public/instruments is."""
    rest, http = make_rest(refusal("50005"), ok([SWAP, ETH]))
    loaded = await load_instruments(rest, ["ETH-USDT-SWAP", "ETH-USDT-SWAP"], has_key=True)
    assert [instrument.inst_id for instrument, _ in loaded] == ["ETH-USDT-SWAP"]
    assert [path.split("?")[0].rsplit("/", 2)[1] for _, path, *_ in http.sent] == ["account", "public"]


async def test_refused_key_at_the_instruments():
    """A refused key is said at the first signed request."""
    rest, _ = make_rest(refusal("50111"))
    with pytest.raises(CredentialError):
        await load_instruments(rest, ["BTC-USDT"], has_key=True)


@pytest.mark.parametrize(
    ("inst_id", "words"),
    [
        ("NEW-USDT-SWAP", "no tick size, lot size or contract value"),
        ("HALF-USDT-SWAP", "no tick size, lot size or contract value"),
        ("btc-usdt-swap", "does not exist.*Did you mean BTC-USDT-SWAP"),
        ("QQQQ-XXXXXXXX", "does not exist.*list of SPOT"),
    ],
)
async def test_unfitting_symbols_are_refused_with_advice(inst_id, words):
    """New, half-listed, misspelt and unlisted symbols each get their own sentence."""
    new = {"instId": "NEW-USDT-SWAP", "instType": "SWAP", "ctType": "linear", "tickSz": ""}
    half = SWAP | {"instId": "HALF-USDT-SWAP", "ctVal": ""}
    rest, _ = make_rest(ok([SWAP, ETH, INVERSE, new, half]))
    with pytest.raises(UsageError, match=words):
        await load_instruments(rest, [inst_id], has_key=False)


def test_fees_by_group_turn_their_sign():
    """OKX writes what is paid as negative; a rebate ends up negative here."""
    row = msgspec.convert(
        {
            "feeGroup": [
                {"groupId": 1, "maker": "9", "taker": "9"},
                {"groupId": "4", "maker": "0.00005", "taker": "-0.0005"},
            ]
        },
        FeeRow,
    )
    [(instrument, _)] = loaded(SWAP)
    fees = fees_of(row, "4", instrument)
    assert (fees.maker, fees.taker) == (Decimal("-0.00005"), Decimal("0.0005"))


OLD_FEES = {
    "maker": "-0.1", "taker": "-0.2", "makerU": "-0.3", "takerU": "-0.4", "makerUSDC": "-0.5",
    "takerUSDC": "-0.6",
}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "fields", "maker"),
    [
        (SWAP, OLD_FEES, "0.3"),
        (SWAP, OLD_FEES | {"makerU": "", "takerU": ""}, "0.1"),
        (FUTURE, OLD_FEES, "0.3"),
        (INVERSE, OLD_FEES, "0.1"),
        (SPOT, OLD_FEES, "0.1"),
        (SWAP | {"settleCcy": "USDC"}, OLD_FEES, "0.5"),
        (SPOT | {"instId": "BTC-USDC", "quoteCcy": "USDC"}, OLD_FEES, "0.5"),
    ],
)
def test_fees_of_the_old_form(row, fields, maker):
    """Without groups: U for USDT-margined, USDC for USDC, the bare ones for spot and coin-margined."""
    [(instrument, _)] = loaded(row)
    assert fees_of(msgspec.convert(fields, FeeRow), "x", instrument).maker == Decimal(maker)


async def test_every_instrument_has_its_own_fees():
    """Rates are asked for and kept instrument by instrument: derivatives by family, spot by pair."""
    cheap = {"feeGroup": [{"groupId": "4", "maker": "-0.0001", "taker": "-0.0009"}], "instType": "SWAP"}
    spot = {"feeGroup": [{"groupId": "12", "maker": "-0.0008", "taker": "-0.001"}], "instType": "SPOT"}
    rest, http = make_rest(ok([FEES]), ok([cheap]), ok([cheap, spot]))
    fees = await load_fees(rest, loaded(SWAP, INVERSE, SPOT))
    assert fees[SWAP["instId"]].maker == Decimal("0.0002")
    assert fees[INVERSE["instId"]] == FeeRates(Decimal("0.0001"), Decimal("0.0009"))
    assert fees[SPOT["instId"]] == FeeRates(Decimal("0.0008"), Decimal("0.001"))
    assert [path.split("?")[1] for _, path, *_ in http.sent] == [
        "instType=SWAP&instFamily=BTC-USDT",
        "instType=SWAP&instFamily=BTC-USD",
        "instType=SPOT&instId=BTC-USDT",
    ]


OTHER_GROUP = {"groupId": "5", "maker": "-0.0002", "taker": "-0.0005"}
NO_TAKER = {"groupId": "4", "maker": "-0.0002", "taker": ""}


@pytest.mark.parametrize(
    "rates",
    [
        [],
        [FEES | {"instType": "SPOT"}],
        [{"feeGroup": [OTHER_GROUP], "maker": "", "taker": "", "makerU": "", "takerU": ""}],
        [{"feeGroup": [NO_TAKER]}],
        [{"makerU": "-0.0002"}],
    ],
)
async def test_missing_fees_are_an_error(rates):
    """Trading at unknown cost is no option; neither is trading at another type's cost."""
    rest, _ = make_rest(ok(rates))
    with pytest.raises(VenueUnreachableError, match="without rates"):
        await load_fees(rest, loaded(SWAP))


async def test_fees_of_many_instruments_outlast_the_rate_limit(waited):
    """Five such requests are taken in two seconds: the sixth instrument waits instead of ending the start."""
    rest, _ = make_rest(ok([FEES]), refusal("50011"), refusal("50011"), ok([FEES]))
    assert len(await load_fees(rest, loaded(SWAP, ETH))) == 2
    assert waited == [2.0, 2.0]
