"""Signed requests, retries, and answers that are none; over a transport that is a list."""

from __future__ import annotations

import json

import pytest

from okxmm_tui.errors import VenueUnreachableError
from okxmm_tui.okx import rest as rest_module
from okxmm_tui.okx.auth import ApiKey, rest_headers
from okxmm_tui.okx.clock import VenueClock
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.messages import TIMES
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.transport import HttpReply

KEY = ApiKey("k", "s", "p")
NOW_NS = 1_795_161_600_123_000_000


class ListHttp:
    """Answers from a list, and remembers what was asked."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, dict[str, str], bytes]] = []

    async def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> HttpReply:
        """Give the next answer."""
        self.sent.append((method, path, headers, body))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, HttpReply) else HttpReply(200, json.dumps(answer).encode())

    async def close(self) -> None:
        """Note the closing."""
        self.sent.append(("CLOSE", "", {}, b""))


def make_rest(*answers, key=KEY, on_measured=None):
    """An API over a list of answers."""
    http, clock = ListHttp(*answers), VenueClock(lambda: NOW_NS, lambda: NOW_NS)
    return Rest(Endpoints.local("", ""), key, http=http, clock=clock, on_measured=on_measured), http


OK = {"code": "0", "msg": "", "data": []}
BUSY = {"code": "50013", "msg": "busy", "data": []}
STALE = {"code": "50102", "msg": "expired", "data": []}
TIME = {"code": "0", "msg": "", "data": [{"ts": "1795161660123"}]}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Retries follow at once."""
    monkeypatch.setattr(rest_module, "RETRY_DELAY_S", 0)


async def test_query_is_signed_as_it_is_sent():
    """Commas stay commas, empty values stay away, and the signature covers the query."""
    rest, http = make_rest(OK)
    await rest.get("/api/v5/account/balance", {"ccy": "BTC,USDT", "x": ""})
    method, path, headers, _ = http.sent[0]
    assert (method, path) == ("GET", "/api/v5/account/balance?ccy=BTC,USDT")
    assert headers == rest_headers(KEY, NOW_NS, "GET", path)


async def test_body_is_signed_as_it_is_sent_and_expires():
    """The exact bytes are signed; expTime rides beside them."""
    rest, http = make_rest(OK)
    await rest.post("/api/v5/trade/order", b'{"a":1}', expire_ms=77)
    _, path, headers, body = http.sent[0]
    assert headers == rest_headers(KEY, NOW_NS, "POST", path, '{"a":1}') | {"expTime": "77"}
    assert body == b'{"a":1}'


async def test_public_reads_carry_no_key():
    """Neither unsigned requests nor a client without a key send authentication."""
    rest, http = make_rest(OK)
    await rest.get("/api/v5/public/instruments", is_signed=False)
    keyless, other = make_rest(OK, key=None)
    await keyless.get("/api/v5/public/instruments")
    assert http.sent[0][2] == other.sent[0][2] == {}


async def test_transient_refusals_of_reads_are_retried():
    """Busy twice, then an answer."""
    rest, http = make_rest(BUSY, BUSY, OK)
    assert (await rest.get("/x")).is_ok
    assert len(http.sent) == 3


@pytest.mark.parametrize(("is_patient", "pauses"), [(True, [2.0, 2.0]), (False, [0.3, 0.6])])
async def test_a_patient_read_waits_for_the_window_to_roll(waited, is_patient, pauses):
    """Within the two seconds of a rate limit the window is full again; who cannot wait hears so soon."""
    rest, _ = make_rest({"code": "50011", "msg": "slow", "data": []}, HttpReply(429, b"slow down"), OK)
    assert (await rest.get("/x", is_patient=is_patient)).is_ok
    assert waited == pauses


async def test_patience_is_for_rate_limits_alone(waited):
    """A busy venue is asked again soon."""
    rest, _ = make_rest(BUSY, BUSY, OK)
    assert (await rest.get("/x", is_patient=True)).is_ok
    assert waited == [0.3, 0.6]


async def test_retries_end():
    """A venue that stays busy is an answer too."""
    rest, _ = make_rest(BUSY, BUSY, BUSY)
    reply = await rest.get("/x")
    assert (reply.code, reply.problem) == ("50013", "50013 venue is busy: busy")


async def test_lasting_refusals_are_not_retried():
    """A refused key stays refused."""
    rest, http = make_rest({"code": "50113", "msg": "sign"})
    assert not (await rest.get("/x")).is_ok
    assert len(http.sent) == 1


async def test_acts_are_never_repeated():
    """Whether a post may be repeated is not for the transport to decide."""
    rest, http = make_rest(BUSY)
    await rest.post("/x", b"{}")
    assert len(http.sent) == 1


async def test_stale_timestamp_corrects_the_clock_and_tries_again():
    """50102 reads public/time, and the next signature uses it."""
    rest, http = make_rest(STALE, TIME, OK)
    assert (await rest.get("/x")).is_ok
    assert [path for _, path, *_ in http.sent] == ["/x", "/api/v5/public/time", "/x"]
    assert http.sent[2][2]["OK-ACCESS-TIMESTAMP"].startswith("2026-11-20T08:01:00")


