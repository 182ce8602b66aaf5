"""Keys are found where they should be and shown nowhere."""

from __future__ import annotations

import pytest

from okxmm_tui.core.types import Mode
from okxmm_tui.credentials import SIM_KEY, api_key
from okxmm_tui.errors import CredentialError
from okxmm_tui.settings import OkxSettings


def test_the_sim_has_its_own_key():
    """No account is needed."""
    assert api_key(Mode.SIM, OkxSettings()) is SIM_KEY  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.LIVE])
def test_missing_parts_are_named(mode):
    """The error lists exactly what is missing, and exits with code 3."""
    okx = OkxSettings(api_key="abc")  # pyright: ignore[reportArgumentType, reportCallIssue]
    with pytest.raises(CredentialError) as caught:
        api_key(mode, okx)
    assert "OKXMM_OKX__SECRET, OKXMM_OKX__PASSPHRASE" in str(caught.value)
    assert "API_KEY" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_key_does_not_print_its_secrets():
    """Neither repr nor str."""
    okx = OkxSettings(api_key="abcdefgh", secret="s3cret", passphrase="p4ss")  # pyright: ignore
    key = api_key(Mode.DEMO, okx)
    shown = f"{key!r} {key}"
    assert "s3cret" not in shown
    assert "p4ss" not in shown
    assert "abcdefgh" not in shown


def settings_with(**parts):
    """Settings with a whole key, but for some parts."""
    return OkxSettings(**({"api_key": "abcdefgh", "secret": "s3cret", "passphrase": "p4ss"} | parts))


def test_blanks_around_a_part_are_no_part_of_it():
    """A file's line end would be refused as a header, and the refusal would show the passphrase."""
    key = api_key(Mode.LIVE, settings_with(api_key=" abcdefgh", secret="s3cret\n", passphrase="\tp4ss\r\n"))
    assert (key.key, key.secret, key.passphrase) == ("abcdefgh", "s3cret", "p4ss")
    with pytest.raises(CredentialError, match="OKXMM_OKX__SECRET was not set"):
        api_key(Mode.LIVE, settings_with(secret=" \n"))


@pytest.mark.parametrize("odd", ["p4\u2026s", "p4\nX: y", "p\u00e4ss", "p4\x00s"])
def test_what_no_key_holds_is_said_and_not_shown(odd):
    """An ellipsis or an accent from a bad copy ends in one sentence, not in a traceback."""
    with pytest.raises(CredentialError, match="OKXMM_OKX__PASSPHRASE held a character") as caught:
        api_key(Mode.LIVE, settings_with(passphrase=odd))
    assert odd not in str(caught.value)
    assert caught.value.exit_code == 3
