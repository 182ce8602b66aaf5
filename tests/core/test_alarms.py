"""Alarms stay until they are seen and gone."""

from __future__ import annotations

from okxmm_tui.core.alarms import Alarms
from okxmm_tui.core.types import Severity


def test_a_repetition_is_folded():
    """The same cause raised again while it stands is no news."""
    alarms = Alarms()
    assert alarms.raise_("a", Severity.WARNING, "first", 1)
    assert not alarms.raise_("a", Severity.WARNING, "second", 2)
    assert len(alarms.views()) == 1


def test_a_cleared_alarm_stays_until_seen():
    """Latched: the operator must have seen it."""
    alarms = Alarms()
    alarms.raise_("a", Severity.WARNING, "x", 1)
    assert alarms.clear("a")
    assert alarms.views()[0].is_cleared
    assert alarms.acknowledge_all() == 1
    assert alarms.views() == ()


def test_an_acknowledged_alarm_stays_while_the_cause_does():
    """Seeing it does not make it go away."""
    alarms = Alarms()
    alarms.raise_("a", Severity.CRITICAL, "x", 1)
    alarms.acknowledge_all()
    assert alarms.views()[0].is_acknowledged
    assert alarms.is_standing("a")
    alarms.clear("a")
    assert alarms.views() == ()


def test_a_cause_that_comes_back_is_news_again():
    """It is counted and must be seen again."""
    alarms = Alarms()
    alarms.raise_("a", Severity.WARNING, "x", 1)
    alarms.clear("a")
    assert alarms.raise_("a", Severity.WARNING, "x", 2)
    assert (alarms.views()[0].count, alarms.views()[0].is_acknowledged) == (2, False)


def test_the_first_out_is_marked():
    """The alarm that broke the silence is most often the cause; a new silence finds a new first."""
    alarms = Alarms()
    alarms.raise_("stream", Severity.CRITICAL, "down", 1)
    alarms.raise_("book", Severity.CRITICAL, "stale", 2)
    assert {view.key: view.is_first for view in alarms.views()} == {"stream": True, "book": False}
    alarms.clear("stream")
    alarms.clear("book")
    alarms.raise_("book", Severity.CRITICAL, "stale", 3)
    assert {view.key: view.is_first for view in alarms.views()} == {"stream": False, "book": True}
