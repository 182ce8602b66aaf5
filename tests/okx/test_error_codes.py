"""The code table: complete against OKX's lists of codes, and safe for codes it does not know.

The lists are those of the protocol sheet ``RULES.md`` speaks of; the tests that read it are skipped where it
is absent.
"""

from __future__ import annotations

import re

import pytest

from okxmm_tui.okx.convert import order_update
from okxmm_tui.okx.error_codes import (
    KNOWN_CODES,
    Reaction,
    cancel_source_text,
    close_code_text,
    describe,
    is_credential_problem,
    lookup,
    reaction_of,
    reason_of,
)  # fmt: skip
from okxmm_tui.okx.messages import OrderRow
from tests.okx.conftest import shared

LETTERS = {
    "F": {Reaction.FIX},
    "H": {Reaction.HALT},
    "R": {Reaction.RETRY},
    "Q": {Reaction.QUERY},
    "S": {Reaction.RESYNC},
    "D": {Reaction.DROP, Reaction.FUNDS},
    "D, refresh balance": {Reaction.FUNDS},
    "H for pair": {Reaction.STOP_INSTRUMENT},
    "H pair": {Reaction.STOP_INSTRUMENT},
    "-": {Reaction.IGNORE},
    "wait": {Reaction.WAIT},
    "resync clock": {Reaction.SYNC_CLOCK},
    "reload instruments": {Reaction.RELOAD_INSTRUMENTS},
    "re-read price-limit": {Reaction.REQUOTE},
    "requote": {Reaction.REQUOTE},
    "stop instrument": {Reaction.STOP_INSTRUMENT},
    "cancel them": {Reaction.RESYNC},
    "cancel + new": {Reaction.CANCEL_AND_NEW},
    "reset MMP": {Reaction.WAIT},
    "call activate-feature": {Reaction.HALT},
}


def _sheet_rows():
    text = shared("reference", "okx-protocol.md").read_text()
    section = text.split("## 9. Error codes")[1].split("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if len(cells) == 4 and re.match(r"\W*\d{5}", cells[0]):
            yield cells[0].replace("*", ""), cells[3].replace("*", "")


def _codes(cell):
    for part in re.split(r"[,/]", cell):
        first, _, last = part.strip().partition("-")
        yield from (str(code) for code in range(int(first), int(last or first) + 1))


def test_every_code_of_the_sheet_is_known_with_its_reaction():
    """Each code has an entry, and its reaction is the one the sheet asks for first."""
    rows = list(_sheet_rows())
    assert len(rows) > 90
    wrong = []
    for cell, do in rows:
        expected = next(
            (LETTERS[key] for key in sorted(LETTERS, key=len, reverse=True) if do.startswith(key)), set()
        )
        wrong += [
            (code, do, str(reaction_of(code)))
            for code in _codes(cell)
            if code not in KNOWN_CODES or reaction_of(code) not in expected
        ]
    assert wrong == []


def test_no_code_is_ours_alone():
    """The table knows nothing the sheet does not: a code somebody invented would be believed."""
    text = shared("reference", "okx-protocol.md").read_text()
    named = {code for cell, _ in _sheet_rows() for code in _codes(cell)}
    named |= set(re.findall(r"\b[56]\d{4}\b", text)) | {"0", "1", "2"}
    assert {code for code in KNOWN_CODES if code not in named} <= {"50072"}


def test_every_websocket_code_of_the_sheet_is_known():
    """The codes of section 3 have entries too."""
    text = shared("reference", "okx-protocol.md").read_text()
    line = next(line for line in text.splitlines() if line.startswith("WS codes:"))
    codes = set(re.findall(r"\b6\d{4}\b", line.split("Retired")[0]))
    assert len(codes) > 20
    assert codes <= KNOWN_CODES


def test_every_cancel_source_of_the_sheet_has_words():
    """Section 5.1's numbers all read as sentences."""
    text = shared("reference", "okx-protocol.md").read_text()
    line = next(line for line in text.splitlines() if line.startswith("cancelSource: 0 system"))
    codes = re.findall(r"(?:^|[;:/]\s*\**)(\d+)(?=[ /])", line.replace("**", ""))
    assert len(codes) > 25
    assert all(not cancel_source_text(code).startswith("cancel source") for code in codes)


@pytest.mark.parametrize("code", ["50004", "51149", "51054", "50071", "51016"])
def test_uncertain_codes_ask_first(code):
    """Codes after which the order may exist are never taken for a refusal."""
    assert reaction_of(code) is Reaction.QUERY


def test_two_famous_misreadings_are_not_repeated():
    """50113 is a bad signature and 51415 a trigger rule; neither is a rate limit."""
    assert reaction_of("50113") is Reaction.HALT
    assert reaction_of("51415") is Reaction.FIX


def test_unknown_code_drops_the_action():
    """A code of tomorrow never raises and never repeats an order."""
    assert lookup("99999").reaction is Reaction.UNKNOWN
    assert describe("99999", "new rule") == "99999 code unknown to this version: new rule"


def test_words_for_people():
    """Cancel sources and close codes read as words, unknown ones as their number."""
    assert cancel_source_text("31") == "post-only would have taken"
    assert cancel_source_text("") == ""
    assert cancel_source_text("77") == "cancel source 77"
    assert close_code_text(4004) == "idle for 30 s"
    assert close_code_text(None) == "connection lost"
    assert close_code_text(4999) == "closed with code 4999"


def test_key_problems_are_told_from_the_rest():
    """The command line exits with another code when the key is the problem."""
    assert is_credential_problem("50119")
    assert not is_credential_problem("50011")


def test_reasons_read_without_the_number():
    """What the code means first, then the venue's own words."""
    assert reason_of("51121") == "size was no multiple of the lot"
    assert reason_of("99999", "new rule") == "code unknown to this version: new rule"


CANCEL_SOURCES = "0 1 2 3 4 6 7 9 10 13 14 15 17 20 21 22 23 27 31 32 33 36 37 38 39 42 43 44 45 46"


@pytest.mark.parametrize("source", CANCEL_SOURCES.split())
def test_every_cancel_source_reaches_people_in_words(source, instrument):
    """The push of a cancelled order carries the words of its source (orders channel)."""
    row = OrderRow(instrument.inst_id, ord_id="1", side="buy", state="canceled", cancel_source=source)
    update = order_update(row, {instrument.inst_id: instrument}, is_push=True)
    assert update.text == cancel_source_text(source)
    assert not update.text.startswith("cancel source")
