"""Fixtures of the conformance tests: exchanges to talk to, and a fence around loopback."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from okxmm_tui.exchange.process import ExchangeOptions
from tests.conformance.hosting import Hosted, write_certificate

MARKETS = ("synthetic",)


@pytest.fixture(autouse=True, scope="module")
def _loopback_only():
    """Nothing leaves the machine, whatever a client has built in or the environment tells it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, "127.0.0.1")
        _fence(patch)
        yield


def _fence(patch):
    resolve, connect = socket.getaddrinfo, socket.socket.connect

    def fenced_resolve(host, *args, **options):
        _refuse_others(host)
        return resolve(host, *args, **options)

    def fenced_connect(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse_others(address[0])
        return connect(self, address)

    patch.setattr(socket, "getaddrinfo", fenced_resolve)
    patch.setattr(socket.socket, "connect", fenced_connect)


def _refuse_others(host):
    name = host.decode() if isinstance(host, bytes) else host
    if name not in {None, "", "localhost"} and not ipaddress.ip_address(name).is_loopback:
        pytest.fail(f"A client wanted to reach {name}.")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A throwaway certificate for the TLS front."""
    pytest.importorskip("cryptography", reason="the TLS front needs cryptography")
    return write_certificate(tmp_path_factory.mktemp("tls") / "loopback.pem")


@pytest.fixture
def exchange():
    """A fresh exchange with the synthetic market."""
    with Hosted(ExchangeOptions(markets=MARKETS)) as hosted:
        yield hosted


@pytest.fixture(scope="module")
def shared_exchange():
    """One exchange for all tests of a module that leave nothing behind."""
    with Hosted(ExchangeOptions(markets=MARKETS)) as hosted:
        yield hosted


@pytest.fixture
def vip_exchange():
    """The same for an account that may have the gated depth channels."""
    with Hosted(ExchangeOptions(markets=MARKETS, vip=True)) as hosted:
        yield hosted


@pytest.fixture(scope="module")
def trusted(certificate):
    """Clients of this module trust the throwaway certificate."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        yield certificate


@pytest.fixture
def tls_exchange(trusted):
    """A fresh exchange behind TLS."""
    with Hosted(ExchangeOptions(markets=MARKETS), trusted) as hosted:
        yield hosted


@pytest.fixture(scope="module")
def shared_tls_exchange(trusted):
    """One exchange behind TLS for all tests of a module that do not mind each other."""
    with Hosted(ExchangeOptions(markets=MARKETS), trusted) as hosted:
        yield hosted
