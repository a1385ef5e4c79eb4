"""Days of records and transfers that nobody has to keep any more.

Laws: a day goes whole, records and transfers at once, when its month is closed and its windows are
summed; days go in order, so that what is kept has no gaps; where there is an archive, the day lies
there and has been read back. What is interrupted is done again.
"""

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from msgspec import Struct
from psycopg import sql

from billing.archive import Archive, ArchiveDiffers
from billing.partitions import PARENTS, alone, day_of, owner_alias, partition_name, partitions

# With what one more part of an archive takes it stays below the minute that a task may take.
BUDGET_S: Final = 30.0
# Not the lock of those who make days: they need not wait for an archive.
ARCHIVE_LOCK: Final = 7_243_003
# Every account that moved in the month is closed, and no window of the day waits to be summed.
_IS_DONE: Final = """
SELECT NOT EXISTS (
  SELECT FROM ledger_transfers t CROSS JOIN LATERAL (VALUES (t.debit_id), (t.credit_id)) side (id)
  WHERE t.at >= %(month)s::timestamp AT TIME ZONE 'UTC'
    AND t.at < (%(month)s::timestamp + interval '1 month') AT TIME ZONE 'UTC'
    AND NOT EXISTS (
      SELECT FROM ledger_closings c WHERE c.account_id = side.id AND c.month = %(month)s
    )
) AND NOT EXISTS (
  SELECT FROM dirty_windows
  WHERE window_start >= %(day)s::timestamp AT TIME ZONE 'UTC'
    AND window_start < (%(day)s::timestamp + interval '1 day') AT TIME ZONE 'UTC'
)
"""

log = structlog.get_logger(__name__)


class Run(Struct, frozen=True, kw_only=True):
    dropped: tuple[str, ...]
    more: bool  # the time was up


def drop_expired(
    *,
    keep_days: int,
    archive_dir: Path | None,
    budget_s: float = BUDGET_S,
    today: date | None = None,
) -> Run:
    """From the oldest day on, until one must stay or the time is up; something is always done."""
    until = time.monotonic() + budget_s
    today = today or datetime.now(tz=UTC).date()
    dropped: list[str] = []
    with alone(using=owner_alias(), lock=ARCHIVE_LOCK) as cursor:
        days = _expired(cursor, today=today, keep_days=keep_days)
    for day in days:
        if day >= today.replace(day=1) or not _is_done(day):
            log.error("expired_day_still_open", day=day.isoformat())
            break
        try:
            if archive_dir and not _archive(day, archive_dir, until=until):
                return Run(dropped=tuple(dropped), more=True)
            gone = _drop(day, archive_dir)
        except (OSError, ArchiveDiffers) as error:
            log.error("expired_day_not_archived", day=day.isoformat(), error=str(error))
            break
        if not gone:
            break
        dropped += gone
        if time.monotonic() > until and day != days[-1]:
            return Run(dropped=tuple(dropped), more=True)
    return Run(dropped=tuple(dropped), more=False)


def _expired(cursor: Any, *, today: date, keep_days: int) -> list[date]:
    before = today - timedelta(days=keep_days)
    names = [name for parent in PARENTS for name in partitions(cursor, parent)]
    return sorted({day for name in names if (day := day_of(name)) is not None and day < before})


def _tables(cursor: Any, day: date) -> list[tuple[str, str]]:
    """The day's tables, each after its parent's name."""
    return [
        (parent, name)
        for parent in PARENTS
        if (name := partition_name(parent, day)) in partitions(cursor, parent)
    ]


def _is_done(day: date) -> bool:
    with alone(using=owner_alias(), lock=ARCHIVE_LOCK) as cursor:
        return _has_settled(cursor, day)


def _has_settled(cursor: Any, day: date) -> bool:
    cursor.execute(_IS_DONE, {"day": day, "month": day.replace(day=1)})
    return bool(cursor.fetchone()[0])


def _archive(day: date, folder: Path, *, until: float) -> bool:
    """False: the time was up before all was written."""
    using = owner_alias()
    with alone(using=using, lock=ARCHIVE_LOCK) as cursor:
        for parent, table in _tables(cursor, day):
            archive = Archive(root=folder, parent=parent, table=table, using=using)
            if not archive.write(until=until).complete:
                return False
    return True


def _drop(day: date, folder: Path | None) -> list[str]:
    """Nothing, when something came while the day was archived."""
    using = owner_alias()
    with alone(using=using) as cursor:
        tables = _tables(cursor, day)
        for _, table in tables:
            # From here on nothing comes; whoever reads goes on reading.
            cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.Identifier(table)))
        if not _has_settled(cursor, day):
            log.error("expired_day_still_open", day=day.isoformat())
            return []
        if folder and not all(
            _holds_all(cursor, Archive(root=folder, parent=parent, table=table, using=using))
            for parent, table in tables
        ):
            return []
        for _, table in tables:
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(table)))
    return [table for _, table in tables]


def _holds_all(cursor: Any, archive: Archive) -> bool:
    """Rows are never changed and never taken away: as many are the same."""
    manifest = archive.whole()
    cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(archive.table)))
    if manifest is not None and (manifest.rows,) == cursor.fetchone():
        return True
    archive.forget()
    log.error("expired_day_differs_from_its_archive", table=archive.table)
    return False
