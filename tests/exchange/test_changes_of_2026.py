"""What changed at OKX up to late 2026 and is tested nowhere else (sheet, sections 0 and 13)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.exchange.bench import BID, CODE, INST


@pytest.mark.parametrize("op", ["amend-order", "cancel-order"])
def test_inst_id_is_ignored_beside_the_code(bench, op):
    """Since 2026-04-07 amend and cancel read instIdCode only: a wrong instId beside it does not matter."""
    order = bench.order(bench.place("buy", BID - 5))
    arg = {"instId": "ETH-USDT-SWAP", "ordId": order.order_id, "newSz": "2"}
    client = bench.connect()
    assert client.op(op, arg).take()[0]["data"][0]["sCode"] == "50014"
    assert client.op(op, arg | {"instIdCode": CODE}).take()[0]["code"] == "0"


@pytest.mark.parametrize("socket", ["public", "private", "business"])
def test_upgrade_notice_reaches_every_endpoint(bench, socket):
    """Since 2026-06-11 the notice comes on business, too."""
    client = bench.connect(socket)
    bench.fault("notice")
    (notice,) = client.take()
    assert (notice["event"], notice["code"], notice["connId"]) == (
        "notice",
        "64008",
        bench.state.registry.connections[client.number].conn_id,
    )


@pytest.mark.parametrize("channel", ["books-elp", "trades-elp"])
def test_elp_names_are_gone(bench, channel):
    """ELP names ended on 2026-10-31."""
    for socket in ("public", "business"):
        assert bench.connect(socket).subscribe(channel, instId=INST).take()[0]["code"] == "60018"


def test_price_limit_fields_of_the_instrument(bench):
    """Since 2026-06-30 the row names initial, floating and maximal limit."""
    (row,) = bench.data(f"public/instruments?instType=SWAP&instId={INST}")
    assert all(float(row[name]) > 0 for name in ("initPxLmtPct", "floatPxLmtPct", "maxPxLmtPct"))
    assert {"upcChg", "groupId", "ruleType", "instIdCode"} <= set(row)


@pytest.mark.parametrize("inst_type", ["ANY", "SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"])
def test_every_instrument_type_can_be_watched(bench, inst_type):
    """EVENTS is a type since 2026-04-15."""
    assert bench.connect().subscribe("orders", instType=inst_type).take()[0]["event"] == "subscribe"


def test_exclusive_depth_channels():
    """books-l2-tbt excludes books and books50-l2-tbt of one instrument and connection, and they it: 64004."""
    from tests.exchange.bench import Bench

    for first, second in (
        ("books-l2-tbt", "books"),
        ("books", "books-l2-tbt"),
        ("books50-l2-tbt", "books-l2-tbt"),
    ):
        client = Bench(vip=True).deep_book().connect("public", login=True).subscribe(first, instId=INST)
        client.take()
        assert client.subscribe(second, instId=INST).take()[0]["code"] == "64004"


def test_funding_bill_by_the_mark():
    """Funding at the mark price, bill type 8, positive rate paid by the long."""
    from tests.exchange.bench import ASK, Bench

    bench = Bench().deep_book()
    bench.place("buy", ASK, ordType="ioc")
    bench.fault("mark_divergence", instId=INST, bps=100).fault("funding")
    (bill,) = [row for row in bench.data("account/bills") if row["type"] == "8"]
    assert (bill["instId"], bill["subType"]) == (INST, "173")
    assert Decimal(bill["balChg"]) == -Decimal("60000.05") * Decimal("1.01") * Decimal("0.01") * Decimal(
        "0.0001"
    )
