"""Records and transfers by day: tables for the days to come, none for days nobody keeps.

Rule 1: runtime logins get nothing on a partition, whose parent's row security would not hold there;
the partition has walls of its own all the same.
Rule 2: the default partition catches what no day was made for; it must stay empty, and whoever
finds a row in it says so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, LiteralString

import structlog
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction
from msgspec import Struct
from psycopg import sql

from accounts.row_security import BOUND_TENANT, PLATFORM

log = structlog.get_logger(__name__)

PARENTS: Final = ("cost_records", "ledger_transfers")
DAYS_BACK: Final = 1  # a stream of yesterday may still be open
DAYS_AHEAD: Final = 8
# Nobody waits long behind the one who waits for a busy table.
LOCK_TIMEOUT: Final = "5s"
ADVISORY_LOCK: Final = 7_243_002

_WALLS: Final[LiteralString] = f"""
ALTER TABLE {{table}} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {{table}} FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON {{table}}
  USING (tenant_id = {BOUND_TENANT} OR {PLATFORM})
  WITH CHECK (tenant_id = {BOUND_TENANT} OR {PLATFORM});
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON {{table}}
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE ALL ON {{table}} FROM PUBLIC
"""
DEFAULT_PARTITIONS: Final = ";".join(
    f"CREATE TABLE {parent}_default PARTITION OF {parent} DEFAULT;"
    + _WALLS.format(table=f"{parent}_default")
    for parent in PARENTS
)
_ATTACH: Final[LiteralString] = (
    "ALTER TABLE {parent} ATTACH PARTITION {table} FOR VALUES FROM ({first}) TO ({end})"
)
_DAYS: Final = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass(%s) ORDER BY 1
"""


class Upkeep(Struct, frozen=True, kw_only=True):
    made: tuple[str, ...]
    strays: tuple[str, ...]  # default partitions with rows in them


def owner_alias() -> str:
    """Of the login that owns the tables; installations with one login have one alias."""
    return "owner" if "owner" in connections else DEFAULT_DB_ALIAS


def maintain(*, using: str | None = None, today: date | None = None) -> Upkeep:
    """Makes what is missing of yesterday to eight days ahead; safe to repeat."""
    today = today or datetime.now(tz=UTC).date()
    upkeep = make_days(
        using=using or owner_alias(),
        first=today - timedelta(days=DAYS_BACK),
        last=today + timedelta(days=DAYS_AHEAD),
    )
    for table in upkeep.strays:
        log.error("default_partition_not_empty", table=table)
    return upkeep


def make_days(*, using: str, first: date, last: date) -> Upkeep:
    made: list[str] = []
    strays: list[str] = []
    with alone(using=using) as cursor:
        for parent in PARENTS:
            there = set(partitions(cursor, parent))
            for day in _days(first, last):
                name = partition_name(parent, day)
                if name not in there and _make(using=using, parent=parent, day=day):
                    made.append(name)
            cursor.execute(
                sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(
                    sql.Identifier(f"{parent}_default")
                )
            )
            if cursor.fetchone() != (False,):
                strays.append(f"{parent}_default")
    return Upkeep(made=tuple(made), strays=tuple(strays))


def partition_name(parent: str, day: date) -> str:
    return f"{parent}_p{day:%Y%m%d}"


def day_of(partition: str) -> date | None:
    """None for a default partition."""
    digits = partition.rpartition("_p")[2]
    if not digits.isdigit():
        return None
    return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC).date()


def partitions(cursor: Any, parent: str) -> list[str]:
    cursor.execute(_DAYS, [parent])
    return [name for (name,) in cursor.fetchall()]


@contextmanager
def alone(*, using: str, lock: int = ADVISORY_LOCK) -> Iterator[Any]:
    """A transaction that sees every tenant's rows, while nobody else tends partitions (or does
    whatever else the lock is for)."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT set_config('app.platform', 'on', true)")
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
        yield cursor
        cursor.execute("SELECT set_config('app.platform', '', true)")


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _make(*, using: str, parent: str, day: date) -> bool:
    """False where the default partition holds rows of that day already.

    Attached, not made as a partition: that would wait for every reader and writer of the parent.
    """
    names = {
        "table": sql.Identifier(partition_name(parent, day)),
        "parent": sql.Identifier(parent),
        "first": sql.Literal(f"{day} 00:00:00+00"),
        "runtime": sql.Identifier(connections[DEFAULT_DB_ALIAS].settings_dict["USER"]),
        "end": sql.Literal(f"{day + timedelta(days=1)} 00:00:00+00"),
    }
    try:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            for statement in (
                "CREATE TABLE {table} (LIKE {parent} INCLUDING ALL)",
                _WALLS,
                *_no_grants(using),
                _ATTACH,
            ):
                cursor.execute(sql.SQL(statement).format(**names))
    except IntegrityError:
        return False
    return True


def _no_grants(using: str) -> Iterator[LiteralString]:
    """Against default privileges that an administrator may have set."""
    runtime = connections[DEFAULT_DB_ALIAS].settings_dict["USER"]
    if runtime != connections[using].settings_dict["USER"]:
        yield "REVOKE ALL ON {table} FROM {runtime}"


def maintain_after_migrate(*, using: str, **_: object) -> None:
    """Receiver of post_migrate."""
    maintain(using=using)
