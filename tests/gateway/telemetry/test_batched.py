"""Counts that wait in memory are neither lost nor counted twice."""

import subprocess
import sys
from pathlib import Path

from tests.contracts.tree import ROOT

PROGRAM = """
import os
from gateway.telemetry.batched import BATCH
from gateway.telemetry.metrics import INFLIGHT, MANAGEMENT_SECONDS, exposition

def shown(name):
    lines = exposition().decode().splitlines()
    return [line.rpartition(" ")[2] for line in lines if line.startswith(name)]

INFLIGHT.inc()
BATCH.start()
BATCH.start()
INFLIGHT.inc(3)
INFLIGHT.dec()
MANAGEMENT_SECONDS.labels(route="/x").observe(0.5)
print(INFLIGHT._value.get())
print(shown("switchyard_inflight"))
print(shown("switchyard_management_request_seconds_count"))
INFLIGHT.inc(9)
INFLIGHT.set(2)
BATCH.flush()
BATCH.flush()
print(shown("switchyard_inflight"))
"""


def test_what_was_counted_is_on_the_page_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["3.0", "['3.0']", "['1.0']", "['2.0']"], done.stderr


def test_alone_a_process_counts_the_same(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["3.0", "['3.0']", "['1.0']", "['2.0']"], done.stderr
