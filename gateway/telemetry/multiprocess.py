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
    return {VARIABLE: str(var_dir / "metrics")}


def clear_metrics_dir(var_dir: Path) -> None:
    """At the start of a server: makes the directory and forgets processes that are gone."""
    directory = var_dir / "metrics"
    directory.mkdir(parents=True, exist_ok=True)
    for path in _left_behind(directory, pattern="*.db"):
        path.unlink(missing_ok=True)


def forget_dead_gauges() -> None:
    """At the start of a worker: gauges of a killed one would count for ever; counters must stay."""
    if VARIABLE not in os.environ:
        return
    for path in _left_behind(Path(os.environ[VARIABLE]), pattern="gauge_live*.db"):
        path.unlink(missing_ok=True)


def _left_behind(directory: Path, *, pattern: str) -> Iterator[Path]:
    for path in directory.glob(pattern):
        found = PID_IN_NAME.search(path.name)
        if found and not _is_alive(int(found[1])):
            yield path


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # In a container pids repeat: what carries our own number was written by a process before us.
    return pid != os.getpid()
