"""What lies in the files of a day, and that it is what lay in its table."""

import gzip
import hashlib
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing import archive
from billing.archive import Archive, ArchiveDiffers, Manifest
from billing.models import CostRecord
from billing.partitions import alone, make_days, partition_name
from tests.factories.accounts import TenantFactory
from tests.factories.records import book, record_of

DAY = datetime(2025, 3, 10, 12, tzinfo=UTC)
COSTS = (None, 1_000_000_007, 2**53 + 1)


@pytest.fixture
def day(committed_db: None) -> Tenant:
    """Three records, of which one has no price; the last is booked first."""
    make_days(using="owner", first=DAY.date(), last=DAY.date())
    with platform_scope("test"):
        tenant: Tenant = TenantFactory()
    for number, cost in reversed(list(enumerate(COSTS))):
        book(
            record_of(
                tenant_id=tenant.id,
                started_at=DAY + timedelta(microseconds=number),
                request_id=str(UUID(int=number + 1)),
                cost_nano=cost,
                charge_nano=5,
                requested_model='two\nlines, "two" marks é',
            )
        )
    return tenant


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PART_ROWS", 2)
    monkeypatch.setattr(archive, "FETCHED_AT_ONCE", 1)


def archive_of(folder: Path, parent: str = "cost_records", at: datetime = DAY) -> Archive:
    return Archive(
        root=folder, parent=parent, table=partition_name(parent, at.date()), using="owner"
    )


def write(one: Archive, *, seconds: float = 60) -> Manifest:
    with alone(using="owner"):
        return one.write(until=time.monotonic() + seconds)


def rows_of(one: Archive) -> list[Any]:
    return [
        msgspec.json.decode(line)
        for path in sorted(one.folder.glob("*.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def files_of(one: Archive) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in one.folder.iterdir()}


def test_each_record_is_a_line_with_all_its_columns_in_the_order_of_keys(
    day: Tenant, tmp_path: Path
) -> None:
    records = archive_of(tmp_path)

    manifest = write(records)

    rows = rows_of(records)
    assert [row["cost_nano"] for row in rows] == list(COSTS)
    assert rows[0]["requested_model"] == 'two\nlines, "two" marks é'
    assert rows[0]["tenant_id"] == str(day.id)
    with platform_scope("test"):
        columns = {field.attname for field in CostRecord._meta.local_concrete_fields}  # noqa: SLF001 - Django's documented meta API
    assert set(rows[0]) == columns
    assert (manifest.complete, manifest.rows) == (True, 3)
    assert manifest.sums == {"cost_nano": sum(cost or 0 for cost in COSTS), "charge_nano": 15}


def test_the_manifest_names_each_file_with_its_hash(day: Tenant, tmp_path: Path) -> None:
    transfers = archive_of(tmp_path, "ledger_transfers")

    manifest = write(transfers)

    assert manifest.sums == {"amount_nano": sum(cost or 0 for cost in COSTS) + 15}
    assert manifest.rows == len(rows_of(transfers)) == 5
    (part,) = manifest.parts
    assert part.sha256 == hashlib.sha256((transfers.folder / part.file).read_bytes()).hexdigest()
    assert sorted(files_of(transfers)) == ["000001.ndjson.gz", "manifest.json"]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("parent", ["cost_records", "ledger_transfers"])
def test_the_same_rows_make_the_same_bytes_however_often_one_is_interrupted(
    day: Tenant, tmp_path: Path, parent: str
) -> None:
    once, often = archive_of(tmp_path / "once", parent), archive_of(tmp_path / "often", parent)

    manifest = write(once)
    while not write(often, seconds=-1).complete:
        assert often.whole() is None

    assert files_of(once) == files_of(often)
    assert len(manifest.parts) > 1
    assert write(once) == once.whole() == manifest


@pytest.mark.usefixtures("small_parts")
def test_a_part_that_is_just_full_is_the_last_when_nothing_follows(
    day: Tenant, tmp_path: Path
) -> None:
    book(record_of(tenant_id=day.id, started_at=DAY + timedelta(minutes=1)))

    manifest = write(archive_of(tmp_path))

    assert [part.rows for part in manifest.parts] == [2, 2]
    assert (manifest.complete, manifest.rows) == (True, 4)


def test_a_day_without_rows_has_a_manifest_that_says_so(day: Tenant, tmp_path: Path) -> None:
    empty = DAY + timedelta(days=1)
    make_days(using="owner", first=empty.date(), last=empty.date())

    manifest = write(archive_of(tmp_path, at=empty))

    assert (manifest.complete, manifest.rows, manifest.parts) == (True, 0, ())


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("damage", ["changed", "gone", "manifest"])
def test_what_was_damaged_is_not_whole_and_is_written_again(
    day: Tenant, tmp_path: Path, damage: str
) -> None:
    records = archive_of(tmp_path)
    write(records)
    before = files_of(records)
    second = records.folder / "000002.ndjson.gz"
    if damage == "changed":
        second.write_bytes(gzip.compress(b"{}\n"))
    elif damage == "gone":
        second.unlink()
    else:
        (records.folder / "manifest.json").write_text('{"table": ')
    assert records.whole() is None

    write(records)

    assert files_of(records) == before


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(gzip.compress(b""), id="empty"),
        pytest.param(gzip.compress(b"{}")[:-4], id="cut off"),
        pytest.param(b"no gzip", id="no gzip"),
    ],
)
def test_a_file_that_reads_back_otherwise_gets_no_name(
    day: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: bytes
) -> None:
    records = archive_of(tmp_path)
    with monkeypatch.context() as patch:
        # A disk that loses what it is given.
        unfinished = records.folder / "unfinished"
        patch.setattr(os, "fsync", lambda _: unfinished.write_bytes(left))
        with pytest.raises(ArchiveDiffers, match="cost_records_p20250310, part 1"):
            write(records)

    assert sorted(files_of(records)) == ["unfinished"]
    assert records.whole() is None
    write(records)
    assert sorted(files_of(records)) == ["000001.ndjson.gz", "manifest.json"]


def test_what_is_forgotten_is_written_anew(day: Tenant, tmp_path: Path) -> None:
    records = archive_of(tmp_path)
    write(records)
    book(record_of(tenant_id=day.id, started_at=DAY - timedelta(hours=1)))
    assert write(records).rows == 3

    records.forget()
    records.forget()

    assert write(records).rows == 4
