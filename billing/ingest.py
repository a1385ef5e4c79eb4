"""Records into PostgreSQL, exactly once.

Laws: a record, its transfers and the mark on its window are one transaction, in which the caller
has set `app.platform`; a record that is there already changes nothing, except an END found after
its attempt was written down as interrupted, which adds rows with the difference; a month that is
closed is never booked in. Everything is written in the order of keys, so that two shippers never
wait for each other in a circle; for the row of a key, whose last use is noted, they do not wait.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final, LiteralString, TypeAlias

import msgspec
from psycopg import Cursor, sql

from billing.corrections import corrections_of
from billing.record import USAGE, Key, Record
from billing.transfers import PUNCTUAL, Account, Transfer, booked_late, transfers_of

Row: TypeAlias = tuple[Any, ...]
Sink: TypeAlias = Callable[["Cursor[Row]", Sequence[Record]], None]

WINDOW: Final = timedelta(minutes=5)
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
CRASH: Final = "crash"  # how an attempt ended whose row was made from its last checkpoint
# PostgreSQL's text holds any character but this one, which clients may send.
NUL: Final = rb"\u0000"
INSTEAD: Final = rb"\ufffd"
JSON: Final = msgspec.json.Encoder()
STORED: Final = msgspec.json.Decoder(Record)


def _insert(table: LiteralString, *, columns: Iterable[str], end: LiteralString) -> sql.Composed:
    """The rows travel as one parameter, a JSON array of objects with the names of columns."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {names}"
        " FROM json_populate_recordset(NULL::{table}, %s::json) {end}"
    ).format(table=sql.Identifier(table), names=names, end=sql.SQL(end))


RECORDS: Final = _insert(
    "cost_records",
    columns=Record.__struct_fields__,
    end="ON CONFLICT DO NOTHING RETURNING started_at, request_id::text, attempt, kind",
)
INTERRUPTED: Final = """
SELECT to_json(r)::text FROM cost_records r
JOIN json_populate_recordset(NULL::cost_records, %s::json) k
    USING (started_at, request_id, attempt, kind)
WHERE r.started_at BETWEEN %s AND %s AND r.terminated = 'crash'
"""
ACCOUNTS: Final = _insert(
    "ledger_accounts",
    columns=("id", "kind", "tenant_id", "provider_id"),
    end="ON CONFLICT DO NOTHING",
)
TRANSFERS: Final = _insert(
    "ledger_transfers",
    columns=(
        "id", "at", "tenant_id", "debit_id", "credit_id", "amount_nano", "kind", "ref", "memo",
    ),
    end="ON CONFLICT DO NOTHING",
)  # fmt: skip
WINDOWS: Final = _insert(
    "dirty_windows",
    columns=("tenant_id", "window_start", "version"),
    end="ON CONFLICT (tenant_id, window_start) DO UPDATE SET version = dirty_windows.version + 1",
)
# Whoever closes a month holds the lock alone, until what is closed can be seen.
CLOSING: Final = 7_243_005
HELD_OPEN: Final = "SELECT pg_advisory_xact_lock_shared(%s)"
# The column `recorded_at` has the same moment: it is the transaction's.
OPEN_SINCE: Final = """
SELECT (max(month) + interval '1 month') AT TIME ZONE 'UTC', now() FROM ledger_closings
"""
FIRST_REQUESTS: Final = """
UPDATE tenants SET first_request_at = first.at
FROM json_to_recordset(%s::json) AS first (id uuid, at timestamptz)
WHERE tenants.id = first.id AND tenants.first_request_at IS NULL
"""
# `updated_at` and `version` stay: a use is no change, and no snapshot follows from it. Who edits a
# key holds its row, and the books wait for nobody; then its next use is noted.
USES_OF_KEYS: Final = """
UPDATE api_keys SET last_used_at = due.at
FROM (
    SELECT api_keys.id, least(used.at, now()) AS at
    FROM json_to_recordset(%s::json) AS used (tenant_id uuid, public_id text, at timestamptz)
    JOIN api_keys USING (tenant_id, public_id)
    WHERE api_keys.last_used_at IS NULL
        OR api_keys.last_used_at <= least(used.at, now()) - interval '1 minute'
    FOR NO KEY UPDATE OF api_keys SKIP LOCKED
) AS due
WHERE api_keys.id = due.id
"""
KEY_ID_PREFIX: Final = "key_"
# With these a key is refused for what it is; it has been tried, not used.
UNUSABLE: Final = frozenset({"key_disabled", "key_expired", "key_revoked", "tenant_suspended"})


class Landing(msgspec.Struct, frozen=True):
    """A row, and whether it is there since now."""

    record: Record
    new: bool


