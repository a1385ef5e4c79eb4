"""A gateway under granian, and raw bytes to it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.ops.ports import free_port

PROJECT: Final = Path(__file__).resolve().parents[2]
APPLICATION: Final = "gateway.asgi:application"
START_WITHIN_S: Final = 30.0
ANSWER_WITHIN_S: Final = 10.0
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Everything that came back on one connection."""

    received: bytes
    closed: bool
    sent_bytes: int = 0

    @property
    def statuses(self) -> list[int]:
        return [int(code) for code in re.findall(rb"(?:^|\n)HTTP/1\.[01] (\d{3}) ", self.received)]

    @property
    def body(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    port: int
    worker_pid: int

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_WITHIN_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def send(self, *parts: bytes, patience_s: float = ANSWER_WITHIN_S) -> Reply:
        """Sends all parts, or as many as are taken, then reads until closed or `patience_s`."""
        with self.connect() as connection:
            sent_bytes = send_all(connection, parts)
            return read_all(connection, patience_s=patience_s, sent_bytes=sent_bytes)

    def get(self, path: str, *headers: str) -> Reply:
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
        return self.send("\r\n".join(lines).encode())

    def rss_bytes(self) -> int:
        fields = Path(f"/proc/{self.worker_pid}/statm").read_text(encoding="ascii").split()
        return int(fields[1]) * PAGE_BYTES

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.worker_pid}/stat").read_text(encoding="ascii").rsplit(")")[-1]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / TICKS_PER_S


def send_all(connection: socket.socket, parts: Iterable[bytes]) -> int:
    sent_bytes = 0
    try:
        for part in parts:
            connection.sendall(part)
            sent_bytes += len(part)
    except OSError:  # the other side has had enough
        pass
    return sent_bytes


def read_all(connection: socket.socket, *, patience_s: float, sent_bytes: int = 0) -> Reply:
    connection.settimeout(patience_s)
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except TimeoutError:
        return Reply(received=received, closed=False, sent_bytes=sent_bytes)
    except ConnectionResetError:
        pass
    return Reply(received=received, closed=True, sent_bytes=sent_bytes)


@contextmanager
def running(
    application: str = APPLICATION,
    *,
    header_timeout_ms: int = 10_000,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Gateway]:
    """One worker of granian with the flags of production; killed at the end."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--http", "1"),
        *("--backlog", "4096", "--backpressure", "8192", "--port", str(port)),
        *("--http1-header-read-timeout", str(header_timeout_ms), application),
    ]
    with serving(command, port=port, environment=environment or {}) as process:
        yield Gateway(port=port, worker_pid=_worker_of(process.pid))


@contextmanager
def development_server(*options: str) -> Iterator[Gateway]:
    """Daphne, as `make dev` starts it; killed at the end."""
    port = free_port()
    module = "gateway.ops.embedded.runserver"
    command = [sys.executable, "-m", module, *options, f"127.0.0.1:{port}"]
    with serving(command, port=port, environment={"DEBUG": "true"}) as process:
        yield Gateway(port=port, worker_pid=process.pid)


@contextmanager
def serving(
    command: Sequence[str], *, port: int, environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, "LOG_LEVEL": "error", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        _wait_until_serving(process, port=port)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


def _wait_until_serving(process: "subprocess.Popen[bytes]", *, port: int) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            reply = Gateway(port=port, worker_pid=0).get("/liveness")
        except OSError:
            reply = Reply(received=b"", closed=True)
        if reply.statuses == [200]:
            return
        time.sleep(0.05)
    raise AssertionError("the gateway did not start")


def _worker_of(main_pid: int) -> int:
    """granian's master has one child per worker, and multiprocessing's resource tracker."""
    children = Path(f"/proc/{main_pid}/task/{main_pid}/children").read_text(encoding="ascii")
    for pid in map(int, children.split()):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"resource_tracker" not in command:
            return pid
    raise AssertionError("no worker")
