"""Hosts by region and environment."""

from __future__ import annotations

import pytest
from msgspec import structs

from okxmm_tui.errors import UsageError
from okxmm_tui.okx.endpoints import Endpoints


@pytest.mark.parametrize(
    ("region", "is_demo", "rest", "ws"),
    [
        ("global", False, "openapi.okx.com", "ws.okx.com"),
        ("global", True, "openapi.okx.com", "wspap.okx.com"),
        ("eea", False, "eea.okx.com", "wseea.okx.com"),
        ("eea", True, "eea.okx.com", "wseeapap.okx.com"),
        ("us", False, "us.okx.com", "wsus.okx.com"),
        ("US", True, "us.okx.com", "wsuspap.okx.com"),
        ("tr", False, "tr.okx.com", "ws.okx.com"),
        ("tr", True, "tr.okx.com", "wspap.okx.com"),
    ],
)
def test_hosts(region, is_demo, rest, ws):
    """Every region resolves, on the standard port, and only demo carries the demo header."""
    endpoints = Endpoints.venue(region, is_demo=is_demo)
    assert endpoints.rest == f"https://{rest}"
    assert endpoints.public_ws == f"wss://{ws}/ws/v5/public"
    assert endpoints.private_ws == f"wss://{ws}/ws/v5/private"
    assert endpoints.headers == ({"x-simulated-trading": "1"} if is_demo else {})
    assert endpoints.environment == ("2" if is_demo else "1")


def test_urls_can_be_overridden_singly():
    """A host that moved can be set without waiting for a release."""
    endpoints = Endpoints.venue("us", is_demo=False, rest="https://app.okx.com/")
    assert (endpoints.rest, endpoints.ws) == ("https://app.okx.com", "wss://wsus.okx.com/ws/v5")


def test_local_takes_the_ready_line_of_the_exchange():
    """The embedded exchange differs by its URLs only."""
    endpoints = Endpoints.local("http://127.0.0.1:8080", "ws://127.0.0.1:8080/ws/v5")
    assert endpoints.public_ws == "ws://127.0.0.1:8080/ws/v5/public"
    assert endpoints.headers == {}


def test_unknown_region_names_the_known_ones():
    """A typing error is answered with the choices."""
    with pytest.raises(UsageError, match="global, eea, us, tr"):
        Endpoints.venue("mars", is_demo=False)


ODD_HOSTS = ["[::1", "a" * 70 + ".com", "exa mple.com", "x:99999999", "x:0", "", "user:pw@[::1"]


@pytest.mark.parametrize("place", ["rest", "ws", "other_rest", "other_ws"])
@pytest.mark.parametrize("url", ["openapi.okx.com", "htps://x", *(f"SCHEME://{host}" for host in ODD_HOSTS)])
def test_what_is_no_address_is_refused(place, url):
    """In one line at the start, and not by whatever the libraries raise when they come to use it."""
    typed = url.replace("SCHEME", "wss" if "ws" in place else "https")
    with pytest.raises(UsageError, match="was none") as raised:
        Endpoints.venue("global", is_demo=False, **{place: typed})
    assert "pw" not in str(raised.value)
    assert ("wss://" if "ws" in place else "https://") in raised.value.hint


def test_other_host_is_of_the_same_region():
    """Only where there is one, and never beside an address that was set by hand."""
    assert Endpoints.venue("global", is_demo=False).rest_fallback == "https://www.okx.com"
    assert Endpoints.venue("eea", is_demo=False).rest_fallback == ""
    assert Endpoints.venue("global", is_demo=False, rest="https://x").rest_fallback == ""


def test_other_hosts_can_be_named():
    """A WebSocket host has no documented sibling; one that is known can be set, for REST too."""
    named = Endpoints.venue("eea", is_demo=False, other_rest="https://r/", other_ws="wss://w/ws/v5/")
    assert (named.rest_fallback, named.ws_fallback) == ("https://r", "wss://w/ws/v5")
    assert Endpoints.venue("global", is_demo=False).ws_fallback == ""


def test_streams_are_named_on_both_hosts():
    """The second address is there only where one was set."""
    here = Endpoints.local("http://127.0.0.1:1", "ws://127.0.0.1:1/ws/v5")
    assert here.stream_urls("public") == ("ws://127.0.0.1:1/ws/v5/public", "")
    both = structs.replace(here, ws_fallback="ws://127.0.0.1:2/ws/v5")
    assert both.stream_urls("private")[1] == "ws://127.0.0.1:2/ws/v5/private"