def ingest(cursor: "Cursor[Row]", records: Iterable[Record]) -> list[Landing]:
    """One per record, and one per correction; whatever PostgreSQL refuses refuses all."""
    given = sorted(records, key=attrgetter("key"))
    landings = _landings(cursor, given)
    late = [one.record for one in landings if not one.new and one.record.terminated != CRASH]
    landings += _landings(cursor, _corrections(cursor, late))
    if new := [one.record for one in landings if one.new]:
        for sink in SINKS:
            sink(cursor, new)
    return landings


def _landings(cursor: "Cursor[Row]", records: Sequence[Record]) -> list[Landing]:
    if not records:
        return []
    cursor.execute(RECORDS, [_rows(records)])
    new: set[Key] = {(at, id_, attempt, kind) for at, id_, attempt, kind in cursor}
    landings = []
    for record in records:
        landings.append(Landing(record, record.key in new))
        new.discard(record.key)  # given twice, it is new once
    return landings


def _corrections(cursor: "Cursor[Row]", late: Sequence[Record]) -> list[Record]:
    if not late:
        return []
    first, last = late[0].started_at, late[-1].started_at
    cursor.execute(INTERRUPTED, [_rows(late), first, last])
    stored = {row.key: row for (text,) in cursor if (row := STORED.decode(text)).kind == USAGE}
    return [
        correction
        for record in late
        if (interrupted := stored.get(record.key)) is not None
        for correction in corrections_of(record, interrupted=interrupted)
    ]


def _post_transfers(cursor: "Cursor[Row]", records: Sequence[Record]) -> None:
    transfers = [transfer for record in records for transfer in transfers_of(record)]
    if not transfers:
        return
    # Corrections stand behind what was given, and are of the time of what they correct.
    if min(one.at for one in transfers) < datetime.now(tz=UTC) - PUNCTUAL:
        transfers = _in_open_months(cursor, transfers)
    accounts = {side for transfer in transfers for side in (transfer.debit, transfer.credit)}
    cursor.execute(ACCOUNTS, [_rows(sorted(map(_account, accounts), key=lambda row: row["id"]))])
    cursor.execute(TRANSFERS, [_rows(map(_transfer, transfers))])


def _in_open_months(cursor: "Cursor[Row]", transfers: list[Transfer]) -> list[Transfer]:
    cursor.execute(HELD_OPEN, [CLOSING])
    cursor.execute(OPEN_SINCE)
    ((since, now),) = cursor
    if since is None:
        return transfers
    return [one if one.at >= since else booked_late(one, at=now) for one in transfers]


def _account(account: Account) -> dict[str, Any]:
    return {"id": str(account.id), **msgspec.structs.asdict(account)}


def _transfer(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": rf"\x{transfer.id.hex()}",
        "at": transfer.at,
        "tenant_id": transfer.tenant_id,
        "debit_id": transfer.debit.id,
        "credit_id": transfer.credit.id,
        "amount_nano": transfer.amount_nano,
        "kind": transfer.kind,
        "ref": transfer.ref,
        "memo": transfer.memo,
    }


def _mark_windows(cursor: "Cursor[Row]", records: Sequence[Record]) -> None:
    marked = {(record.tenant_id, _window_of(record.started_at)) for record in records}
    rows = [
        {"tenant_id": tenant_id, "window_start": start, "version": 1}
        for tenant_id, start in sorted(marked)
    ]
    cursor.execute(WINDOWS, [_rows(rows)])


def _note_first_requests(cursor: "Cursor[Row]", records: Sequence[Record]) -> None:
    """Once per tenant, and for ever."""
    first: dict[str, datetime] = {}
    for record in records:
        first.setdefault(record.tenant_id, record.started_at)
    rows = [{"id": tenant_id, "at": first[tenant_id]} for tenant_id in sorted(first)]
    cursor.execute(FIRST_REQUESTS, [_rows(rows)])


def _note_uses_of_keys(cursor: "Cursor[Row]", records: Sequence[Record]) -> None:
    """As the management API notes its own: a minute is near enough for people, and no hot row."""
    last: dict[tuple[str, str], datetime] = {}
    for record in records:  # in the order of time, but for corrections
        if record.kind == USAGE and record.key_id and record.error_code not in UNUSABLE:
            last[record.tenant_id, record.key_id] = record.started_at
    if not last:
        return
    rows = [
        {"tenant_id": tenant_id, "public_id": key_id.removeprefix(KEY_ID_PREFIX), "at": at}
        for (tenant_id, key_id), at in last.items()
    ]
    cursor.execute(USES_OF_KEYS, [_rows(rows)])


def _window_of(moment: datetime) -> datetime:
    return moment - (moment - BEGINNING) % WINDOW


def _rows(rows: Iterable[Any]) -> str:
    return JSON.encode(list(rows)).replace(NUL, INSTEAD).decode()


SINKS: Final[tuple[Sink, ...]] = (
    _post_transfers,
    _mark_windows,
    _note_first_requests,
    _note_uses_of_keys,
)
