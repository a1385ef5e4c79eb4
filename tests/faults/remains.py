"""What is left in a worker when everybody has gone."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from tests.clients.stack import Stack
from tests.faults.installation import wait_until
from tests.faults.referee import Referee
from tests.services import SECRETS

# Not a promise: sockets that ended linger for a moment in both kernels' books.
GONE_WITHIN_S: Final = 10.0


# The gateway opens as many connections to these as it needs, and may keep them.
SERVICES: Final = {"DATABASE_URL": 5432, "REDIS_URL": 6379, "CACHE_REDIS_URL": 6379}


def sockets_of(pid: int) -> int:
    """To clients and vendors; one that was reset and is still held counts, too."""
    found = set(_sockets(pid))  # before the tables: what is opened in between is in neither
    return len(found - set(_between_processes(pid)) - set(_to_services(pid)))


def _sockets(pid: int) -> Iterator[str]:
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            what, _, number = str(link.readlink()).partition(":")
        except FileNotFoundError:
            continue
        if what == "socket":
            yield number.strip("[]")


def _between_processes(pid: int) -> Iterator[str]:
    for row in _table(pid, "unix"):
        yield row[6]


def _to_services(pid: int) -> Iterator[str]:
    ports = {urlsplit(os.environ[name]).port or usual for name, usual in SERVICES.items()}
    for row in (*_table(pid, "tcp"), *_table(pid, "tcp6")):
        if int(row[2].rpartition(":")[2], 16) in ports:
            yield row[9]


def _table(pid: int, name: str) -> list[list[str]]:
    table = Path(f"/proc/{pid}/net/{name}")
    # No IPv6, no table of it.
    lines = (
        table.read_text(encoding="ascii", errors="replace").splitlines() if table.exists() else []
    )
    return [line.split() for line in lines[1:]]


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
