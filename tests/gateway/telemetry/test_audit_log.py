"""AC-49, AC-50: one line per finished request, in files that are rotated and bounded."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest

from gateway.spool.frames import End
from gateway.spool.shipment import Landed, Shipment
from gateway.telemetry import audit_log
from gateway.telemetry.audit_log import CURRENT, DROPPED, AuditLog, NotWritable, line_of
from tests.factories.frames import end_frame, shipped, start_frame

TEN: list[str] = [
    "timestamp", "request_id", "api_key_id", "model", "backend", "backend_key", "input_tokens",
    "output_tokens", "latency_ms", "status",
]  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)  # as the files say when they were written

    def __call__(self) -> datetime:
        return self.now

    def file(self, number: int) -> str:
        """The name of a file that is rotated now."""
        return f"audit-{self.now:%Y%m%dT%H%M%SZ}-{number:03}.jsonl"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(folder: Path, clock: Clock, **options: Any) -> AuditLog:
    options = {"max_bytes": 1 << 20, "max_files": 30, **options}
    return AuditLog(folder / "audit", clock=clock, **options)


def lines(folder: Path, name: str = CURRENT) -> list[dict[str, Any]]:
    text = (folder / "audit" / name).read_bytes()
    assert text == b"" or text.endswith(b"\n")
    return [msgspec.json.decode(line) for line in text.splitlines()]


def rotated(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "audit").glob("audit-*"))


def dropped() -> float:
    value: float = DROPPED._value.get()  # noqa: SLF001 - the only way to read a counter
    return value


def test_a_line_has_the_ten_fields_first_and_in_order() -> None:
    end = end_frame(request_id="0198c0de-1234-7000-8000-000000000009", user_id="u-1")
    assert (
        line_of(end)
        .decode()
        .startswith(
            '{"timestamp":"2026-02-04T10:30:01Z","request_id":"req_0198c0de12347000800000000000'
            '0009","api_key_id":"key_0123456789ab","model":"fast","backend":"mock",'
            '"backend_key":"primary","input_tokens":150,"output_tokens":320,"latency_ms":1250,'
            '"status":200,'
        )
    )
    told = msgspec.json.decode(line_of(end))
    assert list(told)[10:] == [
        "tenant", "user_id", "dialect", "served_model", "ttft_ms", "cost_usd", "cached_tokens",
        "attempts", "terminated", "error_code", "cache", "degraded",
    ]  # fmt: skip
    assert (told["cost_usd"], told["cached_tokens"], told["user_id"]) == ("0.000123000", 50, "u-1")


def test_what_there_was_none_of_is_null() -> None:
    refused = end_frame(provider="", credential="", cost_nano=None, http_status=429)
    told = msgspec.json.decode(line_of(refused))
    assert list(told)[:10] == TEN
    assert [told[name] for name in ("backend", "backend_key", "cost_usd", "error_code")] == [
        None
    ] * 4


def test_only_the_end_of_an_exchange_is_a_line(tmp_path: Path, clock: Clock) -> None:
    log = opened(tmp_path, clock)
    failed, won = end_frame(final=False), end_frame()
    corrected = Landed(end=end_frame(), kind="correction", new=True)
    told = shipped(failed, won, starts=(start_frame(),))
    log.follow(Shipment(starts=told.starts, landed=(*told.landed, corrected)))
    (line,) = lines(tmp_path)
    assert line["request_id"] == f"req_{won.request_id.replace('-', '')}"
    assert (tmp_path / "audit" / CURRENT).stat().st_mode & 0o777 == 0o640


def test_files_are_bounded_in_size_and_number(tmp_path: Path, clock: Clock) -> None:
    log = opened(tmp_path, clock, max_bytes=2_000, max_files=3)
    names: list[str] = []
    first = ""
    for _ in range(8):
        log.follow(shipped(*(end_frame() for _ in range(3))))
        first = first if names else clock.file(0)
        clock.now += timedelta(seconds=1)
        names += [name for name in rotated(tmp_path) if name not in names]
        sizes = [path.stat().st_size for path in (tmp_path / "audit").iterdir()]
        assert max(sizes) <= 2_000
        assert len(sizes) <= 3
    assert names[0] == first
    assert rotated(tmp_path) == names[-2:]
    log.close()


def test_as_many_files_are_kept_as_may_be(tmp_path: Path, clock: Clock) -> None:
    log = opened(tmp_path, clock, max_bytes=100, max_files=30)
    for rotations in range(61):
        log.follow(shipped(end_frame()))
        clock.now += timedelta(seconds=1)
        assert len(rotated(tmp_path)) == min(rotations, 29)
    log.close()


def test_the_file_is_never_open_to_more_than_its_readers(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fchmod", mock.Mock())
    umask = os.umask(0)
    try:
        opened(tmp_path, clock)
    finally:
        os.umask(umask)
    assert (tmp_path / "audit" / CURRENT).stat().st_mode & 0o777 == 0o640


def test_two_files_of_one_second_have_names_of_their_own(tmp_path: Path, clock: Clock) -> None:
    log = opened(tmp_path, clock, max_bytes=100)
    log.follow(shipped(*(end_frame() for _ in range(3))))
    assert rotated(tmp_path) == [clock.file(number) for number in (0, 1)]
    assert [len(lines(tmp_path, name)) for name in (*rotated(tmp_path), CURRENT)] == [1, 1, 1]


def test_a_new_day_begins_a_file_even_when_nothing_happens(tmp_path: Path, clock: Clock) -> None:
    log = opened(tmp_path, clock)
    log.follow(shipped(end_frame()))
    clock.now = clock.now.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    log.tend()
    log.tend()
    assert rotated(tmp_path) == [clock.file(0)]
    assert lines(tmp_path) == []


def test_a_file_of_yesterday_is_rotated_by_who_starts_today(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock).follow(shipped(end_frame()))
    yesterday = (clock.now - timedelta(days=1)).timestamp()
    os.utime(tmp_path / "audit" / CURRENT, (yesterday, yesterday))
    opened(tmp_path, clock).follow(shipped(end_frame()))
    assert [len(lines(tmp_path, name)) for name in (*rotated(tmp_path), CURRENT)] == [1, 1]


def test_what_a_crash_left_of_a_line_is_cut_off(tmp_path: Path, clock: Clock) -> None:
    opened(tmp_path, clock).follow(shipped(end_frame()))
    with (tmp_path / "audit" / CURRENT).open("ab") as file:
        file.write(b'{"timestamp":"2026')
    opened(tmp_path, clock).follow(shipped(end_frame()))
    assert len(lines(tmp_path)) == 2


def test_a_file_that_was_taken_away_is_made_again(tmp_path: Path, clock: Clock) -> None:
    log = opened(tmp_path, clock)
    log.follow(shipped(end_frame()))
    (tmp_path / "audit" / CURRENT).rename(tmp_path / "elsewhere")
    log.follow(shipped(end_frame()))
    assert len(lines(tmp_path)) == 1


def test_settings_say_whether_and_where(tmp_path: Path) -> None:
    values = {
        "AUDIT_LOG_ENABLED": True,
        "AUDIT_LOG_DIR": tmp_path / "audit",
        "AUDIT_LOG_MAX_SIZE_MB": 0,
        "AUDIT_LOG_MAX_FILES": 1,
        "AUDIT_LOG_REQUIRED": True,
    }
    mark = tmp_path / "refuse"
    mark.touch()
    made = AuditLog.from_values(values, mark=mark)
    assert not mark.exists()  # left by one that was killed
    assert made is not None
    made.follow(shipped(end_frame()))
    made.close()
    assert len(lines(tmp_path)) == 1
    assert AuditLog.from_values({**values, "AUDIT_LOG_ENABLED": False}, mark=mark) is None
    lenient = AuditLog.from_values({**values, "AUDIT_LOG_REQUIRED": False}, mark=mark)
    assert lenient is not None


def test_a_folder_that_takes_no_file_refuses_the_start(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "audit").write_text("a file")
    with pytest.raises(NotWritable, match=r"AUDIT_LOG_DIR=.*audit': File exists"):
        opened(tmp_path, clock)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`full`: takes a part of each line; `ok`: takes everything."""
    state = ["ok"]
    write = os.write

    def write_or_not(fd: int, text: bytes) -> int:
        return write(fd, text if state[0] == "ok" else text[:20])

    monkeypatch.setattr(os, "write", write_or_not)

    def turn(to: str) -> None:
        state[0] = to

    return turn


