"""Settings: who wins, and what a mistake is told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.limits import ConsoleLostPolicy, Limits
from okxmm_tui.core.preflight import PreflightPolicy
from okxmm_tui.core.types import Mode
from okxmm_tui.errors import UsageError
from okxmm_tui.settings import RiskSettings, load_settings, sources


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    """No .env, no okxmm.toml and no variables but the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_defaults_need_nothing():
    """The sim on the built-in market, on BTC-USDT-SWAP."""
    settings = load_settings({})
    assert (settings.venue, settings.symbol, settings.market) == (Mode.SIM, ["BTC-USDT-SWAP"], ["builtin"])


def test_flag_beats_environment_beats_dotenv_beats_file_beats_default(tmp_path, monkeypatch):
    """Each source hides the ones below it."""
    (tmp_path / "okxmm.toml").write_text('tag = "toml"\ntheme = "toml"\nstrategy = "toml"\nspeed = 2.0\n')
    (tmp_path / ".env").write_text("OKXMM_TAG=dotenv\nOKXMM_THEME=dotenv\nOKXMM_STRATEGY=dotenv\n")
    monkeypatch.setenv("OKXMM_TAG", "environment")
    monkeypatch.setenv("OKXMM_THEME", "environment")
    settings = load_settings({"tag": "flag"})
    assert (settings.tag, settings.theme, settings.strategy) == ("flag", "environment", "dotenv")
    assert (settings.speed, settings.venue) == (2.0, Mode.SIM)


def test_nested_values_come_from_the_environment(monkeypatch):
    """Two underscores between levels."""
    monkeypatch.setenv("OKXMM_OKX__API_KEY", "k")
    monkeypatch.setenv("OKXMM_RISK__CONSOLE_LOST", "kill")
    settings = load_settings({})
    assert settings.okx.api_key.get_secret_value() == "k"
    assert settings.risk.console_lost is ConsoleLostPolicy.KILL


def test_lists_come_from_the_environment_with_commas(monkeypatch):
    """One word or several."""
    monkeypatch.setenv("OKXMM_SYMBOL", "BTC-USDT-SWAP, ETH-USDT-SWAP")
    monkeypatch.setenv("OKXMM_MARKET", "synthetic")
    settings = load_settings({})
    assert settings.symbol == ["BTC-USDT-SWAP", "ETH-USDT-SWAP"]
    assert settings.market == ["synthetic"]


def test_secrets_are_never_shown(monkeypatch):
    """Neither in the settings' text nor in an error about them."""
    monkeypatch.setenv("OKXMM_OKX__SECRET", "hunter2")
    assert "hunter2" not in repr(load_settings({}))
    monkeypatch.setenv("OKXMM_OKX__REGION", "hunter2")
    with pytest.raises(UsageError) as caught:
        load_settings({})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"venue": "moon"}, "moon"),
        ({"speed": -1.0}, "speed"),
        ({"duration": 0.0}, "duration"),
        ({"symbol": []}, "symbol"),
        ({"tag": "not allowed!"}, "tag"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_a_wrong_value_names_the_setting(given, words):
    """One sentence with the name and the value."""
    with pytest.raises(UsageError, match=words):
        load_settings(given)


def test_a_missing_configuration_file_is_named(tmp_path):
    """A file that was asked for must exist."""
    with pytest.raises(UsageError, match=r"nope\.toml"):
        load_settings({}, tmp_path / "nope.toml")


def test_a_broken_configuration_file_is_a_usage_error(tmp_path):
    """TOML that does not parse is told, not traced."""
    (tmp_path / "okxmm.toml").write_text("tag = \n")
    with pytest.raises(UsageError):
        load_settings({})


def test_risk_settings_and_limits_have_the_same_defaults():
    """What the README documents is what the engine acts on."""
    made = RiskSettings().limits(is_headless=True)  # pyright: ignore[reportCallIssue]
    assert made == Limits(is_headless=True)


def test_differences_at_the_start_are_asked_about_where_somebody_can_answer():
    """``auto`` asks at a console and cancels without one; every other word means itself."""
    settings = load_settings({})
    assert settings.risk.limits(is_headless=False).preflight is PreflightPolicy.ASK
    assert settings.risk.limits(is_headless=True).preflight is PreflightPolicy.CANCEL
    for policy in PreflightPolicy:
        named = load_settings({"risk": {"preflight": policy.value}}).risk
        assert {named.limits(is_headless=each).preflight for each in (True, False)} == {policy}


def test_risk_values_reach_the_limits_exactly():
    """Decimals stay decimals."""
    settings = load_settings({"risk": {"max_order_notional_quote": "1234.5"}})
    assert settings.risk.limits(is_headless=True).max_order_notional_quote == Decimal("1234.5")


def test_every_limit_can_be_set_and_has_the_same_default():
    """Settings and the engine's limits name the same things with the same values."""
    from msgspec import structs

    from okxmm_tui.core.limits import Limits
    from okxmm_tui.settings import RiskSettings

    made = RiskSettings().limits(is_headless=True)  # pyright: ignore[reportCallIssue]
    assert made == Limits(is_headless=True)
    assert set(RiskSettings.model_fields) == {each.name for each in structs.fields(Limits)} - {"is_headless"}


@pytest.mark.parametrize("given", [{"order_route": "fax"}, {"stp_mode": "none"}])
def test_order_route_and_self_trade_mode_are_closed_lists(given):
    """The defaults are auto and cancel_maker; anything else than the venue's words is refused."""
    okx = load_settings({}).okx
    assert (okx.order_route, okx.stp_mode) == ("auto", "cancel_maker")
    with pytest.raises(UsageError, match=next(iter(given))):
        load_settings({"okx": given})


def test_sources_say_where_each_value_comes_from(tmp_path, monkeypatch):
    """The same order as the values themselves, down to nested names."""
    (tmp_path / "okxmm.toml").write_text('tag = "toml"\ntheme = "toml"\n[okx]\nregion = "eea"\n')
    (tmp_path / ".env").write_text("OKXMM_THEME=dotenv\nOKXMM_OKX__SECRET=hunter2\n")
    monkeypatch.setenv("OKXMM_OKX__SECRET", "hunter2")
    found = sources({"venue": "demo", "params": {"order_size": 1}})
    assert found["venue"] == found["params.order_size"] == "flag"
    assert found["okx.secret"] == "environment"
    assert found["theme"] == ".env"
    assert found["tag"] == found["okx.region"] == "okxmm.toml"
    assert found["okx.api_key"] == found["risk.max_leverage"] == "default"
    assert "hunter2" not in str(found)


def test_a_table_in_the_nearer_file_replaces_the_whole_table_of_the_farther_one(tmp_path):
    """Sources and values agree on it."""
    far = tmp_path / "config" / "okxmm-tui"
    far.mkdir(parents=True)
    (far / "okxmm.toml").write_text('tag = "far"\n[okx]\nregion = "eea"\nstp_mode = "cancel_both"\n')
    (tmp_path / "okxmm.toml").write_text('[okx]\nregion = "us"\n')
    settings, found = load_settings({}), sources({})
    assert (settings.tag, found["tag"]) == ("far", str(far / "okxmm.toml"))
    assert (settings.okx.region, found["okx.region"]) == ("us", "okxmm.toml")
    assert (settings.okx.stp_mode, found["okx.stp_mode"]) == ("cancel_maker", "default")


def test_every_setting_has_a_source():
    """Names are those of the settings themselves."""
    from okxmm_tui.doctor.configuration import shown_settings

    settings = load_settings({})
    assert set(sources({})) == set(shown_settings(settings))
