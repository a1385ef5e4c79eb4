"""Ports: free ones for the embedded servers, kept between starts; the listener's own is checked."""

import errno
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.secrets_file import write_private

LOOPBACK = "127.0.0.1"


def read_ports(path: Path) -> dict[str, int]:
    """Empty when the file is absent or is not what this program writes."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except (OSError, msgspec.MsgspecError):
        return {}


def choose_ports(path: Path, *, names: Iterable[str]) -> Mapping[str, int]:
    """The ports of the last start where they are still free, others where not."""
    kept = read_ports(path)
    chosen: dict[str, int] = {}
    for name in names:
        port = kept.get(name, 0)
        usable = port and port not in chosen.values() and is_free(host=LOOPBACK, port=port)
        chosen[name] = port if usable else free_port(taken=chosen.values())
    if chosen != kept:
        write_private(path, msgspec.json.encode(chosen).decode() + "\n")
    return chosen


def free_port(*, taken: Iterable[int] = ()) -> int:
    while True:
        with socket.create_server((LOOPBACK, 0)) as probe:
            port: int = probe.getsockname()[1]
        if port not in set(taken):
            return port


def is_free(*, host: str, port: int) -> bool:
    """False only when somebody listens there; an address this machine lacks raises."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return True
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise CommandFailed(
            f"Cannot listen on {host}:{port} (HOST, PORT): {error.strerror}", status=Exit.USAGE
        ) from error


def require_free(*, host: str, port: int) -> None:
    if not is_free(host=host, port=port):
        raise CommandFailed(f"Port {port} is in use (PORT={port})", status=Exit.BUSY)
