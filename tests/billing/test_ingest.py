"""What else records tell when they arrive."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Tenant
from accounts.tenancy import platform_scope
from tests.factories.accounts import TenantFactory
from tests.factories.records import book, record_of

FIRST = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def first_request_at(tenant: Tenant) -> datetime | None:
    with platform_scope("test"):
        tenant.refresh_from_db()
    return tenant.first_request_at


@pytest.mark.usefixtures("db")
def test_the_first_request_of_a_tenant_is_noted_once() -> None:
    with platform_scope("test"):
        tenant, other = TenantFactory(), TenantFactory()
    later = FIRST + timedelta(hours=1)

    assert first_request_at(tenant) is None
    book(
        record_of(tenant_id=tenant.pk, started_at=later),
        record_of(tenant_id=tenant.pk, started_at=FIRST),
    )
    assert first_request_at(tenant) == FIRST
    book(record_of(tenant_id=tenant.pk, started_at=FIRST - timedelta(hours=1)))
    assert first_request_at(tenant) == FIRST
    assert first_request_at(other) is None
