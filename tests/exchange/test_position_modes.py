"""Long/short mode, isolated margin, leverage and closing of positions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.types import AccountLevel, PositionMode, PositionSide
from tests.exchange.bench import ASK, BID, INST, Bench

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


@pytest.fixture
def hedged():
    """An account in long/short mode."""
    return Bench(position_mode=PositionMode.LONG_SHORT).deep_book()


def test_position_side_is_mandatory(hedged):
    """Without posSide, or with net, orders are refused in long/short mode."""
    codes = [hedged.place("buy", BID, posSide=side)["sCode"] for side in ("", "net", "both", "long")]
    assert codes == ["51000", "51000", "51000", "0"]


def test_golden_numbers_of_both_sides(hedged):
    """Long and short stand side by side, each with its own average, PnL and fees."""
    hedged.place("buy", ASK, "1", posSide="long")
    hedged.place("sell", BID, "1", posSide="short")
    rows = {row["posSide"]: row for row in hedged.data("account/positions")}
    assert {side: (row["pos"], row["avgPx"]) for side, row in rows.items()} == {
        "long": ("1", "60000.1"),
        "short": ("1", "60000"),
    }
    assert rows["long"]["posId"] != rows["short"]["posId"]
    assert (rows["long"]["upl"], rows["short"]["upl"]) == ("-0.0005", "-0.0005")
    hedged.place("sell", BID - 1, "1", posSide="long", ordType="ioc")
    assert hedged.position(side=LONG).realised == Decimal("0.01") * (Decimal("59999.9") - Decimal("60000.1"))
    assert hedged.position(side=SHORT).lots == -100
    bills = [(bill["subType"], bill["type"]) for bill in reversed(hedged.data("account/bills?type=2"))]
    assert bills == [("3", "2"), ("4", "2"), ("5", "2")]


def test_both_sides_need_margin(hedged):
    """A long and a short of one instrument do not net for margin."""
    hedged.place("buy", ASK, "1", posSide="long")
    hedged.place("sell", BID, "1", posSide="short")
    margin = hedged.state.margin().of("USDT").total_margin
    assert margin == 2 * Decimal("0.01") * Decimal("60000.05") / 10


def test_closing_orders_only_reduce(hedged):
    """Without a position 51169, beyond what is available 51112; pending closes claim their part."""
    assert hedged.place("sell", ASK + 5, "1", posSide="long")["sCode"] == "51169"
    hedged.place("buy", ASK, "1", posSide="long")
    assert hedged.place("sell", ASK + 5, "1.5", posSide="long")["sCode"] == "51112"
    first = hedged.place("sell", ASK + 5, "0.7", posSide="long")
    assert first["sCode"] == "0"
    assert hedged.data("account/positions")[0]["availPos"] == "0.3"
    assert hedged.place("sell", ASK + 6, "0.4", posSide="long")["sCode"] == "51112"
    assert hedged.place("sell", ASK + 6, "0.3", posSide="long")["sCode"] == "0"
    body = {"instId": INST, "ordId": first["ordId"], "newSz": "0.8"}
    assert hedged.rest("POST", "trade/amend-order", body)[1]["data"][0]["sCode"] == "51112"


def test_closing_needs_no_margin(hedged):
    """With everything bound, closing is still possible."""
    hedged.book(((BID, 10**6),), ((ASK, 10**6),))
    assert hedged.place("buy", ASK, "1600", posSide="long")["sCode"] == "0"
    assert hedged.place("sell", BID, "400", posSide="short")["sCode"] == "51008"
    assert hedged.place("sell", ASK + 5, "1600", posSide="long")["sCode"] == "0"


def test_position_mode_changes_only_when_flat():
    """Orders or positions forbid the change (59000); repeating the present mode is fine."""
    bench = Bench().deep_book()
    ack = bench.place("buy", BID)
    path, body = "account/set-position-mode", {"posMode": "long_short_mode"}
    assert bench.refused("POST", path, body) == "59000"
    assert bench.post(path, posMode="net_mode") == [{"posMode": "net_mode"}]
    bench.post("trade/cancel-order", instId=INST, ordId=ack["ordId"])
    assert bench.post(path, **body) == [{"posMode": "long_short_mode"}]
    assert bench.data("account/config")[0]["posMode"] == "long_short_mode"
    bench.place("buy", ASK, posSide="long")
    assert bench.refused("POST", path, {"posMode": "net_mode"}) == "59000"
    bench.wait(2)
    assert bench.refused("POST", path, {"posMode": "hedge"}) == "51000"
    assert bench.refused("POST", path, {}) == "50014"


@pytest.mark.parametrize("level", [AccountLevel.SPOT, AccountLevel.PORTFOLIO])
def test_levels_without_sides(level):
    """Spot and portfolio accounts cannot keep long and short apart."""
    bench = Bench(account_level=level)
    body = {"posMode": "long_short_mode"}
    assert bench.refused("POST", "account/set-position-mode", body) == "51010"


def test_isolated_margin_stands_alone():
    """Margin is set aside at the opening and shown; the rest of the account stays free."""
    bench = Bench().deep_book()
    bench.post("account/set-leverage", instId=INST, mgnMode="isolated", lever="20")
    bench.place("buy", ASK, "1", tdMode="isolated")
    (row,) = bench.data("account/positions")
    assert (row["mgnMode"], row["margin"], row["lever"]) == ("isolated", "30.00005", "20")
    detail = bench.data("account/balance")[0]["details"][0]
    fee = Decimal("0.3000005")
    assert Decimal(detail["cashBal"]) == 100_000 - fee
    assert Decimal(detail["availEq"]) == 100_000 - fee - Decimal("30.00005")
    assert Decimal(detail["isoEq"]) == Decimal("30.00005") + Decimal(row["upl"])
    bench.place("buy", ASK + 1, "1")
    assert {one["mgnMode"] for one in bench.data("account/positions")} == {"isolated", "cross"}


def test_leverage_per_side_with_isolated_margin(hedged):
    """Each side has its own; cross has one for both, shown twice."""
    path = f"account/leverage-info?instId={INST}&mgnMode="
    hedged.post("account/set-leverage", instId=INST, mgnMode="isolated", posSide="long", lever="20")
    hedged.post("account/set-leverage", instId=INST, mgnMode="cross", lever="5")
    shown = {
        mode: [(row["posSide"], row["lever"]) for row in hedged.data(path + mode)]
        for mode in ("isolated", "cross")
    }
    assert shown == {"isolated": [("long", "20"), ("short", "10")], "cross": [("long", "5"), ("short", "5")]}
    body = {"instId": INST, "mgnMode": "isolated", "lever": "7"}
    assert hedged.refused("POST", "account/set-leverage", body) == "51000"
    assert (
        hedged.refused("POST", "account/set-leverage", body | {"mgnMode": "", "posSide": "long"}) == "50014"
    )


def test_leverage_cannot_be_lowered_below_the_margin():
    """What is open must still be covered; the old leverage stays."""
    bench = Bench(balance=Decimal(1000)).deep_book(10_000)
    bench.place("buy", ASK, "10")
    body = {"instId": INST, "mgnMode": "cross", "lever": "2"}
    assert bench.refused("POST", "account/set-leverage", body) == "59103"
    bench.post("account/set-leverage", instId=INST, mgnMode="cross", lever="20")
    assert bench.refused("POST", "account/set-leverage", body) == "59103"
    assert bench.data(f"account/leverage-info?instId={INST}&mgnMode=cross")[0]["lever"] == "20"


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_close_position_of_a_net_account(side):
    """A market order over the whole position, by its own client id."""
    bench = Bench().deep_book()
    bench.place(side, ASK if side == "buy" else BID, "1.5", ordType="market")
    assert bench.post("trade/close-position", instId=INST, mgnMode="cross", clOrdId="bye", tag="t") == [
        {"instId": INST, "posSide": "net", "clOrdId": "bye", "tag": "t"}
    ]
    assert bench.position().lots == 0
    assert bench.refused("POST", "trade/close-position", {"instId": INST, "mgnMode": "cross"}) == "51023"


def test_close_position_of_one_side(hedged):
    """Closing orders in the way are refused with 51115, or canceled when asked; the other side stays."""
    hedged.place("buy", ASK, "1", posSide="long")
    hedged.place("sell", BID, "1", posSide="short")
    ack = hedged.place("sell", ASK + 5, "1", posSide="long")
    body = {"instId": INST, "mgnMode": "cross", "posSide": "long"}
    assert hedged.refused("POST", "trade/close-position", body) == "51115"
    hedged.post("trade/close-position", **body, autoCxl=True)
    assert hedged.order(ack).cancel_source == "1"
    assert (hedged.position(side=LONG).lots, hedged.position(side=SHORT).lots) == (0, -100)
    assert hedged.refused("POST", "trade/close-position", body | {"posSide": ""}) == "51000"


def test_funding_of_both_sides(hedged):
    """The long pays, the short receives the same."""
    hedged.place("buy", ASK, "1", posSide="long")
    hedged.place("sell", BID, "1", posSide="short")
    hedged.fault("funding")
    rate = Decimal("0.01") * Decimal("60000.05") * Decimal("0.0001")
    assert hedged.position(side=LONG).funding == -rate
    assert hedged.position(side=SHORT).funding == rate
    assert [bill["subType"] for bill in hedged.data("account/bills?type=8")] == ["174", "173"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("account/set-leverage", [1], "51000"),
        ("account/set-leverage", {"instId": INST, "mgnMode": "cross", "lever": "NaN"}, "51000"),
        ("account/set-leverage", {"mgnMode": "cross", "lever": "3"}, "50014"),
        ("account/set-leverage", {"instId": INST, "mgnMode": "cash", "lever": "3"}, "51000"),
        ("account/set-leverage", {"instId": INST, "mgnMode": "cross", "lever": "much"}, "51000"),
        (
            "account/set-leverage",
            {"instId": INST, "mgnMode": "cross", "lever": "3", "posSide": "up"},
            "51000",
        ),
        ("trade/close-position", [1], "51000"),
        ("trade/close-position", {"mgnMode": "cross"}, "50014"),
        ("trade/close-position", {"instId": INST}, "50014"),
        ("trade/close-position", {"instId": INST, "mgnMode": "cross", "posSide": "long"}, "51000"),
    ],
)
def test_wrong_requests(path, body, code):
    """Absent and wrong parameters are named before anything happens."""
    assert Bench().deep_book().refused("POST", path, body) == code


def test_pooled_accounts_have_no_isolated_leverage():
    """Isolated margin is no longer offered with multi-currency margin: 50072."""
    bench = Bench(account_level=AccountLevel.MULTI_CURRENCY)
    body = {"instId": INST, "mgnMode": "isolated", "lever": "3"}
    assert bench.refused("POST", "account/set-leverage", body) == "50072"


def test_funding_of_an_isolated_position_comes_out_of_its_margin():
    """The margin set aside shrinks by what is paid, and the balance with it."""
    bench = Bench().deep_book()
    bench.place("buy", ASK, "1", tdMode="isolated")
    position, cash = bench.position(mode="isolated"), bench.account.cash
    aside = position.margin
    bench.fault("funding")
    paid = Decimal("0.01") * Decimal("60000.05") * Decimal("0.0001")
    assert (position.margin, bench.account.cash) == (aside - paid, cash - paid)


def test_positions_by_id(hedged):
    """PosId tells the sides apart, also when one is flat."""
    hedged.place("buy", ASK, "1", posSide="long")
    hedged.place("sell", BID, "1", posSide="short")
    ids = {row["posSide"]: row["posId"] for row in hedged.data("account/positions")}
    hedged.post("trade/close-position", instId=INST, mgnMode="cross", posSide="short")
    (row,) = hedged.data(f"account/positions?posId={ids['short']}")
    assert (row["posSide"], row["pos"]) == ("short", "0")
