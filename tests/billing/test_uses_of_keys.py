"""The last use of a key, as the books learn of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.compile import compile_key
from accounts.models import ApiKey, AuditEntry, ConfigChange, Tenant
from accounts.tenancy import platform_scope
from billing.record import CORRECTION, Record
from tests.accounts.world import Town, make_town
from tests.factories.accounts import ApiKeyFactory, TenantFactory
from tests.factories.records import book, record_of

AT = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def make_key(tenant: Tenant | None = None) -> ApiKey:
    with platform_scope("test"):
        key: ApiKey = ApiKeyFactory(tenant=tenant or TenantFactory())
    return key


def used(key: ApiKey, at: datetime, **columns: Any) -> Record:
    own = {"tenant_id": key.tenant_id, "key_id": f"key_{key.public_id}", **columns}
    return record_of(started_at=at, **own)


def last_use(key: ApiKey) -> datetime | None:
    with platform_scope("test"):
        key.refresh_from_db()
    return key.last_used_at


@contextmanager
def written() -> Iterator[list[str]]:
    """Which keys' rows are written anew, by PostgreSQL's own names of the versions of rows."""
    before = _versions()
    changed: list[str] = []
    yield changed
    changed += [name for name, version in _versions().items() if before.get(name) != version]


def _versions() -> dict[str, str]:
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute("SELECT public_id, ctid::text FROM api_keys")
        return dict(cursor.fetchall())


@pytest.mark.usefixtures("db")
def test_the_last_use_in_a_batch_is_noted_of_each_key() -> None:
    key, idle = make_key(), make_key()
    other = make_key(key.tenant)
    moments = [AT + 3 * MINUTE, AT, AT + 2 * MINUTE]

    with written() as changed:
        book(*(used(key, at) for at in moments), used(other, AT + SECOND))

    assert sorted(changed) == sorted([key.public_id, other.public_id])
    assert (last_use(key), last_use(other)) == (AT + 3 * MINUTE, AT + SECOND)
    assert last_use(idle) is None


@pytest.mark.usefixtures("db")
def test_a_row_is_written_once_a_minute_and_never_back() -> None:
    key = make_key()
    book(used(key, AT))

    for later in (SECOND, MINUTE - timedelta(microseconds=1), -SECOND, -60 * MINUTE):
        with written() as changed:
            book(used(key, AT + later))
        assert (changed, last_use(key)) == ([], AT)
    book(used(key, AT + MINUTE))

    assert last_use(key) == AT + MINUTE


@pytest.mark.usefixtures("db")
def test_what_is_shipped_again_notes_nothing() -> None:
    key = make_key()
    record = used(key, AT)
    book(record)
    with platform_scope("test"):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=None)

    with written() as changed:
        book(record)

    assert (changed, last_use(key)) == ([], None)


@pytest.mark.usefixtures("db")
def test_a_clock_that_is_ahead_does_not_hold_the_last_use_in_the_future() -> None:
    key = make_key()
    now = datetime.now(UTC)

    book(used(key, now + timedelta(hours=1)))

    assert now - SECOND <= (last_use(key) or AT) <= datetime.now(UTC)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "columns",
    [
        {"key_id": ""},
        {"key_id": "key_"},
        {"key_id": "key_of_a_test"},
        {"error_code": "key_revoked"},
        {"error_code": "key_disabled"},
        {"error_code": "key_expired"},
        {"error_code": "tenant_suspended"},
        {"kind": CORRECTION},
        {"kind": "rerate:1"},
    ],
    ids=str,
)
def test_what_is_no_use_of_a_key_is_not_noted(columns: dict[str, Any]) -> None:
    key = make_key()

    with written() as changed:
        book(used(key, AT, **columns))

    assert (changed, last_use(key)) == ([], None)


@pytest.mark.usefixtures("db")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_key_is_noted_by_records_of_its_own_tenant_only(data: st.DataObject) -> None:
    tenants = {key.tenant_id: key for key in (make_key(), make_key())}
    one_use = st.tuples(
        st.sampled_from(list(tenants)), st.sampled_from(list(tenants)), st.integers(0, 100_000)
    )
    expected: dict[Any, datetime] = {}
    for batch in data.draw(st.lists(st.lists(one_use, min_size=1, max_size=6), max_size=4)):
        book(
            *(
                used(tenants[owner], AT + seconds * SECOND, tenant_id=str(tenant))
                for tenant, owner, seconds in batch
            )
        )
        for tenant in tenants:
            own = [seconds for who, owner, seconds in batch if who == owner == tenant]
            at = AT + max(own, default=0) * SECOND
            if own and (tenant not in expected or at >= expected[tenant] + MINUTE):
                expected[tenant] = at

    assert {id_: last_use(key) for id_, key in tenants.items()} == {
        id_: expected.get(id_) for id_ in tenants
    }


@pytest.mark.usefixtures("db")
def test_a_use_is_no_change_of_the_key() -> None:
    town: Town = make_town()
    api, path = town.api("owner"), f"keys/key_{town.key.public_id}"

    def told() -> tuple[Any, ...]:
        answer = api.get(path)
        with platform_scope("test"):
            key = ApiKey.objects.get(pk=town.key.pk)
            return (
                answer.headers["ETag"],
                compile_key(key),
                key.version,
                key.updated_at,
                AuditEntry.objects.count(),
                ConfigChange.objects.count(),
            )

    before = told()
    book(used(town.key, AT))

    assert told() == before
    assert api.get(path).json()["last_used_at"] == "2026-11-18T10:00:00Z"


@pytest.mark.usefixtures("committed_db")
def test_the_books_do_not_wait_for_who_edits_a_key() -> None:
    key = make_key()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as editing:
        editing.execute("SELECT set_config('app.platform', 'on', true)")
        editing.execute("SELECT 1 FROM api_keys WHERE id = %s FOR UPDATE", [key.pk])
        with platform_scope("test"), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            book(used(key, AT))

    assert last_use(key) is None
    book(used(key, AT + SECOND))
    assert last_use(key) == AT + SECOND
