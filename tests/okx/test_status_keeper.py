"""The venue's own list of maintenance."""

from __future__ import annotations

import json

from okxmm_tui.core.messages import GatewayNotice, VenueStatus, VenueStatusListed
from okxmm_tui.okx.endpoints import DEMO, PRODUCTION, Endpoints
from okxmm_tui.okx.rest import HttpReply, Rest
from okxmm_tui.okx.status_keeper import STATUS_PATH, StatusKeeper

ROW = {
    "title": "upgrade", "state": "ongoing", "begin": "1795000000000", "end": "1795000600000", "env": "1",
    "href": "", "serviceType": "1", "system": "unified", "maintType": "1", "preOpenBegin": "",
}  # fmt: skip
TOLD = VenueStatus("upgrade", "ongoing", 1_795_000_000_000, 1_795_000_600_000)


class Venue:
    """Answers in turn; keeps the paths."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    async def send(self, method, path, headers, body):
        """One answer."""
        self.asked.append((method, path, dict(headers)))
        return HttpReply(200, json.dumps(self.answers.pop(0)).encode())

    async def close(self) -> None:
        """Nothing to close."""


def _ok(*rows):
    return {"code": "0", "msg": "", "data": list(rows)}


async def _read(venue, environment=PRODUCTION, times=1):
    told = []
    keeper = StatusKeeper(Rest(Endpoints.local("", ""), None, http=venue), environment, told.extend)
    for _ in range(times):
        await keeper.read()
    return told


async def test_the_whole_list_is_handed_on():
    """Unsigned, all states; fields nobody asked for are nothing to stumble over."""
    venue = Venue(_ok(ROW))
    assert await _read(venue) == [VenueStatusListed((TOLD,))]
    assert venue.asked == [("GET", STATUS_PATH, {})]


async def test_the_other_environments_maintenance_is_none_of_ours():
    """Demo and production are kept apart; a row of neither counts for both."""
    anyone = {**ROW, "title": "all", "env": ""}
    [listed] = await _read(Venue(_ok(ROW, anyone)), DEMO)
    assert [row.title for row in listed.rows] == ["all"]


async def test_a_failure_is_told_once_until_the_next_good_answer():
    """An endpoint that is refused for an hour is one line, not sixty."""
    bad = {"code": "51000", "msg": "no", "data": []}
    told = await _read(Venue(bad, bad, _ok(), bad), times=4)
    assert [type(each) for each in told] == [GatewayNotice, VenueStatusListed, GatewayNotice]
    assert "maintenance could not be asked for" in told[0].text


async def test_an_unreadable_row_fails_the_read_and_no_more():
    """A begin that is no time is a notice."""
    told = await _read(Venue(_ok({**ROW, "begin": "soon"})))
    assert [type(each) for each in told] == [GatewayNotice]
