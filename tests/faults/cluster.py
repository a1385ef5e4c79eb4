"""A node with two workers and a shipper, whose processes are killed while clients call."""

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from gateway.ops.embedded.processes import leash, look_up
from gateway.ops.ports import free_port
from gateway.spool.paths import parse_segment, segments
from tests.clients.management import SETTINGS, Management
from tests.clients.stack import Stack
from tests.contracts.tree import ROOT
from tests.faults.gateway_process import Gateway, Reply
from tests.faults.installation import descendants, wait_until

NODE: Final = "cluster"
UP_WITHIN_S: Final = 30
ANSWER_WITHIN_S: Final = 20
AGAIN_S: Final = 0.05
LOOK_EACH_S: Final = 0.01
WORKERS_SHARE: Final = 0.4  # of the kills; a worker takes longer to come back
REQUEST_ID: Final = re.compile(
    rb"\r\nx-switchyard-request-id: req_([0-9a-f]{32})\r\n", re.IGNORECASE
)
LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request, and what stands in the last event of its stream."""

    path: str
    body: bytes
    last: bytes = b""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What a client saw of one request."""

    request_id: str  # empty: no answer began
    status: int = 0
    has_ended: bool = False  # it saw the terminal event, or the last byte


class Cluster:
    def __init__(self, folder: Path, *, port: int, environment: dict[str, str]) -> None:
        self.spool = folder / "spool" / NODE
        self.kept = folder / "kept" / NODE  # every segment there ever was
        self.kept.mkdir(parents=True)
        self.port = port
        self._environment = environment
        # Managed by HTTP first, and then killed: who serves clients only is back much sooner.
        self._server = self._start("gateway.ops.serve", SERVE_ROLE="all", WORKERS="1")
        self._shipper = self._start("gateway.ops.ship")
        self.kills = {"worker": 0, "shipper": 0}

    def _start(self, module: str, **settings: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env={**self._environment, **settings},
            stdout=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=leash(signal.SIGKILL),  # noqa: PLW1509 - no thread forks meanwhile
        )

    def serve_clients_only(self) -> None:
        self.stop_serving()
        self._server = self._start("gateway.ops.serve", SERVE_ROLE="edge", WORKERS="2")
        wait_until(self.ready, within_s=UP_WITHIN_S)

    def ready(self) -> bool:
        assert self._server.poll() is None, "the server ended"
        with suppress(OSError):
            return Gateway(port=self.port, worker_pid=0).get("/ready").statuses == [200]
        return False

    def workers(self) -> list[int]:
        """Those that serve, the oldest first."""
        serving = {name.pid for path in segments(self.spool) if (name := parse_segment(path.name))}
        known = [look_up(pid) for pid in descendants(self._server.pid) if pid in serving]
        living = [one for one in known if one is not None]
        return [one.pid for one in sorted(living, key=lambda one: int(one.started))]

    def worker_of(self, request_id: UUID) -> int:
        """Who has written down that it began."""
        (pid,) = {
            name.pid
            for path in segments(self.spool)
            if (name := parse_segment(path.name)) and str(request_id).encode() in path.read_bytes()
        }
        return pid

    def kill_shipper(self) -> None:
        self._shipper.kill()
        self._shipper.wait()
        self._shipper = self._start("gateway.ops.ship")
        self.kills["shipper"] += 1

    def kill_worker(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.kills["worker"] += 1

    def keep_segments(self) -> None:
        """Another name for the same file: what is written to it later is in it."""
        for path in segments(self.spool):
            with suppress(FileExistsError, FileNotFoundError):
                (self.kept / path.name).hardlink_to(path)

    def stop_serving(self) -> None:
        self.keep_segments()
        self._server.terminate()
        self._server.wait(ANSWER_WITHIN_S)

    def delivered(self) -> bool:
        self.keep_segments()
        return not list(segments(self.spool))

    def kill_everything(self) -> None:
        for process in (self._server, self._shipper):
            if process.poll() is None:
                process.kill()
            process.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[Cluster, Stack]]:
    port = free_port()
    environment = {
        **os.environ,
        **SETTINGS,
        "PORT": str(port),
        "VAR_DIR": str(folder),
        "NODE_ID": NODE,
        "AUDIT_LOG_DIR": str(folder / "audit"),
        "DRAIN_READY_DELAY_S": "0",
        "DRAIN_MAX_S": "5",
        "LOG_REQUESTS": "false",
    }
    started = Cluster(folder, port=port, environment=environment)
    try:
        wait_until(started.ready, within_s=UP_WITHIN_S)
        with Management(f"http://127.0.0.1:{port}") as management:
            gateway = Gateway(port=port, worker_pid=0)
            yield started, Stack(gateway=gateway, management=management, key=management.key())
    finally:
        started.kill_everything()


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """Clients that call, and somebody who kills."""

    requests: int
    clients: int
    ask: Callable[[int], Asked]  # the nth request
    kills: int = 0
    seed: int = 0

    def blow(self, *, port: int, key: str, node: Cluster | None = None) -> list[Call]:
        return asyncio.run(self._blow(port=port, key=key, node=node))

    async def _blow(self, *, port: int, key: str, node: Cluster | None) -> list[Call]:
        numbers = iter(range(self.requests))
        calls: list[Call] = []

        async def client() -> None:
            for number in numbers:
                call = await _call(port, key=key, asked=self.ask(number))
                calls.append(call)

        killer = None if node is None else asyncio.create_task(self._kill(node, calls))
        await asyncio.gather(*(client() for _ in range(self.clients)))
        if killer is not None:
            await killer
        return calls

    async def _kill(self, node: Cluster, calls: list[Call]) -> None:
        """One after each n-th part of the requests."""
        dice = random.Random(self.seed)  # noqa: S311 - to be repeated
        fallen = 0
        while fallen < self.kills:
            node.keep_segments()
            if len(calls) >= self.requests * (fallen + 0.5) / self.kills:
                workers = node.workers()
                # granian ends when the one it has made anew dies within seconds.
                if len(workers) > 1 and dice.random() < WORKERS_SHARE:
                    node.kill_worker(workers[0])
                else:
                    node.kill_shipper()
                fallen += 1
            await asyncio.sleep(LOOK_EACH_S)


async def _call(port: int, *, key: str, asked: Asked) -> Call:
    head = (
        f"POST {asked.path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(asked.body)}\r\nConnection: close\r\n\r\n"
    )
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except OSError:  # nobody listens in this moment
            assert time.monotonic() < deadline, "the server has gone"
            await asyncio.sleep(AGAIN_S)
    received = b""
    try:
        writer.write(head.encode() + asked.body)
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while part := await reader.read(65_536):
                received += part
    except (OSError, TimeoutError):
        pass
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return _seen(received, last=asked.last)


def _seen(received: bytes, *, last: bytes) -> Call:
    found = REQUEST_ID.search(received)
    if found is None:
        return Call(request_id="")
    reply = Reply(received=received, closed=True)
    length = LENGTH.search(received)
    has_ended = last in received if length is None else len(reply.body) == int(length[1])
    return Call(
        request_id=found[1].decode(), status=(reply.statuses or [0])[0], has_ended=has_ended
    )
