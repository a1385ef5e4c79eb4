"""One `switchyard up` per VAR_DIR: `var/lock` is held as long as it lives and names its pid."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.ops.outcome import CommandFailed, Exit


@contextmanager
def held(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _try(descriptor):
            raise CommandFailed(
                f"Switchyard is running already (pid {holder(path)}); stop it with make down",
                status=Exit.BUSY,
            )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> int | None:
    """The pid of the running `switchyard up`; None when there is none."""
    if not path.is_file():
        return None
    with path.open("r+b") as stream:
        if _try(stream.fileno()):
            return None
        written = stream.read().strip()
    return int(written) if written.isdigit() else None


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
