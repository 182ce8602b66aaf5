"""The command line: parse, compose, and turn every expected failure into one line and an exit code."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from okxmm_tui import __version__
from okxmm_tui.command_line import command_parser, settings_of
from okxmm_tui.errors import OkxmmError, UsageError
from okxmm_tui.streams import need_terminal, redirected

if TYPE_CHECKING:
    from okxmm_tui.engine_config import EngineConfig

EXIT_UNPROVEN = 75
COMMANDS_HELP = """commands:
  okxmm-tui              the console, with an engine and, for sim and paper, an exchange behind it
  okxmm-tui attach       another console on a running engine
  okxmm-tui serve        such a console in a browser on this machine
  okxmm-tui kill         cancel own orders over REST alone, with proof; needs no engine
  okxmm-tui exchange     the embedded OKX-compatible exchange by itself
  okxmm-tui report       what sessions did, recomputed from their journals
  okxmm-tui replay       the console on a past session, or a check of its event log
  okxmm-tui record       the public feed of a venue into a file; needs no key
  okxmm-tui doctor       checks everything a session needs; trades nothing

each has its own --help

exit codes: 0 clean, 2 usage or configuration, 3 credentials or permission,
            4 venue unreachable, 75 stopped but open orders not proven gone"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    commands: dict[str, Callable[[list[str]], int]] = {
        "attach": _attach,
        "serve": _serve,
        "kill": _kill,
        "exchange": _exchange,
        "record": _record,
        "doctor": _doctor,
        "engine": _engine,
        "report": _report,
        "replay": _replay,
    }
    try:
        if words and words[0] in commands:
            return commands[words[0]](words[1:])
        _refuse_late_command(words, commands)
        return _trade(words)
    except OkxmmError as error:
        print(f"okxmm-tui: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


# -- parsers -----------------------------------------------------------------------------------------


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file (okxmm.toml)")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="journal, socket and log directory")


def _add_look(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--theme", metavar="NAME", help="colour theme (default okxmm-dark)")
    parser.add_argument("--language", metavar="NAME", help="en, zh or th (default: that of the locale)")


def _trade_parser() -> argparse.ArgumentParser:
    parser = command_parser("okxmm-tui", "A terminal market-making console for OKX.", COMMANDS_HELP)
    parser.add_argument("--version", action="version", version=f"okxmm-tui {__version__}")
    parser.add_argument("--venue", metavar="VENUE", help="sim (default), paper, demo or live")
    parser.add_argument(
        "--symbol", action="append", metavar="ID", help="instrument, repeatable (default BTC-USDT-SWAP)"
    )
    parser.add_argument(
        "--strategy", metavar="NAME", help="strategy (default glft for swaps, else inventory_skew)"
    )
    parser.add_argument("--set", action="append", metavar="NAME=VALUE", help="strategy parameter, repeatable")
    parser.add_argument(
        "--params-file", type=Path, metavar="FILE", help="TOML of parameters, read again when it changes"
    )
    parser.add_argument(
        "--market",
        action="append",
        metavar="M",
        help="sim: builtin, synthetic[:ID] or a recording; repeatable",
    )
    parser.add_argument("--speed", type=float, metavar="X", help="sim: speed of the recording (default 1)")
    parser.add_argument("--headless", action="store_true", help="no console; JSON lines on stdout")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="stop after this long")
    _add_look(parser)
    parser.add_argument(
        "--i-know-this-is-live", action="store_true", help="needed for --venue live with --headless"
    )
    _add_common(parser)
    return parser


def _refuse_late_command(words: list[str], commands: Container[str]) -> None:
    """Name the line that was meant: whoever wants to kill must not be left with "unrecognized arguments".

    Raises:
        UsageError: A command stands behind flags.
    """
    if not any(word in commands for word in words):
        return
    _, rest = _trade_parser().parse_known_args(words)
    if (command := next((word for word in rest if word in commands), None)) is not None:
        line = shlex.join(["okxmm-tui", command, *(word for word in words if word != command)])
        raise UsageError(f"The command {command} did not come first.", f"Write: {line}")


# -- commands ------------------------------------------------------------------------------------------


def _trade(words: list[str]) -> int:
    given = vars(_trade_parser().parse_args(words))
    if not given.get("headless") and not redirected():
        return _console(words, given)
    return _without_console(given)


def _without_console(given: dict[str, Any]) -> int:
    knows_live = given.pop("i_know_this_is_live", False)
    settings = settings_of(given)
    from okxmm_tui.engine_setup import engine_config

    config = engine_config(settings)
    if not settings.headless:
        need_terminal("Run it in one, or use --headless.")
    return _headless(config, knows_live=knows_live)


def _headless(config: EngineConfig, *, knows_live: bool) -> int:
    from okxmm_tui.headless import run_headless

    return run_headless(config, knows_live=knows_live)


def _console(words: list[str], given: dict[str, Any]) -> int:
    from okxmm_tui.console_session import open_console

    code = open_console(words, given.get("config"))
    return _without_console(given) if code is None else code


def _attach(words: list[str]) -> int:
    parser = command_parser("okxmm-tui attach", "Open another console on a running engine.")
    parser.add_argument("--read-only", action="store_true", help="look, and kill, but change nothing else")
    _add_look(parser)
    parser.add_argument("--web", action="store_true", help=argparse.SUPPRESS)  # what serve starts
    _add_common(parser)
    given = vars(parser.parse_args(words))
    is_read_only, is_web = given.pop("read_only", False), given.pop("web", False)
    settings = settings_of(given)
    if not is_web:
        need_terminal("Run it in one.")
    from okxmm_tui.console_session import attach

    return attach(settings, given.get("config"), is_read_only=is_read_only, is_web=is_web)


def _serve(words: list[str]) -> int:
    parser = command_parser(
        "okxmm-tui serve",
        "Show the console of a running engine in a browser on this machine.",
        "the address that is printed holds a secret; from elsewhere use: ssh -L 8000:127.0.0.1:8000 HOST",
    )
    parser.add_argument(
        "--port", type=int, default=8000, metavar="N", help="port on loopback (8000; 0: a free one)"
    )
    parser.add_argument(
        "--allow-commands", action="store_true", help="let the page trade; without it, look and kill only"
    )
    _add_look(parser)
    _add_common(parser)
    given = vars(parser.parse_args(words))
    port, may_command = given.pop("port"), given.pop("allow_commands", False)
    settings = settings_of(given)
    from okxmm_tui.serve import attach_command, serve
    from okxmm_tui.statedir import make_state_dir

    command = attach_command(
        make_state_dir(settings.state_dir),
        settings.theme,
        given.get("config"),
        may_command=may_command,
        language=settings.language,
    )
    return serve(command, port)


def _kill(words: list[str]) -> int:
    parser = command_parser("okxmm-tui kill", "Cancel every own order over REST alone, and prove it.")
    parser.add_argument("--venue", metavar="VENUE", help="sim, demo or live (default: the last session's)")
    parser.add_argument("--instrument", metavar="ID", help="only this instrument")
    parser.add_argument("--account", action="store_true", help="every order of the account, not only our tag")
    parser.add_argument("--flatten", action="store_true", help="then close open positions at the market")
    parser.add_argument("--yes", action="store_true", help="with --flatten: do not ask")
    parser.add_argument("--deadline", type=float, default=30.0, metavar="SECONDS", help="give up after (30)")
    _add_common(parser)
    given = vars(parser.parse_args(words))
    scope = {name: given.pop(name, None) for name in ("instrument", "account", "deadline", "flatten", "yes")}
    from okxmm_tui.killer import flatten, kill, of_last_session

    settings, deadline_s = of_last_session(settings_of(given), given), scope["deadline"] or 30.0
    code = kill(settings, scope["instrument"], whole_account=bool(scope["account"]), deadline_s=deadline_s)
    if code or not scope["flatten"]:
        return code
    return flatten(settings, scope["instrument"], is_confirmed=bool(scope["yes"]), deadline_s=deadline_s)


def _exchange(words: list[str]) -> int:
    from okxmm_tui.market_commands import exchange

    return exchange(words)


def _record(words: list[str]) -> int:
    from okxmm_tui.market_commands import record

    return record(words)


def _doctor(words: list[str]) -> int:
    from okxmm_tui.doctor.command import doctor

    return doctor(words)


def _report(words: list[str]) -> int:
    from okxmm_tui.report.cli import main as report

    return report(words)


def _replay(words: list[str]) -> int:
    from okxmm_tui.replay.cli import main as replay

    return replay(words)


def _engine(words: list[str]) -> int:
    """The engine's process: its configuration comes on standard input, or as the words of a console."""
    from okxmm_tui.engine_start import OF_CONSOLE

    if words[:1] == [OF_CONSOLE]:
        return _engine_of_console(vars(_trade_parser().parse_args(words[1:])))
    import msgspec

    from okxmm_tui.compose import engine_main
    from okxmm_tui.engine_config import EngineConfig

    return engine_main(msgspec.json.decode(sys.stdin.buffer.read(), type=EngineConfig))


def _engine_of_console(given: dict[str, Any]) -> int:
    from okxmm_tui.engine_setup import engine_config
    from okxmm_tui.engine_start import announce, become_engine, refuse

    given.pop("i_know_this_is_live", None)
    try:
        settings = settings_of(given)
        config = engine_config(settings)
        is_wanted = announce(settings, config)
    except OkxmmError as error:
        refuse(error)
        return error.exit_code
    return become_engine(config) if is_wanted else 0
