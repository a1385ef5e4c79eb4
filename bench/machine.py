"""Processes, cores and processor time, as Linux tells them."""

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
# The measured on one core, everything that makes or answers its load on the other.
LOAD_CORE: Final = 0
MEASURED_CORE: Final = max(0, (os.cpu_count() or 1) - 1)


def family(pid: int) -> list[int]:
    """The process and all below it."""
    below: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(_fields(stat)[1])
            below.setdefault(parent, []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += below.get(one, [])
    return found


def cpu_us(pid: int) -> float:
    """User and system time of the process and all below it."""
    ticks = 0
    for one in family(pid):
        with suppress(OSError):
            ticks += sum(map(int, _fields(Path(f"/proc/{one}/stat"))[11:15]))
    return ticks * 1e6 / TICKS_PER_S


def rss_mb(pid: int) -> float:
    pages = 0
    for one in family(pid):
        with suppress(OSError):
            pages += int(Path(f"/proc/{one}/statm").read_text(encoding="ascii").split()[1])
    return round(pages * PAGE_BYTES / 1e6, 1)


def pin(pid: int, *, core: int) -> None:
    """The process, all below it and all their threads."""
    for one in family(pid):
        for task in Path(f"/proc/{one}/task").glob("[0-9]*"):
            with suppress(OSError):
                os.sched_setaffinity(int(task.name), {core})


def pinned(core: int, *command: str) -> list[str]:
    return ["taskset", "-c", str(core), *command]


def wait_until_idle(pid: int, *, within_s: float = 6.0) -> None:
    """Until what was cut off at the end of a run has drained."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        before = cpu_us(pid)
        time.sleep(0.3)
        if cpu_us(pid) - before < 15_000:
            return


def described() -> dict[str, object]:
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "load": round(os.getloadavg()[0], 2),
    }


def version(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    return lines[0].strip() if lines else "unknown"


def _fields(stat: Path) -> list[str]:
    """Of a process: from its state on, the third field."""
    return stat.read_text(errors="replace").rpartition(")")[2].split()
