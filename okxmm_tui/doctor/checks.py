"""The list of checks, in the order in which they are looked at and shown."""

from __future__ import annotations

from okxmm_tui.core.types import Mode
from okxmm_tui.doctor import account, configuration, exposure, instruments, machine, venue
from okxmm_tui.doctor.examination import Check


def checks_for(mode: Mode) -> tuple[Check, ...]:
    """Every check that concerns a venue."""
    is_local = mode in {Mode.SIM, Mode.PAPER}
    upstream = (Check("upstream", venue.upstream),) if mode is Mode.PAPER else ()
    return (
        Check("versions", machine.versions),
        Check("terminal", machine.terminal),
        Check("configuration", configuration.configuration),
        Check("credentials", configuration.credentials),
        Check("state directory", machine.state_directory),
        Check("journal", machine.journal, ("state directory",)),
        *upstream,
        Check("venue", venue.venue, ("state directory",) if is_local else ()),
        Check("REST", venue.rest_host, ("venue",)),
        Check("public WebSocket", venue.public_socket, ("venue",)),
        Check("clock", venue.clock, ("REST",)),
        Check("private WebSocket", venue.private_socket, ("venue", "credentials")),
        Check("API key", account.key, ("REST", "credentials")),
        Check("key permissions", account.permissions, ("API key",)),
        Check("instruments", instruments.instruments, ("REST",)),
        Check("account", account.account, ("API key",)),
        Check("fees", account.fees, ("API key",)),
        Check("leverage", account.leverage, ("API key",)),
        Check("order rate", account.order_rate, ("API key",)),
        Check("open orders", exposure.open_orders, ("API key",)),
        Check("open positions", exposure.open_positions, ("API key",)),
        Check(exposure.DEAD_MAN, exposure.dead_man, ("API key", "state directory", "open orders")),
    )
