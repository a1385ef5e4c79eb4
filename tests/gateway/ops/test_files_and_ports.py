import fcntl
import os
import socket
from pathlib import Path

import pytest

from gateway.ops.embedded import lock
from gateway.ops.embedded.log_file import LogFile
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.ports import choose_ports, free_port, is_free, read_ports, require_free


def test_ports_are_kept_between_starts(tmp_path: Path) -> None:
    path = tmp_path / "embedded.json"
    first = choose_ports(path, names=["postgres", "valkey-state"])
    assert len(set(first.values())) == 2
    assert choose_ports(path, names=["postgres", "valkey-state"]) == first == read_ports(path)


def test_a_port_that_somebody_else_took_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "embedded.json"
    first = choose_ports(path, names=["postgres"])
    with socket.create_server(("127.0.0.1", first["postgres"])):
        assert choose_ports(path, names=["postgres"]) != first


def test_a_damaged_ports_file_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "embedded.json"
    path.write_text("{", encoding="utf-8")
    assert read_ports(path) == {}
    assert choose_ports(path, names=["postgres"])["postgres"] > 0


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandFailed) as failed:
            require_free(host="127.0.0.1", port=port)
    assert failed.value.message == f"Port {port} is in use (PORT={port})"
    assert failed.value.status == Exit.BUSY


def test_an_address_of_another_machine_is_no_taken_port() -> None:
    with pytest.raises(CommandFailed) as failed:
        is_free(host="192.0.2.1", port=free_port())
    assert failed.value.status == Exit.USAGE


def test_the_lock_names_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert lock.holder(path) is None
    with lock.held(path):
        assert lock.holder(path) == os.getpid()
        with pytest.raises(CommandFailed, match=rf"pid {os.getpid()}") as failed, lock.held(path):
            pass
    assert failed.value.status == Exit.BUSY
    assert lock.holder(path) is None


def test_a_lock_left_by_a_dead_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("1\n", encoding="utf-8")
    assert lock.holder(path) is None
    with lock.held(path), path.open() as stream, pytest.raises(BlockingIOError):
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_log_is_rotated_and_five_are_kept(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "child.log", limit_bytes=10)
    for number in range(8):
        log.write(f"line {number}!\n".encode())
    log.close()
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["child.log", *(f"child.log.{age}" for age in range(1, 5))]
    assert (tmp_path / "child.log").read_text(encoding="utf-8") == "line 7!\n"
    assert (tmp_path / "child.log.4").read_text(encoding="utf-8") == "line 3!\n"


def test_a_full_disk_loses_lines_and_nothing_else(tmp_path: Path) -> None:
    full = tmp_path / "child.log"
    full.symlink_to("/dev/full")
    log = LogFile(full)
    log.write(b"nobody will read this\n")
    log.close()
