"""Facts about processes: a leash to the parent, and how to know a process again after a crash.

Law: a process is signalled only when pid, start time and command line all match what was written
down; a pid alone may belong to somebody else by now.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from gateway.ops.secrets_file import write_private

PR_SET_PDEATHSIG: Final = 1
POLL_S: Final = 0.02
PARENT_POLL_S: Final = 0.5
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A process as it can be recognised later."""

    pid: int
    started: str
    command: str


def leash(death_signal: signal.Signals) -> Callable[[], None]:
    """For a child, between fork and exec: the kernel signals it when the forking thread ends.

    It must run after the change of user, which clears it.
    """
    parent = os.getpid()

    def fasten() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal))
            if os.getppid() != parent:
                os._exit(1)

    return fasten


def look_up(pid: int) -> Known | None:
    """None when no such process runs."""
    if sys.platform != "linux":
        return _look_up_with_ps(pid)
    folder = Path("/proc") / str(pid)
    try:
        stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        command = (folder / "cmdline").read_bytes()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    if fields[0] in {"Z", "X"}:
        return None
    return Known(
        pid=pid,
        started=fields[19],
        command=command.replace(b"\0", b" ").decode(errors="replace").strip(),
    )


def _look_up_with_ps(pid: int) -> Known | None:
    done = subprocess.run(
        ["/bin/ps", "-p", str(pid), "-o", "lstart=,command="],
        check=False,
        capture_output=True,
        text=True,
    )
    shown = done.stdout.strip()
    return Known(pid=pid, started=shown[:24], command=shown[24:].strip()) if shown else None


def write_down(path: Path, *, pid: int) -> None:
    known = look_up(pid)
    if known is not None:
        write_private(path, msgspec.json.encode(known).decode())


def stop_leftovers(pid_files: Iterable[Path], *, within_s: float) -> list[str]:
    """Ends what an earlier start left running; the names of what it found."""
    found = {path: known for path in pid_files if (known := _still_running(path)) is not None}
    for known in found.values():
        _signal(known.pid, signal.SIGTERM)
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and any(_still_running(path) for path in found):
        time.sleep(POLL_S)
    for path in found:
        if known := _still_running(path):
            _signal(known.pid, signal.SIGKILL)
    for path in pid_files:
        path.unlink(missing_ok=True)
    return [path.stem for path in found]


def _still_running(path: Path) -> Known | None:
    try:
        written = msgspec.json.decode(path.read_bytes(), type=Known)
    except (OSError, msgspec.MsgspecError):
        return None
    return written if look_up(written.pid) == written else None


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def leash_to_parent() -> None:
    """For a process that is already running: it ends at once when its parent has gone."""
    parent = os.getppid()
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    else:
        threading.Thread(target=_end_without, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _end_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_S)
    os._exit(1)
