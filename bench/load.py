"""One burst of load, and what the measured processes spent on it."""

import subprocess
import time
from pathlib import Path
from typing import Final

import msgspec

from bench.machine import LOAD_CORE, cpu_us, pinned

BODIES: Final = Path(__file__).resolve().parent / "bodies"
CONNECTIONS: Final = 64
WARM_UP_S: Final = 1.0
CHUNKS: Final = 50


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of request, and what it may cost."""

    name: str
    path: str
    body: str
    stream: bool
    limit_us: float


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured: a server on loopback."""

    name: str
    port: int
    pid: int
    key: str = ""


class Latency(msgspec.Struct):
    p50: float
    p99: float


class Said(msgspec.Struct):
    """The load generator's own line."""

    rps: float
    errors: int
    out_of_order: int
    incomplete: int
    lat_us: Latency
    err: str


class Burst(msgspec.Struct, kw_only=True):
    per_second: float
    cpu_us: float
    core_share: float
    p50_us: float
    p99_us: float
    errors: int
    error: str


def burst(
    *, generator: Path, peer: Peer, line: Line, seconds: float, connections: int = CONNECTIONS
) -> Burst:
    """A closed loop: each connection asks again once it is answered."""
    command = [
        *(str(generator), str(peer.port), line.path, str(BODIES / line.body)),
        *("-c", str(connections), "-d", str(seconds), "-w", str(WARM_UP_S)),
    ]
    if line.stream:
        command += ["-s", "-k", str(CHUNKS)]
    if peer.key:
        command += ["-H", f"Authorization: Bearer {peer.key}"]
    running = subprocess.Popen(pinned(LOAD_CORE, *command), stdout=subprocess.PIPE, text=True)
    time.sleep(WARM_UP_S)
    before_us, began = cpu_us(peer.pid), time.monotonic()
    time.sleep(max(seconds - 0.05, 0))
    after_us, ended = cpu_us(peer.pid), time.monotonic()
    output, _ = running.communicate(timeout=seconds + 60)
    said = msgspec.json.decode(output, type=Said)
    took_s = ended - began
    done = said.rps * took_s
    return Burst(
        per_second=said.rps,
        cpu_us=round((after_us - before_us) / done, 1) if done else 0.0,
        core_share=round((after_us - before_us) / 1e6 / took_s, 3),
        p50_us=said.lat_us.p50,
        p99_us=said.lat_us.p99,
        errors=said.errors + said.out_of_order + said.incomplete,
        error=said.err,
    )
