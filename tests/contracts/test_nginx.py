"""docker/nginx.conf in a real nginx: what it passes on, and what it never writes down."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import pytest

from gateway.edge.operations.surfaces import ENDPOINTS
from gateway.ops.ports import free_port
from tests.contracts.tree import ROOT

NGINX: Final = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
CONFIG: Final = ROOT / "docker/nginx.conf"
CANARY: Final = "canary-8f3a61c2"
ENOUGH_S: Final = 10.0
needs_nginx = pytest.mark.skipif(NGINX is None, reason="NOT RUN: nginx is not installed")


def rendered(*, home: Path, port: int, gateway: int, console: int) -> Path:
    """The file as it is, with addresses and places of this machine for those of the containers."""
    text = CONFIG.read_text(encoding="utf-8")
    for before, after in (
        (" /tmp/", f" {home}/"),
        ("server gateway:8000 resolve;", f"server 127.0.0.1:{gateway};"),
        ("server console:8000 resolve;", f"server 127.0.0.1:{console};"),
        ("listen 8000 ", f"listen 127.0.0.1:{port} "),
        ("worker_processes auto;", "worker_processes 1;"),
        ("worker_connections 8192;", "worker_connections 512;"),
        ("access_log /dev/stdout", f"access_log {home}/access.log"),
        ("error_log /dev/stderr", f"error_log {home}/error.log"),
    ):
        assert before in text, before
        text = text.replace(before, after)
    path = home / "nginx.conf"
    path.write_text(text, encoding="utf-8")
    return path


def command(path: Path, *more: str, directives: str = "") -> list[str]:
    # Otherwise root's workers become somebody who may not enter the folders of a test.
    directives += "user root;" if os.geteuid() == 0 else ""
    errors = str(path.with_name("error.log"))
    return [str(NGINX), "-e", errors, "-c", str(path), "-g", directives, *more]


def verdict(path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command(path, "-t"), capture_output=True, text=True, check=False)


@needs_nginx
def test_nginx_accepts_the_file(tmp_path: Path) -> None:
    done = verdict(rendered(home=tmp_path, port=free_port(), gateway=9, console=9))
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@needs_nginx
def test_a_mistake_in_the_file_is_found(tmp_path: Path) -> None:
    path = rendered(home=tmp_path, port=free_port(), gateway=9, console=9)
    path.write_text(path.read_text(encoding="utf-8").replace("proxy_buffering", "proxy_bufering"))
    assert verdict(path).returncode != 0


def test_no_log_format_holds_a_variable_that_has_the_query() -> None:
    text = CONFIG.read_text(encoding="utf-8")
    formats = "".join(re.findall(r"log_format[^;]*;", text))
    used = set(re.findall(r"\$(\w+)", formats))
    assert "uri" in used
    assert not used & {"request", "request_uri", "args", "query_string", "http_referer"}
    assert not [name for name in used if name.startswith("arg_")]


def test_a_stream_may_pause_longer_than_a_server_drains_and_idle_ends_here_first() -> None:
    text = CONFIG.read_text(encoding="utf-8")
    assert "proxy_read_timeout 660s;" in text
    kept_s = {int(value) for value in re.findall(r"^ +keepalive_timeout (\d+)s;", text, re.M)}
    assert kept_s
    assert max(kept_s) < 10


# --- a real run -----------------------------------------------------------------------------------


class Server:
    """Stands behind nginx: tells what it got, streams in steps, and echoes after an upgrade."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.go_on = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            while head := await self._head(reader):
                method, target, headers = head
                if headers.get("upgrade") == "websocket":
                    await self._echo(reader, writer)
                    return
                if target.startswith("/v1/stream"):
                    await self._stream(writer)
                else:
                    self._tell(writer, target, headers, is_head=method == "HEAD")
                await writer.drain()

    async def _head(self, reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]] | None:
        try:
            raw = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = raw.decode("latin-1").strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        method, target, _ = first.split(" ")
        return method, target, {name.lower(): value.strip() for name, _, value in pairs}

    def _tell(
        self, writer: asyncio.StreamWriter, target: str, headers: dict[str, str], *, is_head: bool
    ) -> None:
        body = msgspec.json.encode({"server": self.name, "target": target, "headers": headers})
        head = f"HTTP/1.1 200 OK\r\nX-Server: {self.name}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + (b"" if is_head else body))

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await writer.drain()
        await self.go_on.wait()
        writer.write(b"6\r\nsecond\r\n0\r\n\r\n")

    async def _echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        )
        while data := await reader.read(100):
            writer.write(data)
            await writer.drain()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    port: int
    home: Path
    gateway: Server
    console: Server

    async def open(
        self, target: str, *headers: str, method: str = "GET"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = (f"{method} {target} HTTP/1.1", "Host: people.example:8443", *headers)
        writer.write("\r\n".join([*lines, "", ""]).encode())
        return reader, writer

    async def told(self, target: str, *headers: str) -> dict[str, dict[str, str] | str]:
        reader, writer = await self.open(target, "Connection: close", *headers)
        with closing(writer):
            answer = await asyncio.wait_for(reader.read(), ENOUGH_S)
        return msgspec.json.decode(
            answer.partition(b"\r\n\r\n")[2], type=dict[str, dict[str, str] | str]
        )

    def logs(self) -> str:
        return "".join(path.read_text(encoding="utf-8") for path in self.home.glob("*.log"))


@asynccontextmanager
async def running(home: Path, *, gateway_up: bool = True) -> AsyncIterator[Edge]:
    gateway, console = Server("gateway"), Server("console")
    behind = [
        await asyncio.start_server(server.serve, "127.0.0.1", 0) for server in (gateway, console)
    ]
    ports = [server.sockets[0].getsockname()[1] for server in behind]
    if not gateway_up:
        behind[0].close()
    port = free_port()
    path = rendered(home=home, port=port, gateway=ports[0], console=ports[1])
    process = await asyncio.create_subprocess_exec(*command(path, directives="daemon off;"))
    try:
        await _wait_for(port)
        yield Edge(port=port, home=home, gateway=gateway, console=console)
    finally:
        gateway.go_on.set()
        process.send_signal(signal.SIGTERM)
        await process.wait()
        for server in behind:
            server.close()


async def _wait_for(port: int) -> None:
    async with asyncio.timeout(ENOUGH_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


@needs_nginx
async def test_a_stream_arrives_piece_by_piece(tmp_path: Path) -> None:
    async with running(tmp_path) as edge:
        reader, writer = await edge.open("/v1/stream")
        with closing(writer):
            await asyncio.wait_for(reader.readuntil(b"first"), ENOUGH_S)
            edge.gateway.go_on.set()
            await asyncio.wait_for(reader.readuntil(b"second"), ENOUGH_S)


@needs_nginx
async def test_a_websocket_passes_both_ways(tmp_path: Path) -> None:
    async with running(tmp_path) as edge:
        upgrade = ("Connection: Upgrade", "Upgrade: websocket")
        reader, writer = await edge.open("/ws/console/", *upgrade)
        with closing(writer):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ENOUGH_S)
            assert b" 101 " in head
            writer.write(b"ping")
            assert await asyncio.wait_for(reader.readexactly(4), ENOUGH_S) == b"ping"


@needs_nginx
@pytest.mark.parametrize(
    ("path", "server"),
    [
        ("/v1/chat/completions", "gateway"),
        ("/openai/v1/models", "gateway"),
        ("/model/arn%3Aaws%3Abedrock%3A%3A%2Fx/converse", "gateway"),
        ("/v1betas", "console"),
        ("/api/v1/keys", "console"),
        ("/admin/api-keys", "console"),
        ("/t/default/keys", "console"),
        ("/", "console"),
    ],
)
async def test_a_path_reaches_its_server_unchanged(tmp_path: Path, path: str, server: str) -> None:
    async with running(tmp_path) as edge:
        told = await edge.told(f"{path}?a=%2F")
    assert (told["server"], told["target"]) == (server, f"{path}?a=%2F")


@needs_nginx
async def test_every_path_of_clients_reaches_the_data_plane(tmp_path: Path) -> None:
    async with running(tmp_path) as edge:
        servers = {path: (await edge.told(path))["server"] for path in ENDPOINTS if path != "/"}

    assert set(servers.values()) == {"gateway"}, servers


@needs_nginx
async def test_who_only_probes_the_root_reaches_the_data_plane(tmp_path: Path) -> None:
    async with running(tmp_path) as edge:
        reader, writer = await edge.open("/", "Connection: close", method="HEAD")
        with closing(writer):
            answer = await asyncio.wait_for(reader.read(), ENOUGH_S)

    assert b"\r\nX-Server: gateway\r\n" in answer


@needs_nginx
async def test_host_is_kept_and_the_client_is_appended(tmp_path: Path) -> None:
    async with running(tmp_path) as edge:
        told = await edge.told("/", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https")
    headers = told["headers"]
    assert isinstance(headers, dict)
    assert headers["host"] == "people.example:8443"
    assert headers["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
    assert headers["x-forwarded-proto"] == "https"
    assert headers.get("connection", "") == ""


@needs_nginx
@pytest.mark.parametrize("gateway_up", [True, False], ids=["answered", "unreachable"])
async def test_a_key_in_the_query_is_in_no_log(tmp_path: Path, gateway_up: bool) -> None:  # noqa: FBT001
    async with running(tmp_path, gateway_up=gateway_up) as edge:
        referer = f"Referer: http://people.example/setup?token={CANARY}"
        for target in (f"/v1/models?key={CANARY}", f"/?key={CANARY}", f"/%00?key={CANARY}"):
            reader, writer = await edge.open(target, "Connection: close", referer)
            with closing(writer):
                await asyncio.wait_for(reader.read(), ENOUGH_S)
    logs = edge.logs()
    assert '"path":"/v1/models"' in logs
    assert f'"status":"{200 if gateway_up else 502}"' in logs
    assert CANARY not in logs


@needs_nginx
async def test_one_address_holds_at_most_a_hundred_connections(tmp_path: Path) -> None:
    async with running(tmp_path) as edge:
        opened = [await edge.open("/v1/stream") for _ in range(101)]
        first = [asyncio.create_task(reader.readline()) for reader, _ in opened]
        async with asyncio.timeout(ENOUGH_S):
            lines = await asyncio.gather(*first)
        for _, writer in opened:
            writer.close()
    statuses = [line.split()[1] for line in lines]
    assert statuses.count(b"200") == 100
    assert statuses.count(b"429") == 1