def test_what_cannot_be_written_waits_and_is_written_in_order(
    tmp_path: Path, clock: Clock, disk: Callable[[str], None]
) -> None:
    log = opened(tmp_path, clock)
    ends = [end_frame() for _ in range(5)]
    log.follow(shipped(ends[0]))
    disk("full")
    log.follow(shipped(*ends[1:3]))
    log.follow(shipped(*ends[3:4]))
    assert len(lines(tmp_path)) == 1
    disk("ok")
    log.follow(shipped(*ends[4:]))
    assert [line["request_id"] for line in lines(tmp_path)] == [
        f"req_{end.request_id.replace('-', '')}" for end in ends
    ]


def ends_of_one_size(count: int) -> list[End]:
    return [end_frame() for _ in range(count)]


def test_beyond_what_may_wait_lines_are_dropped_and_counted(
    tmp_path: Path, clock: Clock, disk: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = opened(tmp_path, clock)
    ends = ends_of_one_size(3)
    monkeypatch.setattr(audit_log, "MAX_BEHIND_BYTES", len(line_of(ends[0])) * 2)
    before = dropped()
    disk("full")
    log.follow(shipped(*ends))
    assert dropped() - before == 1
    disk("ok")
    log.tend()
    assert len(lines(tmp_path)) == 2


def test_where_the_log_is_required_workers_are_told_to_refuse_and_nothing_is_dropped(
    tmp_path: Path, clock: Clock, disk: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "refuse"
    log = opened(tmp_path, clock, refuse_mark=mark)
    ends = ends_of_one_size(3)
    monkeypatch.setattr(audit_log, "MAX_BEHIND_BYTES", len(line_of(ends[0])) * 2)
    before = dropped()
    disk("full")
    log.follow(shipped(*ends[:2]))
    assert not mark.exists()
    log.follow(shipped(ends[2]))
    assert mark.exists()
    log.tend()
    assert mark.exists()
    disk("ok")
    log.tend()
    assert not mark.exists()
    assert (len(lines(tmp_path)), dropped()) == (3, before)


def test_what_still_waits_at_the_end_is_dropped_and_counted(
    tmp_path: Path, clock: Clock, disk: Callable[[str], None]
) -> None:
    log = opened(tmp_path, clock)
    before = dropped()
    disk("full")
    log.follow(shipped(*ends_of_one_size(3)))
    assert not log.holds
    log.close()
    assert dropped() - before == 3


def test_a_required_log_has_the_spool_keep_what_waits(
    tmp_path: Path, clock: Clock, disk: Callable[[str], None]
) -> None:
    log = opened(tmp_path, clock, refuse_mark=tmp_path / "refuse")
    before = dropped()
    log.follow(shipped(end_frame()))
    held = [log.holds]
    disk("full")
    log.follow(shipped(end_frame()))
    held.append(log.holds)
    log.close()
    assert held == [False, True]
    assert dropped() == before
