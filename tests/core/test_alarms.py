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


def test_an_alarm_that_grows_worse_is_news_and_must_be_seen_again():
    """Eighty per cent of a loss limit was acknowledged; a hundred must not pass for the same."""
    alarms = Alarms()
    alarms.raise_("loss", Severity.WARNING, "80 %", 1)
    alarms.acknowledge_all()
    assert alarms.raise_("loss", Severity.CRITICAL, "100 %", 2)
    (view,) = alarms.views()
    assert (view.severity, view.is_acknowledged, view.count) == (Severity.CRITICAL, False, 1)
    alarms.acknowledge_all()
    assert not alarms.raise_("loss", Severity.WARNING, "85 %", 3)
    (view,) = alarms.views()
    assert (view.severity, view.text, view.is_acknowledged) == (Severity.CRITICAL, "85 %", True)


def test_an_alarm_comes_back_as_grave_as_it_is_then():
    """What was critical once is a warning when it returns as one."""
    alarms = Alarms()
    alarms.raise_("loss", Severity.CRITICAL, "100 %", 1)
    alarms.clear("loss")
    assert alarms.raise_("loss", Severity.WARNING, "80 %", 2)
    assert alarms.views()[0].severity is Severity.WARNING


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


def test_what_has_happened_is_over_once_it_is_seen_and_the_next_one_is_news():
    """No cause of it could go: folded for ever, a second liquidation would be told to nobody."""
    alarms = Alarms()
    for text in ("one", "two"):
        assert alarms.raise_("forced", Severity.CRITICAL, text, 1, is_event=True)
        assert alarms.has_unseen(Severity.CRITICAL)
    assert not alarms.raise_("forced", Severity.CRITICAL, "two", 2, is_event=True)
    assert (alarms.views()[0].text, alarms.views()[0].count) == ("two", 2)
    alarms.acknowledge_all()
    assert alarms.views() == ()
    assert alarms.raise_("forced", Severity.CRITICAL, "two", 3, is_event=True)
