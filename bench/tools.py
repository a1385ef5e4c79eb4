"""The programs in C beside this file, built when their sources change; a vendor; nginx."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from socket import create_connection
from typing import Final

from bench.load import CHUNKS, Peer
from bench.machine import LOAD_CORE, MEASURED_CORE, pin, pinned
from gateway.ops.ports import free_port

HERE: Final = Path(__file__).resolve().parent
BUILT: Final = HERE.parent / "var/bench"
CHUNK_GAP_US: Final = 5_000
UP_WITHIN_S: Final = 10.0
NGINX: Final = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 100000000;
  client_body_buffer_size 1m;
  upstream vendor {{ server 127.0.0.1:{vendor}; keepalive 256; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://vendor;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
"""


class Missing(Exception):
    """What has to be installed before there can be a bench."""


def built(name: str) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise Missing("gcc: apt-get install gcc libc6-dev (or your system's C compiler)")
    source, program = HERE / f"{name}.c", BUILT / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        BUILT.mkdir(parents=True, exist_ok=True)
        subprocess.run([compiler, "-O2", "-w", "-o", program, source], check=True)
    return program


@contextmanager
def vendor() -> Iterator[int]:
    """The port of a vendor that costs next to nothing."""
    port = free_port()
    options = ("--chunks", str(CHUNKS), "--delay-us", str(CHUNK_GAP_US))
    command = pinned(LOAD_CORE, str(built("mockup")), str(port), *options)
    with _running(command, port=port):
        yield port


@contextmanager
def nginx(*, vendor_port: int) -> Iterator[Peer | None]:
    """The practical limit: a proxy in C that looks at nothing. None where it is not installed."""
    program = shutil.which("nginx")
    if program is None:
        yield None
        return
    folder, port = BUILT / "nginx", free_port()
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "nginx.conf"
    settings.write_text(
        NGINX.format(folder=folder, vendor=vendor_port, port=port), encoding="utf-8"
    )
    command = [program, "-c", str(settings), "-e", str(folder / "error.log"), "-p", str(folder)]
    with _running(command, port=port) as pid:
        pin(pid, core=MEASURED_CORE)
        yield Peer(name="nginx", port=port, pid=pid)


@contextmanager
def _running(command: list[str], *, port: int) -> Iterator[int]:
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(OSError), closing(create_connection(("127.0.0.1", port), timeout=1)):
            return
        time.sleep(0.05)
    raise Missing(f"a program that answers on port {port}")