@pytest.mark.parametrize("status", [200, 500, 502, 503])
async def test_answer_that_is_no_json_is_unreachable(status):
    """An HTML page says that something stands between us and the venue; it is shown."""
    rest, _ = make_rest(HttpReply(status, b"<html>gateway"))
    with pytest.raises(VenueUnreachableError, match=f"HTTP {status}.*<html>gateway"):
        await rest.get("/x?secret=1")


async def test_edge_throttle_is_a_rate_limit():
    """A 429 without JSON is the rate limit of the edge."""
    rest, _ = make_rest(HttpReply(429, b"slow down"))
    assert (await rest.post("/x", b"{}")).code == "50011"


@pytest.mark.parametrize(
    "data", [[], [{"ts": "soon"}], [{}], [{"ts": "0"}], [{"ts": "-1"}], [{"ts": "1795161600123000"}]]
)
async def test_time_that_is_none(data):
    """Without a time there is no session; a time no calendar holds would be signed with for ever after."""
    rest, _ = make_rest({"code": "0", "data": data}, OK)
    with pytest.raises(VenueUnreachableError, match="no time"):
        await rest.sync_clock()
    assert (await rest.get("/x")).is_ok


@pytest.mark.parametrize(
    ("stamps", "inside_ns"),
    [
        (("1795161600500111", "1795161600502222"), 2_111_000),
        (("", "1795161600502222"), 0),
        (("1795161600502222", "1795161600500111"), 0),
        (("1", "9" * 30), 0),
        (("1" * 5_000, "2" * 5_000), 0),
        (("1795161600", "1795161600502222"), 0),
    ],
)
async def test_time_inside_the_venue(stamps, inside_ns):
    """The span between the gateway's two stamps, and nothing where they are no stamps of one clock."""
    rest, _ = make_rest(OK | {"inTime": stamps[0], "outTime": stamps[1]})
    assert (await rest.get("/x")).venue_ns == inside_ns


@pytest.mark.parametrize("body", [b'{"code":"0","x":' + b"[" * 9_000, b"[" * 9_000 + b"]" * 9_000])
async def test_an_answer_nested_without_end_is_unreachable(body):
    """What cannot be read for its depth is no OKX answer either."""
    rest, _ = make_rest(HttpReply(200, body))
    with pytest.raises(VenueUnreachableError, match="not like OKX"):
        await rest.get("/x")


async def test_rows_and_close():
    """Rows decode into their type, and closing reaches the transport."""
    rest, http = make_rest(TIME)
    reply = await rest.get("/x")
    await rest.close()
    assert reply.rows(TIMES)[0].ts == "1795161660123"
    assert http.sent[-1][0] == "CLOSE"


async def test_an_order_refused_for_its_time_is_sent_once_more():
    """50102 is a certain refusal: the clock is set, and expiry and signature follow it."""
    done = {"code": "0", "msg": "", "data": [], "inTime": "1795161600500111", "outTime": "1795161600502222"}
    rest, http = make_rest(STALE, TIME, done)
    reply = await rest.post("/api/v5/trade/order", b"{}", expire_ms=1_000)
    assert (reply.code, reply.venue_ns) == ("0", 2_111_000)
    (_, _, first, _), (_, path, _, _), (_, _, second, _) = http.sent
    assert (path, first["expTime"]) == ("/api/v5/public/time", "1000")
    assert second["expTime"] == "61000"
    assert first["OK-ACCESS-TIMESTAMP"] != second["OK-ACCESS-TIMESTAMP"]


async def test_an_order_refused_for_its_time_twice_stays_refused():
    """No third try, and no error in the place of the refusal when the clock cannot be read."""
    rest, http = make_rest(STALE, TIME, STALE)
    assert (await rest.post("/p", b"{}")).code == "50102"
    assert len(http.sent) == 3
    rest, _ = make_rest(STALE, VenueUnreachableError("away"))
    assert (await rest.post("/p", b"{}")).code == "50102"


@pytest.mark.parametrize("body", [b"<html>", b'{"code":"50011","msg":"slow","data":[]}'])
async def test_throttling_is_one_code_whoever_says_it(body):
    """HTTP 429 of the edge and of the API are the same to us."""
    rest, _ = make_rest(HttpReply(429, body))
    assert (await rest.post("/p", b"{}")).code == "50011"


async def test_reads_and_clock_are_measured():
    """Every read tells its time, every look at the clock its offset and uncertainty."""
    seen = []
    http = ListHttp(OK, TIME)
    rest = Rest(
        Endpoints.local("", ""), KEY, http=http, clock=VenueClock(lambda: NOW_NS), on_measured=seen.append
    )
    await rest.get("/a")
    await rest.sync_clock()
    assert [(type(each).__name__, getattr(each, "verb", "")) for each in seen] == [
        ("LatencyMeasured", "rest"), ("LatencyMeasured", "rest"), ("ClockMeasured", ""),
    ]  # fmt: skip
