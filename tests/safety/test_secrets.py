"""A key's secret parts are in no file and no word a session leaves: journal, event log, log file, crash."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.core.commands import Kill
from okxmm_tui.core.types import Side
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.store.keeper import Keeper
from okxmm_tui.exchange import login
from okxmm_tui.okx.auth import ApiKey
from tests.console import sample
from tests.console.fake_link import FakeLink
from tests.safety import virtual
from tests.safety.test_recovery import Exchange

KEY = ApiKey("marker-key-7f3a91", "marker-secret-b24d08", "marker-phrase-55e1c6")
PARTS = (KEY.key, KEY.secret, KEY.passphrase)
ENVIRONMENT = {
    "OKXMM_OKX__API_KEY": KEY.key, "OKXMM_OKX__SECRET": KEY.secret, "OKXMM_OKX__PASSPHRASE": KEY.passphrase,
}  # fmt: skip


def found_in(data: bytes) -> list[str]:
    """Parts of the key in some bytes, also as text that was encoded once more."""
    texts = {part: (part.encode(), base64.b64encode(part.encode()).rstrip(b"=")[:-1]) for part in PARTS}
    return [part for part, forms in texts.items() if any(form in data for form in forms)]


def everything_in(folder: Path) -> bytes:
    """All files below a folder; compressed ones as what they hold."""
    contents: list[bytes] = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if path.suffix == ".zst":
            data = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
        contents.append(data)
    return b"\n".join(contents)


def test_the_search_finds_what_is_there(tmp_path):
    """A scan that finds nothing proves something only if it would find something."""
    (tmp_path / "log").write_text(f"x {KEY.secret} y")
    (tmp_path / "events.zst").write_bytes(zstandard.compress(KEY.passphrase.encode()))
    assert found_in(everything_in(tmp_path)) == [KEY.secret, KEY.passphrase]


def test_no_secret_is_in_the_journal(tmp_path, make_world, monkeypatch, caplog):
    """A session that logged in, traded, lost its stream and was killed leaves neither key nor secret."""
    monkeypatch.setattr(login, "SIM_KEY", KEY)
    monkeypatch.setattr(virtual, "KEY", KEY)
    world = make_world()
    engine = world.quoting()
    world.fill(Side.BUY)
    world.fault("drop_connections")
    world.run(15)
    engine.command(Kill("operator: key"))
    world.until(lambda: engine.reducer.safety.kill_run.is_proven, 20, "the proof")
    keeper, begun_ns = Keeper(tmp_path, world.now_ns), engine.inputs[0][1]
    reducer = Reducer(engine.reducer.session.started, begun_ns)
    keeper.start(reducer, begun_ns, 10_000_000, 14)
    for event, at_ns in engine.inputs:
        keeper.take(at_ns, event, reducer.apply(event, at_ns))
    keeper.close()
    kept = everything_in(tmp_path)
    assert b"operator: key" in kept
    assert found_in(kept) == []
    assert found_in(caplog.text.encode()) == []


def test_no_secret_is_in_what_a_refused_key_leaves(tmp_path):
    """The venue refuses the key: exit code 3, and neither output nor state directory holds a part of it."""
    exchange = Exchange(tmp_path)
    try:
        urls = {
            "OKXMM_OKX__REST_URL": exchange.urls["rest"], "OKXMM_OKX__WS_URL": exchange.urls["ws"],
        }  # fmt: skip
        state = tmp_path / "state"
        done = subprocess.run(
            [sys.executable, "-m", "okxmm_tui", "--venue", "demo", "--headless", "--state-dir", str(state)],
            env={"PATH": "", "HOME": str(tmp_path), **ENVIRONMENT, **urls},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            timeout=60,
            check=False,
        )
    finally:
        exchange.stop()
    assert done.returncode == 3, done.stderr
    assert found_in(done.stdout + done.stderr + everything_in(tmp_path)) == []


async def test_no_secret_is_in_the_words_of_a_crashed_console(monkeypatch, capsys):
    """What the console prints when it crashes holds no part of a key."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    app = ConsoleApp(FakeLink(sample.quoting()))

    def defect(**_: object) -> None:
        raise RuntimeError("a defect in drawing")

    async def crash() -> None:
        async with app.run_test() as pilot:
            monkeypatch.setattr(app, "draw", defect)
            await pilot.press("p")
            await pilot.pause()

    with pytest.raises(RuntimeError, match="a defect in drawing"):
        await crash()
    app._print_error_renderables()
    said = "".join(capsys.readouterr())
    assert "a defect in drawing" in said
    assert found_in(said.encode()) == []
