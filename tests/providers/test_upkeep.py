"""States copied from the workers, probes that are due, checks that are old."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import redis
from django.utils import timezone

from accounts.ids import new_id
from accounts.tenancy import platform_scope
from providers.models import Credential, HealthCheck, Provider
from providers.services.upkeep import (
    STATES,
    claim_discoveries,
    claim_probes,
    copy_states,
    forget_old_checks,
)
from tests.factories.providers import CredentialFactory, HealthCheckFactory, ProviderFactory

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def state() -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


def make_credential(**fields: Any) -> Credential:
    with platform_scope("test"):
        row: Credential = CredentialFactory(**fields)
    return row


def again(row: Credential) -> Credential:
    with platform_scope("test"):
        return Credential.objects.get(pk=row.pk)


def tell(client: "redis.Redis", row: Credential, **told: Any) -> None:
    client.hset(STATES, str(row.pk), msgspec.json.encode({"at": 1_000.0, **told}).decode())


def test_what_workers_told_is_copied_and_is_no_edit(state: "redis.Redis") -> None:
    row = make_credential(generation=2)
    until = 4_000_000_000.0
    tell(state, row, state="quarantined", reason="401", until=until, generation=2)

    assert copy_states() == 1

    found = again(row)
    assert (found.state, found.state_reason, found.last_error) == ("quarantined", "401", "401")
    assert found.state_until == datetime.fromtimestamp(until, tz=UTC)
    assert (found.version, found.updated_at) == (row.version, row.updated_at)
    assert copy_states() == 0


def test_good_news_keep_the_last_error_and_stamp_the_time(state: "redis.Redis") -> None:
    row = make_credential(state="disabled_auto", last_error="timeout")
    tell(state, row, state="active")

    copy_states()

    found = again(row)
    assert (found.state, found.last_error) == ("active", "timeout")
    assert found.last_ok_at == datetime.fromtimestamp(1_000, tz=UTC)


def test_news_of_an_older_secret_and_nonsense_are_passed_over(state: "redis.Redis") -> None:
    old, odd = make_credential(generation=3), make_credential()
    tell(state, old, state="quarantined", generation=2)
    state.hset(STATES, str(odd.pk), "{")
    state.hset(STATES, "nobody", "{}")

    assert copy_states() == 0
    assert again(old).state == "active"


def test_news_of_what_is_gone_are_forgotten(state: "redis.Redis") -> None:
    gone = str(new_id())
    state.hset(STATES, gone, msgspec.json.encode({"state": "active", "at": 1.0}).decode())

    copy_states()

    assert not state.hexists(STATES, gone)


def make(**fields: Any) -> Provider:
    with platform_scope("test"):
        row: Provider = ProviderFactory(**fields)
    return row


def test_a_probe_is_due_once_per_interval() -> None:
    due = make()
    long_ago = make(probed_at=timezone.now() - timedelta(seconds=61))
    make(probed_at=timezone.now())
    make(health_mode="passive")
    make(enabled=False)
    make(archived_at=timezone.now())
    make(kind="mock", health_mode="models")

    assert set(claim_probes()) == {due.pk, long_ago.pk}
    assert list(claim_probes()) == []
    with platform_scope("test"):
        assert Provider.objects.get(pk=due.pk).version == 1


def test_a_discovery_is_due_once_per_interval() -> None:
    make()
    due = make(discovery_mode="auto")
    make(discovery_mode="suggest", discovered_at=timezone.now() - timedelta(hours=23))

    assert list(claim_discoveries()) == [due.pk]
    assert list(claim_discoveries()) == []


def test_checks_are_kept_for_a_week() -> None:
    with platform_scope("test"):
        row = ProviderFactory()
        HealthCheckFactory(provider=row, at=timezone.now() - timedelta(days=8))
        kept = HealthCheckFactory(provider=row, at=timezone.now() - timedelta(days=6))

    assert forget_old_checks() == 1
    with platform_scope("test"):
        assert [check.pk for check in HealthCheck.objects.filter(provider=row)] == [kept.pk]
