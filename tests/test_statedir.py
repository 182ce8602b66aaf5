"""The state directory is private and has one owner."""

from __future__ import annotations

import os

import pytest

from okxmm_tui.errors import UsageError
from okxmm_tui.statedir import LOCK_NAME, account_owner, make_state_dir, owned, owned_account, owner


def test_it_is_made_private(tmp_path):
    """Mode 0700, parents included when missing."""
    path = make_state_dir(tmp_path / "a" / "b")
    assert path.stat().st_mode & 0o777 == 0o700


def test_a_second_engine_is_refused_and_told_how_to_attach(tmp_path):
    """The lock names the process and the way out."""
    with owned(tmp_path), pytest.raises(UsageError, match="attach"), owned(tmp_path):
        pass
    with owned(tmp_path):
        pass


def test_an_account_has_one_engine_whatever_the_directory(tmp_path, monkeypatch):
    """The same key and tag are refused, another tag is not; nothing of the key is written down."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with owned_account("demo", "key-1", "okxmm"):
        with (
            pytest.raises(UsageError, match="trades on this account"),
            owned_account("demo", "key-1", "okxmm"),
        ):
            pass
        with owned_account("demo", "key-1", "other"):
            pass
    with owned_account("demo", "key-1", "okxmm"):
        pass
    assert not [path for path in tmp_path.rglob("*") if "key-1" in path.name]


def test_the_owner_is_named_while_it_lives(tmp_path, monkeypatch):
    """Its process while the lock is held, whatever is written in a lock that is not; asking takes nothing."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert (owner(tmp_path), account_owner("demo", "key-1", "okxmm")) == (None, None)
    with owned(tmp_path), owned_account("demo", "key-1", "okxmm"):
        assert (owner(tmp_path), account_owner("demo", "key-1", "okxmm")) == (os.getpid(), os.getpid())
        assert account_owner("demo", "key-1", "other") is None
        (tmp_path / LOCK_NAME).write_text("")
        assert owner(tmp_path) == 0
    assert (owner(tmp_path), account_owner("demo", "key-1", "okxmm")) == (None, None)


def test_an_unusable_place_is_one_clear_error(tmp_path):
    """A file where a directory should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--state-dir"):
        make_state_dir(tmp_path / "file" / "state")
