import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gateway.ops.embedded.processes import Known, look_up, stop_leftovers, write_down

SLEEP = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]
STUBBORN = [sys.executable, "-c", "import signal; signal.signal(15, signal.SIG_IGN);" + SLEEP[2]]


@pytest.fixture
def started() -> Iterator[list["subprocess.Popen[bytes]"]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def start(
    started: list["subprocess.Popen[bytes]"], command: list[str]
) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    started.append(process)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_a_running_process_is_described_and_a_dead_one_is_not(
    started: list["subprocess.Popen[bytes]"],
) -> None:
    process = start(started, SLEEP)
    known = look_up(process.pid)
    assert known is not None
    assert "time.sleep(60)" in known.command
    process.kill()
    process.wait()
    assert look_up(process.pid) is None


def test_a_leftover_is_stopped_and_forgotten(
    started: list["subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    process = start(started, SLEEP)
    pid_file = tmp_path / "worker.pid"
    write_down(pid_file, pid=process.pid)
    assert stop_leftovers([pid_file], within_s=5) == ["worker"]
    assert process.wait() == -signal.SIGTERM
    assert not pid_file.exists()


def test_a_leftover_that_does_not_listen_is_killed(
    started: list["subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    process = start(started, STUBBORN)
    pid_file = tmp_path / "worker.pid"
    write_down(pid_file, pid=process.pid)
    assert stop_leftovers([pid_file], within_s=0.2) == ["worker"]
    assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("change", [{"started": "0"}, {"command": "something else"}])
def test_a_stranger_with_the_same_pid_is_left_alone(
    started: list["subprocess.Popen[bytes]"], tmp_path: Path, change: dict[str, str]
) -> None:
    process = start(started, SLEEP)
    known = look_up(process.pid)
    assert known is not None
    pid_file = tmp_path / "worker.pid"
    written: Known = msgspec.structs.replace(known, **change)
    pid_file.write_bytes(msgspec.json.encode(written))
    assert stop_leftovers([pid_file], within_s=1) == []
    assert process.poll() is None


def test_an_unreadable_pid_file_is_removed(tmp_path: Path) -> None:
    pid_file = tmp_path / "worker.pid"
    pid_file.write_text("12", encoding="utf-8")
    assert stop_leftovers([pid_file], within_s=1) == []
    assert not pid_file.exists()
