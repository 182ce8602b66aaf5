"""The laboratory itself: scopes, counts, schedules, dice, replacement, listing and description."""

from __future__ import annotations

import json

import pytest

from okxmm_tui.exchange.faults.description import describe, markdown
from okxmm_tui.exchange.faults.kinds import FAULTS
from tests.exchange.bench import BID, CODE, INST, Bench
from tests.exchange.fault_table import TABLE, page

ORDER = {"instIdCode": CODE, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "1"}


def armed(bench):
    """Names and tallies of what is armed."""
    rows = json.loads(bench.venue.faults(bench.now_ns).body)["data"]
    return {row["fault"]: row for row in rows}


def outcomes(bench, count):
    """Codes of some placements in a row."""
    return [bench.place("buy", BID)["sCode"] for _ in range(count)]


def test_count_bounds_and_totals_remember(bench):
    """A spent fault leaves the list, its tally stays."""
    bench.fault("reject_next", code="51008", count=2)
    assert armed(bench)["reject_next"]["left"] == 2
    assert outcomes(bench, 3) == ["51008", "51008", "0"]
    assert armed(bench) == {}
    assert json.loads(bench.venue.faults(bench.now_ns).body)["fired"] == {"reject_next": 2}


def test_same_scope_replaces_and_another_scope_adds(bench):
    """The later of two faults of one name and scope wins; ``on: false`` ends it."""
    bench.fault("latency", ms=50).fault("latency", ms=70).fault("latency", ms=90, op="cancel")
    assert sorted(one.fault.ms for one in bench.state.faults.active()) == [70, 90]
    bench.fault("latency", on=False)
    assert [one.fault.ms for one in bench.state.faults.active()] == [90]


def test_schedule_begins_repeats_and_ends(bench):
    """after_s waits, for_s ends a turn, every_s begins the next."""
    bench.fault("reject_next", code="51006", count=None, after_s=1, every_s=4, for_s=2)
    seen = []
    for _ in range(10):
        seen.append(outcomes(bench, 1)[0] != "0")
        bench.wait(1)
    assert seen == [False, True, True, False, False, True, True, False, False, True]


def test_every_without_length_strikes_once_each_time(bench):
    """One strike a period when no length is given."""
    bench.fault("reject_next", code="51006", count=None, every_s=5)
    assert outcomes(bench, 3) == ["51006", "0", "0"]
    bench.wait(5)
    assert outcomes(bench, 2) == ["51006", "0"]


def test_acts_repeat_on_schedule_until_counted_out(bench):
    """A fault that acts at once acts again every_s, count times."""
    bench.fault("balance_cut", amount="10", every_s=1, count=3)
    bench.wait(10)
    assert bench.account.cash == 99_970
    assert armed(bench) == {}


@pytest.mark.parametrize("seed", [1, 2])
def test_dice_are_seeded(seed):
    """The same seed gives the same faults, another one others."""
    runs = []
    for number in (seed, seed, seed + 10):
        bench = Bench(seed=number).deep_book()
        bench.fault("reject_next", code="51006", count=None, probability=0.5)
        runs.append(outcomes(bench, 40))
    assert runs[0] == runs[1] != runs[2]
    assert {"0", "51006"} == set(runs[0])


def test_scope_by_transport_operation_and_instrument(bench):
    """A fault meets what it names and nothing else."""
    bench.fault("answer_error", code="50026", via="ws", op="place", count=None)
    client = bench.connect()
    assert client.op("order", ORDER).take()[0]["code"] == "50026"
    placed = bench.place("buy", BID)
    assert placed["sCode"] == "0"
    cancel = {"instIdCode": CODE, "ordId": placed["ordId"]}
    assert client.op("cancel-order", cancel).take()[0]["code"] == "0"
    bench.fault("clear").fault("reject_next", code="51006", instId="ETH-USDT-SWAP")
    assert bench.place("buy", BID)["sCode"] == "0"


def test_clear_by_name(bench):
    """Only the faults of the name end; an unknown name is refused."""
    bench.fault("latency", ms=50).fault("duplicate_pushes").fault("clear", name="latency")
    assert set(armed(bench)) == {"duplicate_pushes"}
    assert bench.venue.inject(b'{"fault":"clear","name":"nope"}', bench.now_ns).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"fault": "latency", "milliseconds": 5},
        {"fault": "latency", "ms": "5"},
        {"fault": "reject_next"},
        {"fault": "reject_next", "code": "no"},
        {"fault": "delay_frame", "probability": 1.5},
        {"fault": "silence", "for_s": 0},
        {"fault": "notice", "for_s": 5},
        {"fault": "refuse_login", "code": "60001"},
        {"fault": "instrument_state", "instId": INST, "state": "live"},
        {"fault": "instrument_state", "instId": "NOPE"},
        {"fault": "contract_change", "instId": INST, "tickSz": "0.15"},
        {"fault": "contract_change", "instId": INST, "lotSz": "x"},
        {"fault": "http_error", "status": 200},
        {"fault": "balance_cut", "amount": "Infinity"},
        {"fault": "funding_rate", "instId": INST, "rate": "NaN"},
    ],
)
def test_wrong_parameters_are_refused_and_nothing_stays(bench, body):
    """A typing error in a fault is told, and the fault is not armed."""
    answer = bench.venue.inject(json.dumps(body).encode(), bench.now_ns)
    assert answer.status == 400
    assert json.loads(answer.body)["msg"]
    assert armed(bench) == {}


def test_listing_shows_parameters_given(bench):
    """The list shows what was asked for and nothing that was left at its default."""
    bench.fault("silence", channel="books", for_s=10)
    row = armed(bench)["silence"]
    assert (row["params"], row["isOn"], row["fired"]) == ({"for_s": 10.0, "channel": "books"}, True, 0)


def test_every_fault_is_described(bench):
    """The description names every fault and parameter, and the page in the tree is the present one."""
    answer = json.loads(bench.venue.faults(bench.now_ns, describe_all=True).body)
    assert [row["fault"] for row in answer["data"]] == list(FAULTS) == [row["fault"] for row in describe()]
    assert all(row["does"] for row in answer["data"])
    tables = markdown()
    assert all(f"| `{name}` |" in tables for name in FAULTS)
    assert TABLE.read_text() == page(), "run python -m tests.exchange.fault_table"
