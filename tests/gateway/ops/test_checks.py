import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from accounts.tenancy import platform_scope
from gateway.ops.checks import check, effective_settings, pending_migrations, require_clean
from gateway.ops.configuration import Configuration, load_configuration
from gateway.ops.logins import with_login
from gateway.ops.outcome import CommandFailed, Exit
from tests import services
from tests.factories.accounts import TenantFactory
from tests.factories.billing import CostRecordFactory

BYPASSING = "switchyard_test_bypassing"


def configured(**changes: Any) -> Configuration:
    loaded = load_configuration()
    return replace(loaded, values={**loaded.values, **changes})


@pytest.fixture
def bypassing_url() -> Iterator[str]:
    """A login that row security does not bind."""
    administrator = services.superuser_url()
    if administrator is None:
        pytest.skip("the server given by DATABASE_URL makes no superusers for tests")
    with psycopg.connect(administrator, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {BYPASSING}")
        connection.execute(f"CREATE ROLE {BYPASSING} LOGIN BYPASSRLS PASSWORD 'test-only'")
        yield with_login(administrator, name=BYPASSING, password="test-only")
        connection.execute(f"DROP ROLE {BYPASSING}")


@pytest.mark.django_db
def test_a_whole_configuration_has_no_finding() -> None:
    assert check(load_configuration()) == []


@pytest.mark.django_db
def test_a_runtime_login_that_row_security_does_not_bind_is_refused(bypassing_url: str) -> None:
    with pytest.raises(CommandFailed, match="has BYPASSRLS") as failed:
        require_clean(check(configured(DATABASE_URL=bypassing_url)))
    assert failed.value.status == Exit.USAGE
    assert "ALLOW_SUPERUSER_DB=true" in failed.value.message


@pytest.mark.django_db
def test_a_superuser_is_refused_and_with_the_setting_warned_about() -> None:
    administrator = services.superuser_url()
    if administrator is None:
        pytest.skip("the server given by DATABASE_URL makes no superusers for tests")
    with pytest.raises(CommandFailed, match="postgres is a superuser"):
        require_clean(check(configured(DATABASE_URL=administrator)))
    allowed = configured(DATABASE_URL=administrator, ALLOW_SUPERUSER_DB=True)
    (warning,) = require_clean(check(allowed))
    assert "postgres is a superuser" in warning


@pytest.mark.usefixtures("committed_db")
def test_a_runtime_login_that_reads_rows_without_a_tenant_is_refused() -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("ALTER TABLE tenants DISABLE ROW LEVEL SECURITY")
    (finding,) = check(load_configuration())
    assert finding.level == "error"
    assert "reads rows of tenants with no tenant bound" in finding.text


def test_every_missing_setting_is_told() -> None:
    findings = check(configured(DATABASE_URL="", REDIS_URL="", SECRET_KEY=""))
    assert [finding.text.split()[0] for finding in findings if finding.level == "error"] == [
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
    ]


def test_one_redis_for_both_roles_is_a_warning() -> None:
    findings = check(configured(CACHE_REDIS_URL="", DATABASE_URL=""))
    assert any(
        finding.level == "warning" and finding.text.startswith("CACHE_REDIS_URL")
        for finding in findings
    )


def test_a_database_that_does_not_answer_ends_with_status_4() -> None:
    with pytest.raises(CommandFailed) as failed:
        check(configured(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"))
    assert failed.value.status == Exit.UNAVAILABLE


def test_secrets_are_masked_in_the_effective_settings() -> None:
    shown = {row.name: row for row in effective_settings(load_configuration())}
    assert shown["SWITCHYARD_KEK"].value == "***"
    assert shown["DATABASE_URL"].value == "***"
    assert shown["MASTER_API_KEY"].value == ""
    assert shown["DRAIN_MAX_S"].value == "600"


@pytest.mark.django_db
def test_a_migrated_database_has_nothing_pending() -> None:
    assert pending_migrations() == []


def test_rows_of_days_without_a_partition_are_a_warning(committed_db: None) -> None:
    with platform_scope("test"):
        CostRecordFactory(tenant=TenantFactory(), started_at=datetime(2040, 1, 1, tzinfo=UTC))

    texts = [finding.text for finding in check(load_configuration())]

    assert [text for text in texts if text.startswith("A record of 2040-01-01 lies in")]
