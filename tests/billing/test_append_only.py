"""F-18: what is booked stays booked, whoever asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from accounts.ids import new_id
from accounts.tenancy import platform_scope
from billing.models import LedgerClosing, LedgerTransfer
from billing.partitions import partition_name
from tests.factories.accounts import TenantFactory
from tests.factories.billing import CostRecordFactory
from tests.services import superuser_url

TABLES = {"cost_records": "charge_nano", "ledger_transfers": "memo", "ledger_closings": "transfers"}


@pytest.fixture
def booked(committed_db: None) -> datetime:
    """One row in each table that is never changed."""
    at = datetime.now(tz=UTC)
    with platform_scope("test"):
        CostRecordFactory(tenant=TenantFactory(), started_at=at)
        LedgerTransfer.objects.create(
            at=at, id=bytes(16), debit_id=new_id(), credit_id=new_id(), amount_nano=1,
            kind="charge", ref="x",
        )  # fmt: skip
        LedgerClosing.objects.create(
            account_id=new_id(), month=date(2031, 1, 1), balance_nano=0, transfers=0,
            sha256=bytes(32),
        )  # fmt: skip
    return at


@contextmanager
def session(login: str) -> Iterator[psycopg.Connection[Any]]:
    if login == "superuser":
        url = superuser_url()
        if url is None:
            # Servers given by URL may have none to lend; the embedded ones of every run have.
            pytest.skip("the server of the environment gives no superuser")
        with psycopg.connect(url, autocommit=True) as made:
            yield made
        return
    alias = connection if login == "app" else connections["owner"]
    alias.ensure_connection()
    yield alias.connection


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("login", ["app", "owner", "superuser"])
def test_nobody_changes_or_removes_a_booked_row(booked: datetime, login: str, table: str) -> None:
    column = TABLES[table]
    targets = [table]
    if table != "ledger_closings":
        targets.append(partition_name(table, booked.date()))
    with session(login) as caller:
        caller.execute("SELECT set_config('app.platform', 'on', false)")
        for target in targets:
            for statement in (
                f"UPDATE {target} SET {column} = {column}",  # noqa: S608 - from the list above
                f"DELETE FROM {target}",  # noqa: S608 - likewise
                f"TRUNCATE {target}",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    caller.execute(statement)
        seen = caller.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - likewise
        caller.execute("SELECT set_config('app.platform', '', false)")
    assert seen == (1,)
