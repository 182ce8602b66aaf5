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
