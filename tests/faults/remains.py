"""What is left in a worker when everybody has gone."""

import re
from pathlib import Path
from typing import Final

import httpx

from tests.clients.stack import Stack
from tests.faults.installation import wait_until
from tests.faults.referee import Referee
from tests.services import SECRETS

# Not a promise: sockets that ended linger for a moment in both kernels' books.
GONE_WITHIN_S: Final = 10.0


def sockets_of(pid: int) -> int:
    found = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += str(link.readlink()).startswith("socket:")
        except FileNotFoundError:
            continue
    return found


def metrics_page(stack: Stack) -> str:
    told = {"Authorization": f"Bearer {SECRETS['METRICS_TOKEN']}"}
    with httpx.Client(trust_env=False) as client:
        return client.get(f"{stack.url}/metrics", headers=told).text


def metrics(stack: Stack) -> dict[str, float]:
    """Series without labels, and sums over the labels of the others."""
    page = metrics_page(stack)
    found: dict[str, float] = {}
    for name, value in re.findall(r"^(\w+)(?:\{[^\n]*\})? (\S+)$", page, re.MULTILINE):
        found[name] = found.get(name, 0.0) + float(value)
    return found


class Remains:
    """Compared with what there was before."""

    def __init__(self, stack: Stack, referee: Referee) -> None:
        self._stack = stack
        self._referee = referee
        self._sockets = self._now()

    def nothing(self) -> bool:
        found = metrics(self._stack)
        # The page itself is being served.
        open_ = found["switchyard_inflight"] - 1 + found["switchyard_streams_open"]
        busy = self._referee.state().busy
        return open_ == 0 and busy == 0 and self._now() <= self._sockets

    def check(self) -> None:
        wait_until(self.nothing, within_s=GONE_WITHIN_S)

    def _now(self) -> int:
        """Without those to the vendor that wait for the next call."""
        kept = self._referee.state().connections
        return sockets_of(self._stack.gateway.worker_pid) - kept
