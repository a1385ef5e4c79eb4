"""A whole `switchyard up` of its own, for tests that break it on purpose."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx
import msgspec
import psycopg
import redis

from gateway import env
from gateway.ops.embedded.processes import Known, look_up
from gateway.ops.ports import free_port
from gateway.setting_table import SETTINGS
from tests.contracts.tree import ROOT

READY_S: Final = 90.0
CHILDREN: Final = ("postgres", "valkey-state", "valkey-cache", "shipper", "worker", "beat", "serve")


def clean_environment(**settings: str) -> dict[str, str]:
    """Nothing of the suite's own services; an empty value hides a developer's `.env`."""
    names = {row.name for row in SETTINGS}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return {**kept, **dict.fromkeys(names, ""), **settings}


def run(*arguments: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


class Installation:
    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.var = folder / "var"
        self.port = port or free_port()
        self.environment = clean_environment(
            VAR_DIR=str(self.var), PORT=str(self.port), AUDIT_LOG_DIR=str(folder / "audit")
        )
        self.words = folder / "up.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.words.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "up"],
                cwd=ROOT,
                env=self.environment,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        wait_until(self._announced_or_ended, within_s=READY_S)
        assert "Stop: make down" in self.said(), self.said()

    def _announced_or_ended(self) -> bool:
        assert self.process is not None
        return "Stop: make down" in self.said() or self.process.poll() is not None

    def said(self) -> str:
        return self.words.read_text(encoding="utf-8", errors="replace")

    def signal(self, number: signal.Signals) -> int:
        """Sends it and waits for the end; the exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def kill_everything(self) -> None:
        if self.process is not None and self.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.signal(signal.SIGTERM)
            self.process.kill()
            self.process.wait()

    def child(self, name: str) -> Known | None:
        """None while it is down."""
        with suppress(OSError, msgspec.MsgspecError):
            known = msgspec.json.decode((self.var / "run" / f"{name}.pid").read_bytes(), type=Known)
            return look_up(known.pid)
        return None

    def family(self) -> list[Known]:
        """Every process below the supervisor, its grandchildren too."""
        assert self.process is not None
        pids = descendants(self.process.pid)
        return [known for pid in pids if (known := look_up(pid)) is not None]

    def ready(self) -> bool:
        with suppress(httpx.HTTPError), httpx.Client(timeout=2, trust_env=False) as client:
            return client.get(f"http://127.0.0.1:{self.port}/ready").status_code == httpx.codes.OK
        return False

    def whole(self) -> bool:
        """Every child runs and every service answers now; /ready may be a second old."""
        if any(self.child(name) is None for name in CHILDREN) or not self.ready():
            return False
        addresses = env.read_env_file(self.var / "embedded.env")
        with suppress(psycopg.OperationalError, redis.RedisError):
            psycopg.connect(addresses["DATABASE_URL"], connect_timeout=2).close()
            for name in ("REDIS_URL", "CACHE_REDIS_URL"):
                with redis.Redis.from_url(addresses[name], socket_timeout=2) as client:
                    client.ping()
            return True
        return False

    def database_url(self, *, owner: bool = False) -> str:
        file, name = (
            ("owner.env", "DATABASE_OWNER_URL") if owner else ("embedded.env", "DATABASE_URL")
        )
        return env.read_env_file(self.var / file)[name]


@contextmanager
def running(folder: Path) -> Iterator[Installation]:
    installation = Installation(folder)
    try:
        installation.start()
        yield installation
    finally:
        installation.kill_everything()


def descendants(pid: int) -> list[int]:
    """From /proc: the parent of each process is the fourth field of its stat file."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def wait_until(holds: Callable[[], bool], *, within_s: float) -> float:
    """How long it took; fails when it never held."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < within_s, f"not within {within_s} s"
        time.sleep(0.02)
    return time.monotonic() - begun


def all_gone(processes: Iterable[Known]) -> bool:
    return all(look_up(known.pid) != known for known in processes)
