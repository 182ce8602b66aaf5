"""Fixtures of the exchange tests."""

from __future__ import annotations

import pytest

from tests.exchange.bench import Bench


@pytest.fixture
def bench():
    """A venue with a deep book."""
    return Bench().deep_book()
