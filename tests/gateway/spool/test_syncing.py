"""When what was written would survive a power failure, and whom that holds up: nobody."""

import asyncio
import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.spool.frames import encode
from gateway.spool.paths import segments
from gateway.spool.writer import SpoolFull, SpoolWriter
from tests.gateway.spool.written import config, frames_of, start


@pytest.mark.parametrize("sync", ["group", "always"])
async def test_what_settled_waits_for_has_been_synced(
    sync: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fdatasync

    def fdatasync(file: int) -> None:
        synced.append(os.fstat(file).st_size)
        real(file)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    writer = SpoolWriter.open(config(tmp_path, sync=sync))
    size = len(encode(start()))
    for number in range(1, 4):
        writer.write(start(number))
        await writer.settled()
        assert max(synced) >= number * size

    await writer.settled()
    assert writer.waits is (sync == "always")
    await writer.stop()


async def test_the_segment_before_is_synced_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    real = os.fdatasync

    def fdatasync(file: int) -> None:
        synced.add(os.fstat(file).st_ino)
        real(file)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    writer = SpoolWriter.open(config(tmp_path, segment_bytes=1))
    for number in range(5):
        writer.write(start(number))
    await writer.settled()

    assert {path.stat().st_ino for path in segments(tmp_path)} <= synced
    await writer.stop()


async def test_a_sync_while_segments_change_passes_over_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread may look between any two steps of the loop; here it would after each of them."""
    monkeypatch.setattr(SpoolWriter, "_run", lambda _writer: None)
    writer = SpoolWriter.open(config(tmp_path, sync="always", segment_bytes=1))
    writer.write(start(1))
    first = writer._file  # noqa: SLF001 - what a sync takes is not seen outside
    taken: list[bool] = []

    def step(_writer: SpoolWriter, name: str, value: Any) -> None:
        object.__setattr__(writer, name, value)
        taken.append(first in {writer._file, *writer._retired})  # noqa: SLF001

    monkeypatch.setattr(SpoolWriter, "__setattr__", step)
    writer.write(start(2))
    monkeypatch.undo()

    assert len(taken) > 3
    assert all(taken)
    writer._sync()  # noqa: SLF001 - instead of the thread
    await writer.stop()


async def test_a_sync_that_fails_is_told_to_who_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter.open(config(tmp_path, sync="always"))

    def fdatasync(_file: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    writer.write(start())

    with pytest.raises(SpoolFull):
        await writer.settled()
    monkeypatch.undo()
    await writer.stop()


async def test_off_never_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fdatasync(_file: int) -> None:
        raise AssertionError("synced")

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    writer = SpoolWriter.open(config(tmp_path, sync="off"))
    writer.write(start())
    await writer.settled()
    await writer.stop()

    assert frames_of(tmp_path) == [start()]


async def test_a_slow_disk_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-08: syncing takes 200 ms, and the loop does not notice."""
    syncing = threading.Event()

    def fdatasync(_file: int) -> None:
        syncing.set()
        time.sleep(0.2)  # the slow disk itself, on the thread that syncs

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    writer = SpoolWriter.open(config(tmp_path))
    writer.write(start())
    await asyncio.to_thread(syncing.wait)
    lags = []
    for number in range(100):
        began = time.perf_counter()
        writer.write(start(number))
        await asyncio.sleep(0)
        lags.append(time.perf_counter() - began)
    monkeypatch.undo()

    assert sorted(lags)[98] <= 0.02 * 5
    await writer.stop()
