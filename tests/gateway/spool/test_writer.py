"""The writer: what is on disk when, and what happens when the disk does not play along."""

import asyncio
import errno
import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.spool import writer as module
from gateway.spool.frames import encode
from gateway.spool.paths import AUDIT_MARK, lock_name, parse_segment, segments
from gateway.spool.writer import SpoolConfig, SpoolFacts, SpoolFull, SpoolUnusable, SpoolWriter
from tests.gateway.spool.written import config, frames_in, frames_of, start

Write = Callable[[int, bytes], int]


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - a thread does it
        await asyncio.sleep(0.001)


class Disk:
    """`os.write` of the writer, with room for so many bytes and no more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, room: int = 1 << 40) -> None:
        self.room = room
        self.calls = 0
        self._write: Write = os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, file: int, data: bytes) -> int:
        self.calls += 1
        done = min(len(data), self.room)
        if not done:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= done
        return self._write(file, data[:done])


async def test_what_was_written_is_on_disk_when_the_call_returns(tmp_path: Path) -> None:
    writer = SpoolWriter.open(config(tmp_path / "node"))

    writer.write(start(1))
    writer.write(start(2), start(3))

    assert frames_of(tmp_path / "node") == [start(1), start(2), start(3)]
    await writer.stop()


async def test_frames_given_together_are_one_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    writer = SpoolWriter.open(config(tmp_path))

    writer.write(start(1), start(2))

    assert disk.calls == 1
    await writer.stop()


async def test_files_and_folder_are_closed_to_others(tmp_path: Path) -> None:
    writer = SpoolWriter.open(config(tmp_path / "spool" / "node"))
    writer.write(start())

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "spool/node").iterdir()}

    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "spool/node").stat().st_mode) == 0o700
    await writer.stop()


async def test_the_lock_is_held_as_long_as_the_writer_lives(tmp_path: Path) -> None:
    writer = SpoolWriter.open(config(tmp_path))
    writer.write(start())
    [segment] = segments(tmp_path)
    name = parse_segment(segment.name)
    assert name is not None
    with (tmp_path / name.lock).open("rb") as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

        await writer.stop()

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert name.lock == lock_name(pid=os.getpid(), boot=name.boot)


async def test_two_writers_of_one_process_share_no_file(tmp_path: Path) -> None:
    one, other = SpoolWriter.open(config(tmp_path)), SpoolWriter.open(config(tmp_path))

    one.write(start(1))
    other.write(start(2))

    assert len(list(segments(tmp_path))) == 2
    await one.stop()
    await other.stop()


async def test_a_writer_that_recorded_nothing_leaves_nothing(tmp_path: Path) -> None:
    writer = SpoolWriter.open(config(tmp_path))

    await writer.stop()

    assert os.listdir(tmp_path) == []  # noqa: PTH208 - names are all that counts


async def test_segments_are_numbered_and_no_frame_crosses_two(tmp_path: Path) -> None:
    size = len(encode(start()))
    writer = SpoolWriter.open(config(tmp_path, segment_bytes=3 * size))

    for number in range(8):
        writer.write(start(number))

    found = sorted(segments(tmp_path))
    assert [name.seq for path in found if (name := parse_segment(path.name))] == [1, 2, 3]
    assert [len(list(frames_in(path.read_bytes()))) for path in found] == [3, 3, 2]
    await writer.stop()


async def test_a_frame_written_by_halves_is_taken_off_and_goes_to_a_new_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter.open(config(tmp_path))
    writer.write(start(1))
    disk = Disk(monkeypatch, room=10)

    def roomier(file: int, data: bytes) -> int:
        done = Disk.write(disk, file, data)
        disk.room = 1 << 40
        return done

    monkeypatch.setattr(os, "write", roomier)
    writer.write(start(2))

    assert [list(frames_in(p.read_bytes())) for p in sorted(segments(tmp_path))] == [
        [start(1)],
        [start(2)],
    ]
    await writer.stop()


async def test_a_full_disk_refuses_and_leaves_only_whole_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter.open(config(tmp_path))
    disk = Disk(monkeypatch, room=len(encode(start())) + 7)
    writer.write(start(1))

    for _ in range(5):
        with pytest.raises(SpoolFull, match="No space left on device"):
            writer.write(start(2))

    assert frames_of(tmp_path) == [start(1)]
    assert len(list(segments(tmp_path))) <= 2
    assert "No space left" in writer.problem()
    disk.room = 1 << 40
    writer.write(start(3))
    assert writer.problem() == ""
    assert frames_of(tmp_path) == [start(1), start(3)]
    await writer.stop()


async def test_a_disk_that_failed_is_believed_again_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter.open(config(tmp_path))
    Disk(monkeypatch, room=0)
    with pytest.raises(SpoolFull):
        writer.write(start())
    assert writer.problem()

    monkeypatch.setattr(module, "DISTRUST_S", 0.0)

    assert writer.problem() == ""
    await writer.stop()


async def test_what_must_not_be_lost_is_kept_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_EACH_S", 0.005)
    writer = SpoolWriter.open(config(tmp_path))
    disk = Disk(monkeypatch, room=0)
    with pytest.raises(SpoolFull):
        writer.write(start(1))

    writer.keep(start(1))
    writer.keep(start(2), start(3))
    monkeypatch.setattr(module, "DISTRUST_S", 0.0)
    tried = disk.calls
    await until(lambda: disk.calls >= tried + 3)
    assert writer.problem()
    assert frames_of(tmp_path) == []

    disk.room = 1 << 40
    await until(lambda: not writer.problem())
    assert frames_of(tmp_path) == [start(1), start(2), start(3)]
    await writer.stop()


async def test_the_last_try_is_made_when_the_writer_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter.open(config(tmp_path))
    disk = Disk(monkeypatch, room=0)
    writer.keep(start(1))
    disk.room = 1 << 40

    await writer.stop()

    assert frames_of(tmp_path) == [start(1)]


async def test_what_can_never_be_written_is_told_to_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    writer = SpoolWriter.open(config(tmp_path))
    Disk(monkeypatch, room=0)
    writer.keep(start(1))

    await writer.stop()

    assert "records_lost" in caplog.text


async def test_nothing_is_written_behind_a_torn_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter.open(config(tmp_path))
    writer.write(start(1))
    disk = Disk(monkeypatch, room=10)

    def stubborn(_file: int, _size: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "ftruncate", stubborn)
    with pytest.raises(SpoolFull):
        writer.write(start(2))
    disk.room = 1 << 40
    writer.write(start(3))

    first, *_, last = sorted(segments(tmp_path))
    assert first.read_bytes()[: len(encode(start(1)))] == encode(start(1))
    assert list(frames_in(last.read_bytes())) == [start(3)]
    await writer.stop()


async def test_where_no_segment_can_be_made_the_old_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter.open(config(tmp_path, segment_bytes=1))
    writer.write(start(1))

    def refused(*_given: Any, **_more: Any) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(module.SpoolWriter, "_next_segment", refused)
    writer.write(start(2))
    assert frames_of(tmp_path) == [start(1), start(2)]

    writer._torn = True  # noqa: SLF001 - what a disk that cannot even truncate leaves
    with pytest.raises(SpoolFull, match="no segment"):
        writer.write(start(3))
    monkeypatch.undo()
    await writer.stop()


async def test_too_little_room_speaks_against_new_exchanges_only(tmp_path: Path) -> None:
    seen: list[SpoolFacts] = []
    writer = SpoolWriter.open(config(tmp_path, min_free_bytes=1 << 60), observe=seen.append)

    assert "bytes are free" in writer.problem()
    writer.write(start())
    assert frames_of(tmp_path) == [start()]
    assert seen[0].backlog_bytes == 0
    assert seen[0].free_bytes > 0
    await writer.stop()


async def test_a_shipper_that_is_behind_speaks_against_new_exchanges(tmp_path: Path) -> None:
    before = SpoolWriter.open(config(tmp_path))
    before.write(start())
    await before.stop()

    writer = SpoolWriter.open(config(tmp_path, max_backlog_bytes=10))

    assert "wait for the shipper" in writer.problem()
    await writer.stop()


async def test_the_room_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EACH_S", 0.002)
    writer = SpoolWriter.open(config(tmp_path, max_backlog_bytes=10))
    assert writer.problem() == ""
    writer.write(start())
    await until(lambda: bool(writer.problem()))

    [segment] = segments(tmp_path)
    segment.with_name(f"{segment.name}.offset").write_text(str(segment.stat().st_size))
    await until(lambda: not writer.problem())

    def refused(_path: Any) -> Any:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "statvfs", refused)
    await writer.stop()


def test_a_folder_that_cannot_be_written_is_named_at_start(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")

    with pytest.raises(SpoolUnusable, match=f"SPOOL_DIR: cannot write to {taken}/node"):
        SpoolWriter.open(config(taken / "node"))


def test_the_settings_decide(tmp_path: Path) -> None:
    values = {
        "NODE_ID": "edge/1",
        "VAR_DIR": tmp_path,
        "SPOOL_DIR": "",
        "SPOOL_FSYNC": "always",
        "SPOOL_ON_FULL": "best_effort",
        "SPOOL_SEGMENT_BYTES": 1,
        "SPOOL_MAX_BACKLOG_BYTES": 2,
        "SPOOL_MIN_FREE_BYTES": 3,
    }

    made = SpoolConfig.from_values(values)

    assert made == SpoolConfig(
        folder=tmp_path / "spool/edge_1",
        node="edge/1",
        sync="always",
        on_full="best_effort",
        segment_bytes=1,
        max_backlog_bytes=2,
        min_free_bytes=3,
    )
    assert SpoolConfig.from_values({**values, "SPOOL_DIR": "/x"}).folder == Path("/x/edge_1")


async def test_a_required_audit_log_that_is_behind_is_seen_within_a_second_and_its_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EACH_S", 0.01)
    writer = SpoolWriter.open(config(tmp_path / "node"))
    assert not writer.audit_is_behind
    mark = tmp_path / "node" / AUDIT_MARK
    mark.touch()
    await until(lambda: writer.audit_is_behind)
    assert writer.problem() == ""
    mark.unlink()
    await until(lambda: not writer.audit_is_behind)
    await writer.stop()
