"""Where the processes of one node keep their metrics, so that any of them can answer for all.

Law: `environment` must be in place before the first import of prometheus_client, which decides at
import.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
PID_IN_NAME: Final = re.compile(r"_(\d+)\.db$")


def environment(var_dir: Path) -> dict[str, str]:
    """What a process needs to count with the others; the directory is there afterwards."""
    directory = var_dir / "metrics"
    directory.mkdir(parents=True, exist_ok=True)
    return {VARIABLE: str(directory)}


def clear_metrics_dir(var_dir: Path) -> None:
    """At the start of a server: forgets processes that are gone."""
    directory = Path(environment(var_dir)[VARIABLE])
    # In a container pids repeat: what carries our own number was written by a process before us.
    for path in _left_behind(directory, pattern="*.db", own=os.getpid()):
        path.unlink(missing_ok=True)


def forget_dead_gauges() -> None:
    """At the start of a worker: gauges of a killed one would count for ever; counters must stay."""
    if VARIABLE not in os.environ:
        return
    for path in _left_behind(Path(os.environ[VARIABLE]), pattern="gauge_live*.db"):
        path.unlink(missing_ok=True)


def _left_behind(directory: Path, *, pattern: str, own: int | None = None) -> Iterator[Path]:
    for path in directory.glob(pattern):
        found = PID_IN_NAME.search(path.name)
        if found and (int(found[1]) == own or not _is_alive(int(found[1]))):
            yield path


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
