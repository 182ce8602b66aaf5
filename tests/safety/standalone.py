"""The embedded exchange as a process of its own: it outlives engines, as the real one does."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx

KEYS = {"api_key": "sim", "secret": "sim", "passphrase": "sim"}


class Exchange:
    """One exchange on a free port.

    Args:
        flags: Of ``okxmm-tui exchange``.
    """

    def __init__(self, *flags: str) -> None:
        command = [sys.executable, "-m", "okxmm_tui", "exchange", "--port", "0", *flags]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        self.urls: dict[str, str] = json.loads(self._process.stdout.readline())

    def state(self) -> dict[str, Any]:
        """Its own ledger."""
        return httpx.get(f"{self.urls['rest']}/sim/v1/state", timeout=10.0).json()

    def inject(self, fault: dict[str, object]) -> httpx.Response:
        """Ask for a fault; the answer tells whether it was taken."""
        return httpx.post(f"{self.urls['rest']}/sim/v1/faults", json=fault, timeout=10.0)

    def struck(self) -> dict[str, int]:
        """How often each fault has struck since the start."""
        return httpx.get(f"{self.urls['rest']}/sim/v1/faults", timeout=10.0).json()["fired"]

    def stop(self) -> None:
        """End it; a second time does nothing."""
        self._process.kill()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()
