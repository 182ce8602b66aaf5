"""What is checked before a session trades."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from okxmm_tui.core.account import FeeRates
from okxmm_tui.errors import CredentialError, UsageError, VenueUnreachableError
from okxmm_tui.okx.messages import ConfigRow, FeeRow, InstrumentRow
from okxmm_tui.okx.preparation import check_account, fees_of, load_account, load_fees, load_instruments
from tests.okx.fake_venue import CONFIG, ETH, FEES, INVERSE, SPOT, SWAP, ok, refusal
from tests.okx.test_rest import make_rest


def config(**changes):
    """An account configuration with changes."""
    return msgspec.convert(CONFIG | changes, ConfigRow)


def test_fitting_account_passes():
    """Net mode, futures account, trade permission: nothing to say."""
    check_account(config())


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"perm": "read_only"}, CredentialError, "may not trade"),
        ({"perm": ""}, CredentialError, "may not trade"),
        ({"perm": "read_only,trade,withdraw"}, CredentialError, "withdraw"),
        ({"posMode": "long_short_mode"}, UsageError, "net_mode"),
        ({"acctLv": "1"}, UsageError, "Spot mode"),
    ],
)
def test_unfitting_account_is_refused_with_advice(changes, error, words):
    """Every refusal says what was wrong and what to do."""
    with pytest.raises(error, match=words) as raised:
        check_account(config(**changes))
    assert raised.value.hint


@pytest.mark.parametrize(
    ("changes", "label"), [({}, "desk"), ({"label": ""}, "42"), ({"label": "", "uid": ""}, "account")]
)
async def test_account_is_named(changes, label):
    """The label, or the user id where there is none."""
    rest, _ = make_rest(ok([CONFIG | changes]))
    assert await load_account(rest) == label


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
        await load_instruments(rest, ["X"], has_key=True)


@pytest.mark.parametrize(
    ("inst_id", "extra", "words"),
    [
        ("BTC-USD-SWAP", [], "inverse contract.*linear swaps"),
        ("NEW-USDT-SWAP", [], "no tick or lot size"),
        ("BTC-USDT", [ok([SPOT])], "is SPOT; this version trades linear swaps.*BTC-USDT-SWAP"),
        ("BTC-USDT-261225", [ok([]), ok([SWAP | {"instId": "BTC-USDT-261225"}])], "is FUTURES"),
        ("btc-usdt-swap", [ok([]), refusal("51001")], "does not exist.*Did you mean BTC-USDT-SWAP"),
        ("DOGE", [ok([]), ok([])], "does not exist.*list of swaps"),
    ],
)
async def test_unfitting_symbols_are_refused_with_advice(inst_id, extra, words):
    """Inverse, spot, future, misspelt and unlisted symbols each get their own sentence."""
    rows = [SWAP, ETH, INVERSE, {"instId": "NEW-USDT-SWAP", "ctType": "linear", "tickSz": ""}]
    rest, _ = make_rest(ok(rows), *extra)
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
    fees = fees_of(row, "4")
    assert (fees.maker, fees.taker) == (Decimal("-0.00005"), Decimal("0.0005"))


def test_fees_of_the_old_form():
    """Without groups the U fields are the USDT-margined rates, the bare ones the rest."""
    both = msgspec.convert({"maker": "-0.1", "taker": "-0.2", "makerU": "-0.3", "takerU": "-0.4"}, FeeRow)
    bare = msgspec.convert({"maker": "-0.1", "taker": "-0.2", "makerU": "", "takerU": ""}, FeeRow)
    assert (fees_of(both, "4").maker, fees_of(both, "4").taker) == (Decimal("0.3"), Decimal("0.4"))
    assert (fees_of(bare, "4").maker, fees_of(bare, "4").taker) == (Decimal("0.1"), Decimal("0.2"))


async def test_every_instrument_has_its_own_fees():
    """Rates are asked for and kept instrument by instrument."""
    cheap = {"feeGroup": [{"groupId": "4", "maker": "-0.0001", "taker": "-0.0009"}]}
    rest, http = make_rest(ok([FEES]), ok([cheap]))
    rows = [msgspec.convert(row, InstrumentRow) for row in (SWAP, ETH)]
    fees = await load_fees(rest, rows)
    assert fees[SWAP["instId"]].maker == Decimal("0.0002")
    assert fees[ETH["instId"]] == FeeRates(Decimal("0.0001"), Decimal("0.0009"))
    assert http.sent[0][1].endswith("trade-fee?instType=SWAP&instFamily=BTC-USDT")


async def test_missing_fees_are_an_error():
    """Trading at unknown cost is no option."""
    rest, _ = make_rest(ok([]))
    with pytest.raises(VenueUnreachableError, match="without rates"):
        await load_fees(rest, [msgspec.convert(SWAP, InstrumentRow)])
