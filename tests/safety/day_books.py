"""Every figure of the engine's books beside the exchange's own, and the sums that must come out exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from okxmm_tui.core.accounting.attribution import Decomposition
from okxmm_tui.core.types import ContractKind, Liquidity
from tests.safety.virtual import Engine, World

ZERO = Decimal(0)


class Audit(Struct, frozen=True):
    """One comparison of both books."""

    figures: dict[str, tuple[Decimal, Decimal]]
    """Name to (engine, exchange)."""
    parts: Decomposition
    fills: int
    takers: int
    settlements: int
    """Funding payments of the exchange."""

    @property
    def differences(self) -> list[str]:
        """Figures that are not equal to the last decimal."""
        return [
            f"{name}: engine {ours}, exchange {theirs}"
            for name, (ours, theirs) in self.figures.items()
            if ours != theirs
        ]


def audit(world: World, engine: Engine) -> Audit:
    """Compare at this moment; nothing may be on its way, and the mark must have stood still."""
    rows = world.venue.ledger(world.now_ns)
    market = engine.market
    kind = market.instrument.kind
    figures = _spot(engine, rows) if kind is ContractKind.SPOT else _contracts(engine, rows)
    figures |= _money(engine, rows)
    totals, fees = market.ledger.periods.session, [Decimal(row["fee"]) for row in rows["fills"]]
    figures["fills"] = (Decimal(totals.fills), Decimal(len(fees)))
    parts = market.quality.attribution.figures(market.mid_price)
    figures["decomposition"] = (parts.total, totals.booked + market.ledger.unrealised(market.mid_price))
    figures["since inception"] = (market.ledger.periods.inception.booked, totals.booked)
    identity = engine.reducer.books.account.identity()
    assert identity is not None
    for ccy, residual in identity.residuals:
        figures[f"residual {ccy}"] = (residual, ZERO)
    explained = (
        identity.realised + identity.unrealised + identity.fees + identity.funding + identity.interest
        + identity.forced + identity.conversion + identity.revaluation + identity.residual
    )  # fmt: skip
    figures["identity"] = (identity.equity - identity.opening - identity.transfers, explained)
    return Audit(
        figures=figures,
        parts=parts,
        fills=len(fees),
        takers=sum(row["execType"] == Liquidity.TAKER.value for row in rows["fills"]),
        settlements=sum(row["type"] == "8" for row in rows["bills"]),
    )


def _contracts(engine: Engine, rows: dict[str, Any]) -> dict[str, tuple[Decimal, Decimal]]:
    market, ledger = engine.market, engine.market.ledger
    totals, instrument = ledger.periods.session, market.instrument
    held = [row for row in rows["positions"] if row["instId"] == instrument.inst_id]
    theirs = held[0] if held else dict.fromkeys(("pos", "openCost", "realisedPnl", "fees", "funding"), "0")
    ours = {
        "pos": instrument.size(market.position_lots), "openCost": ledger.position.cost,
        "realisedPnl": totals.realised, "fees": totals.fees, "funding": totals.funding,
    }  # fmt: skip
    paired = {name: (ours[name], Decimal(theirs[name])) for name in ours}
    charged = [Decimal(row["fee"]) for row in rows["fills"]]
    rebates = totals.maker_rebates + totals.taker_rebates
    paired["rebates"] = (rebates, sum((fee for fee in charged if fee > 0), ZERO))
    return paired


def _spot(engine: Engine, rows: dict[str, Any]) -> dict[str, tuple[Decimal, Decimal]]:
    ledger, instrument = engine.market.ledger, engine.market.instrument
    totals = ledger.periods.session
    names = ("base", "openCost", "realisedPnl", "quoteFees")
    theirs = rows["spot"][0] if rows["spot"] else dict.fromkeys(names, "0")
    ours = (ledger.position.quantity, ledger.position.cost, totals.realised, totals.fees)
    paired = {name: (figure, Decimal(theirs[name])) for name, figure in zip(names, ours, strict=True)}
    quote_fees = [Decimal(row["fee"]) for row in rows["fills"] if row["feeCcy"] == instrument.quote_ccy]
    rebates = totals.maker_rebates + totals.taker_rebates
    paired["rebates"] = (rebates, sum((fee for fee in quote_fees if fee > 0), ZERO))
    holding = engine.market.holding
    assert holding is not None
    paired["holding"] = (holding.base_change, Decimal(theirs["base"]))
    return paired


def _money(engine: Engine, rows: dict[str, Any]) -> dict[str, tuple[Decimal, Decimal]]:
    """Cash moved, equity, and the exchange's bills against its own balance, by currency."""
    books, paired = engine.reducer.books.account, dict[str, tuple[Decimal, Decimal]]()
    billed = dict.fromkeys((row["ccy"] for row in rows["balances"]), ZERO)
    for bill in rows["bills"]:
        billed[bill["ccy"]] += Decimal(bill["balChg"])
    for row in rows["balances"]:
        ccy, cash = row["ccy"], Decimal(row["cash"])
        moved = engine.market.ledger.cash.get(ccy, ZERO)
        paired[f"cash {ccy}"] = (moved, cash - Decimal(row["initial"]))
        paired[f"equity {ccy}"] = (books.expected(ccy), Decimal(row["equity"]))
        paired[f"bills {ccy}"] = (billed[ccy], cash)
    return paired
