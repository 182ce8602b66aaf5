"""An operator's strategy that raises at random on one of two markets, end to end and headless."""

from __future__ import annotations

import shutil
import signal
from importlib.resources import files
from pathlib import Path

import zstandard

from tests.safety.session import Headless, until

PLUG_IN = """
import random

from okxmm_tui.strategies.inventory_skew import InventorySkew


class Shaky(InventorySkew):
    name = "shaky"

    def __init__(self):
        self._dice = random.Random(7)

    def target(self, market, params):
        if market.instrument.inst_id.startswith("ETH") and self._dice.random() < 0.2:
            raise ArithmeticError("the dice said so")
        return super().target(market, params)
"""
LINES = 6_000


def second_market(folder: Path) -> Path:
    """The beginning of the built-in recording under another name, with its metadata beside it."""
    data = files("okxmm_tui.data")
    packed = (data / "btc-usdt-swap.jsonl.zst").read_bytes()
    with zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as reader:
        text = reader.read(8_000_000).decode().replace("BTC-USDT-SWAP", "ETH-USDT-SWAP")
    path = folder / "eth.jsonl"
    path.write_text("".join(f"{line}\n" for line in text.split("\n")[:LINES]))
    shutil.copyfile(str(data / "instruments.json"), folder / "instruments.json")
    return path


def test_one_market_pauses_with_a_sentence_and_the_other_trades_on(tmp_path):
    """The plug-in fails on ETH: its orders go, the traceback is in okxmm.log, BTC keeps bid and ask."""
    plug_in = tmp_path / "shaky.py"
    plug_in.write_text(PLUG_IN)
    state = tmp_path / "state"
    session = Headless(
        state,
        *("--symbol", "BTC-USDT-SWAP", "--symbol", "ETH-USDT-SWAP"),
        *("--market", "builtin", "--market", str(second_market(tmp_path))),
        *("--strategy", f"{plug_in}:Shaky", "--set", "order_size=0.1"),
    ).start()
    try:

        def failed() -> str | None:
            texts = [line["text"] for line in session.of_kind("alarm")]
            return next((text for text in texts if "strategy failed" in text), None)

        assert until(failed, "the plug-in to fail").startswith(
            "ETH-USDT-SWAP: strategy failed: ArithmeticError: the dice said so; its quotes are pulled"
        )

        def only_bitcoin() -> bool | None:
            orders = session.live_orders()
            sides = {(order["instId"], order["side"]) for order in orders}
            return sides == {("BTC-USDT-SWAP", "buy"), ("BTC-USDT-SWAP", "sell")} or None

        assert until(only_bitcoin, "quotes on the other market only")
        session.process.send_signal(signal.SIGTERM)
        assert session.finish() == 0
    finally:
        session.stop_everything()
    log = (state / "okxmm.log").read_text()
    assert "Traceback" in log
    assert "in target" in log
    assert not session.of_kind("traceback")
    assert [line["exit_code"] for line in session.of_kind("summary")] == [0, 0]
