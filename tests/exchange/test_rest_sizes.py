"""max-size, max-avail-size, bills and their archive, activate-feature, and the state report."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from okxmm_tui.core.types import AccountLevel, PositionMode
from tests.exchange.bench import ASK, BID, INST, Bench

SPOT, INVERSE = "BTC-USDT", "BTC-USD-SWAP"


def wide_bench(**settings):
    """A funded account with a deep book of every kind."""
    made = Bench(coin_balance=Decimal(1), **settings).deep_book(10**6)
    return made.deep_book(10**6, inst=INVERSE).deep_book(10**9, inst=SPOT, bid=6_000_000)


@pytest.mark.parametrize(("inst", "step"), [(INST, Decimal("0.01")), (INVERSE, Decimal("0.1"))])
@pytest.mark.parametrize("held", [None, "buy", "sell"])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_max_size_is_exactly_what_a_placement_takes(inst, step, held, side):
    """The largest size told is accepted, one lot more is refused."""
    bench = wide_bench()
    if held:
        bench.place(held, size="50", instId=inst, ordType="market")
        bench.place("sell", ASK + 50, "20", instId=inst)
    price = BID if side == "buy" else ASK
    query = f"account/max-size?instId={inst}&tdMode=cross&px={Decimal(price) / 10}"
    (row,) = bench.data(query)
    most = Decimal(row["maxBuy" if side == "buy" else "maxSell"])
    assert bench.place(side, price, str(most + step), instId=inst, ordType="post_only")["sCode"] == "51008"
    assert bench.place(side, price, str(most), instId=inst, ordType="post_only")["sCode"] == "0"


def test_max_size_of_spot_and_leverage():
    """Spot is told in base currency; an assumed leverage counts for contracts."""
    bench = wide_bench()
    (row,) = bench.data(f"account/max-size?instId={SPOT}&tdMode=cash&px=50000")
    assert (row["maxBuy"], row["maxSell"]) == ("2", "1")
    rows = bench.data(f"account/max-size?instId={INST},{INVERSE}&tdMode=isolated&px=50000&leverage=20")
    assert [(row["instId"], row["ccy"]) for row in rows] == [(INST, "USDT"), (INVERSE, "BTC")]
    assert rows[0]["maxBuy"] == "4000"


def test_max_avail_size():
    """Currency for spot, margin for contracts, contracts for reducing."""
    bench = wide_bench()
    bench.place("buy", ASK, "3")
    assert bench.data(f"account/max-avail-size?instId={SPOT}&tdMode=cash")[0]["availSell"] == "1"
    (row,) = bench.data(f"account/max-avail-size?instId={INST}&tdMode=cross")
    assert row["availBuy"] == row["availSell"]
    assert Decimal(row["availBuy"]) == Decimal(
        bench.data("account/balance?ccy=USDT")[0]["details"][0]["availEq"]
    )
    (row,) = bench.data(f"account/max-avail-size?instId={INST}&tdMode=cross&reduceOnly=true")
    assert (row["availBuy"], row["availSell"]) == ("0", "3")


def test_sizes_in_long_short_mode():
    """Buys open longs and close shorts; what may be closed is told by side."""
    bench = wide_bench(position_mode=PositionMode.LONG_SHORT)
    bench.place("buy", ASK, "3", posSide="long")
    bench.place("sell", BID, "2", posSide="short")
    (row,) = bench.data(f"account/max-avail-size?instId={INST}&tdMode=cross&reduceOnly=true")
    assert (row["availBuy"], row["availSell"]) == ("2", "3")
    (row,) = bench.data(f"account/max-size?instId={INST}&tdMode=cross&px=60000")
    assert bench.place("buy", BID, row["maxBuy"], posSide="long", ordType="post_only")["sCode"] == "0"


@pytest.mark.parametrize("path", ["max-size", "max-avail-size"])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("tdMode=cross", "50014"),
        (f"instId={INST}", "50014"),
        ("instId=NOPE&tdMode=cross", "51001"),
        (f"instId={INST}&tdMode=cash", "51000"),
        (f"instId={','.join([INST] * 6)}&tdMode=cross", "51000"),
    ],
)
def test_wrong_questions(path, query, code):
    """Absent, unknown and too many."""
    assert wide_bench().refused("GET", f"account/{path}?{query}") == code


def test_spot_account_has_no_contract_sizes():
    """In spot mode there is nothing to tell about a swap: 51010."""
    bench = wide_bench(account_level=AccountLevel.SPOT)
    assert bench.refused("GET", f"account/max-size?instId={INST}&tdMode=cross") == "51010"
    body = {"instId": INST, "mgnMode": "cross", "lever": "3"}
    assert bench.refused("POST", "account/set-leverage", body) == "51010"


def test_bills_filter_and_page():
    """By type, subtype, currency, instrument and time; newest first, paged by billId."""
    bench = wide_bench()
    bench.place("buy", ASK, "1")
    bench.place("buy", size="0.1", instId=SPOT, tdMode="cash", px="60000.01")
    bench.jump(1)
    bench.fault("funding")
    bills = bench.data("account/bills")
    assert [(bill["type"], bill["ccy"]) for bill in bills][:4] == [
        ("8", "USDT"),
        ("2", "USDT"),
        ("2", "BTC"),
        ("2", "USDT"),
    ]
    assert {bill["type"] for bill in bills[4:]} == {"1"}
    assert bench.data(f"account/bills?after={bills[0]['billId']}&limit=2") == bills[1:3]
    assert bench.data(f"account/bills?before={bills[2]['billId']}") == bills[:2]
    assert bench.data("account/bills?type=7") == []
    assert bench.data("account/bills?subType=173") == bills[:1]
    assert bench.data("account/bills?instType=SPOT&ccy=BTC") == bills[2:3]
    bench.jump(5)
    assert bench.data(f"account/bills?begin={bills[0]['ts']}") == bills[:1]
    assert bench.data(f"account/bills?instId={SPOT}&end={bills[1]['ts']}") == bills[1:3]
    for query in ("limit=101", "type=trade", "after=x", "begin=yesterday"):
        bench.jump(5)
        assert bench.refused("GET", f"account/bills?{query}") == "51000"


def test_old_bills_move_to_the_archive():
    """After seven days only the archive knows them, after ninety nobody."""
    bench = wide_bench()
    known = len(bench.data("account/bills"))
    bench.jump(8 * 24 * 3600)
    assert bench.data("account/bills?type=1") == []
    assert len(bench.data("account/bills-archive?type=1")) == known
    bench.jump(90 * 24 * 3600)
    assert bench.data("account/bills-archive?type=1") == []


def test_order_archive_and_feature():
    """orders-history-archive answers like the history; activate-feature knows one feature."""
    bench = wide_bench()
    ack = bench.place("buy", ASK, "1")
    rows = bench.data("trade/orders-history-archive?instType=SWAP")
    assert [row["ordId"] for row in rows] == [ack["ordId"]]
    assert bench.refused("GET", "trade/orders-history-archive") == "50014"
    assert bench.post("account/activate-feature", feature="1") == []
    assert bench.refused("POST", "account/activate-feature", {"feature": "2"}) == "51000"
    assert bench.refused("POST", "account/activate-feature", {}) == "50014"


def test_trade_fee_of_spot():
    """Spot has its own rates."""
    (row,) = wide_bench().data("account/trade-fee?instType=SPOT&instId=BTC-USDT")
    assert (row["maker"], row["taker"], row["feeGroup"][0]["groupId"]) == ("-0.0008", "-0.001", "12")


def test_state_report_explains_every_balance():
    """Bills add up to cash, fills carry fee and currency, positions all they earned, for three kinds."""
    bench = wide_bench()
    for inst, size, more in (
        (INST, "2", {}),
        (INVERSE, "30", {}),
        (SPOT, "0.1", {"tdMode": "cash", "tgtCcy": "base_ccy"}),
    ):
        bench.place("buy", size=size, instId=inst, ordType="market", **more)
        bench.jump(1)
        bench.place("sell", size=str(Decimal(size) / 2), instId=inst, ordType="market", **more)
    bench.fault("funding")
    report = json.loads(json.dumps(bench.venue.ledger(bench.now_ns)))
    for balance in report["balances"]:
        bills = [bill for bill in report["bills"] if bill["ccy"] == balance["ccy"]]
        assert sum((Decimal(bill["balChg"]) for bill in bills), Decimal(0)) == Decimal(balance["cash"])
        held = [one for one in report["positions"] if one["ccy"] == balance["ccy"]]
        upl = sum((Decimal(one["upl"]) for one in held), Decimal(0))
        assert Decimal(balance["equity"]) == Decimal(balance["cash"]) + upl
        for one in held:
            fills = [fill for fill in report["fills"] if fill["instId"] == one["instId"]]
            assert sum(Decimal(fill["fee"]) for fill in fills) == Decimal(one["fees"])
            assert sum(Decimal(fill["fillPnl"]) for fill in fills) == Decimal(one["realisedPnl"])
    (spot,) = report["spot"]
    fees = {fill["feeCcy"]: Decimal(fill["fee"]) for fill in report["fills"] if fill["instId"] == SPOT}
    assert fees == {"BTC": Decimal(spot["baseFees"]), "USDT": Decimal(spot["quoteFees"])}
