"""The copy on disk is kept near what PostgreSQL holds, by one worker of a node."""

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from asgiref.sync import sync_to_async
from structlog.testing import capture_logs

from gateway.snapshot import keeper
from gateway.snapshot.disk import Copy, open_copy
from gateway.snapshot.keeper import Keeper
from gateway.snapshot.subscribe import SnapshotConfig
from tests.faults.bounds import FACTOR
from tests.gateway.snapshot.changes import issue, until
from tests.gateway.snapshot.compiled import RING
from tests.gateway.snapshot.conftest import Start

ON_DISK_S: Final = 1.0
KEK = RING.current.key.reveal()


def opened(path: Path) -> Copy:
    return open_copy(path, kek_of=lambda _: KEK, now=0, max_age_s=0)


def new_keeper(path: Path, *, url: str = "") -> Keeper:
    return Keeper(
        path=path,
        database_url=url or os.environ["DATABASE_URL"],
        kek=lambda: (RING.current.id, KEK),
    )


async def test_a_change_is_on_disk_within_a_second(start: Start, config: SnapshotConfig) -> None:
    path = config.folder / "node.bin"
    holder = await start()
    await until(path.is_file)
    await sync_to_async(issue)()
    began = time.monotonic()

    def is_copied() -> bool:
        copy = opened(path)
        copy.close()
        return copy.header.version == holder.current.version > 1

    await until(is_copied)
    assert time.monotonic() - began <= ON_DISK_S * FACTOR


async def test_without_a_change_the_copy_is_written_again_before_it_is_old(
    start: Start, config: SnapshotConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LOOK_S", 0.02)
    monkeypatch.setattr(keeper, "ANYWAY_S", 0.05)
    path = config.folder / "node.bin"
    await start()
    await until(path.is_file)
    first = path.stat().st_mtime_ns
    await until(lambda: path.stat().st_mtime_ns > first)


async def test_writing_rests_longer_the_longer_it_takes(
    start: Start, config: SnapshotConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LOOK_S", 0.02)
    monkeypatch.setattr(keeper, "AFTER_CHANGE_S", 0)
    monkeypatch.setattr(keeper, "REST", 1e6)
    path = config.folder / "node.bin"
    holder = await start()
    await until(path.is_file)
    first, version = path.stat().st_mtime_ns, holder.current.version
    await sync_to_async(issue)()
    await until(lambda: holder.current.version > version)
    await asyncio.sleep(0.2)
    assert path.stat().st_mtime_ns == first


async def test_one_worker_of_a_node_writes_and_another_takes_over(
    start: Start, config: SnapshotConfig
) -> None:
    await start(replace(config, node_id="elsewhere"))
    path = config.folder / "node.bin"
    first, second = new_keeper(path), new_keeper(path)
    await asyncio.to_thread(first.write)
    written = path.stat().st_mtime_ns
    await asyncio.to_thread(second.write)
    assert path.stat().st_mtime_ns == written
    await first.stop()
    await asyncio.to_thread(second.write)
    assert path.stat().st_mtime_ns > written
    await asyncio.to_thread(second.write)
    await second.stop()


async def test_tombstones_are_not_copied(start: Start, config: SnapshotConfig) -> None:
    await start()
    path = config.folder / "other.bin"
    writer = new_keeper(path)
    await asyncio.to_thread(writer.write)
    copy = opened(path)
    assert all(row.payload for row in copy.page())
    copy.close()
    await writer.stop()


@pytest.mark.parametrize("url", ["postgresql://x:y@127.0.0.1:1/z", ""])
async def test_what_cannot_be_written_is_told_once_and_stops_nobody(
    tmp_path: Path, url: str
) -> None:
    folder = tmp_path / "folder"
    if not url:
        folder.write_text("not a folder")
    writer = new_keeper(folder / "node.bin", url=url)
    with capture_logs() as logs:
        await asyncio.to_thread(writer.write)
        await asyncio.to_thread(writer.write)
    assert [line["event"] for line in logs] == ["copy_not_written"]
    await writer.stop()
