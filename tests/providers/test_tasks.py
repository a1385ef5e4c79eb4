"""The clock's rounds: probes, discoveries, credentials tried again. The mock stands for vendors."""

from typing import Any

import pytest

from accounts.ids import new_id
from accounts.models import AuditEntry
from accounts.tenancy import platform_scope
from providers import tasks
from providers.models import Credential, HealthCheck, Provider, UpstreamModel
from tests.factories.accounts import TenantFactory
from tests.factories.providers import CredentialFactory, ProviderFactory

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a task hands to a worker is done here and now."""

    for name in ("probe_provider", "try_rejected_credential", "discover_models"):
        task = getattr(tasks, name)
        monkeypatch.setattr(task, "delay", task.run)


def make(**fields: Any) -> Provider:
    """Of a usual kind, answered by the mock."""
    with platform_scope("test"):
        if fields.pop("owned", False):
            fields["tenant"] = TenantFactory()
        row: Provider = ProviderFactory(base_url="mock:/v1", **fields)
        CredentialFactory(provider=row, secret="sk-of-a-test")
    return row


def checks(row: Provider) -> list[HealthCheck]:
    with platform_scope("test"):
        return list(HealthCheck.objects.filter(provider=row))


def test_what_is_due_is_probed_once() -> None:
    own, shared = make(owned=True), make()
    passive = make(health_mode="passive")

    tasks.probe_due_providers()
    tasks.probe_due_providers()

    assert [len(checks(row)) for row in (own, shared, passive)] == [1, 1, 0]
    (found,) = checks(own)
    assert (found.ok, found.tenant_id, found.mode) == (True, own.tenant_id, "models")


def test_a_bad_probe_is_noted_too() -> None:
    row = make(health_mode="completion", health_model="mock-echo;fail=500")

    tasks.probe_due_providers()

    (found,) = checks(row)
    assert (found.ok, found.status, found.mode) == (False, 500, "completion")


def test_a_refused_credential_is_not_sent_every_minute() -> None:
    row = make()
    with platform_scope("test"):
        Credential.objects.filter(provider=row).update(state="quarantined")

    tasks.probe_due_providers()

    assert checks(row) == []


def test_discovery_follows_its_setting() -> None:
    suggesting, switching = make(discovery_mode="suggest"), make(discovery_mode="auto")
    silent = make()

    tasks.discover_due_models()

    with platform_scope("test"):
        rows = UpstreamModel.objects.filter(public_name="mock-echo")
        enabled = {row.provider_id: row.enabled for row in rows.exclude(provider__slug="mock")}
        made = AuditEntry.objects.filter(action="model.create").first()
    assert enabled == {suggesting.pk: False, switching.pk: True}
    assert silent.pk not in enabled
    assert made is not None
    assert made.actor_type == "system"


def test_a_discovery_that_fails_changes_nothing() -> None:
    row = make(discovery_mode="auto")
    with platform_scope("test"):
        Provider.objects.filter(pk=row.pk).update(base_url="https://192.0.2.1/v1")

    tasks.discover_due_models()

    with platform_scope("test"):
        assert not UpstreamModel.objects.filter(provider=row).exists()


def test_a_refused_credential_serves_again_once_it_is_accepted() -> None:
    good, bad = make(), make()
    with platform_scope("test"):
        Provider.objects.filter(pk=bad.pk).update(base_url="https://192.0.2.1/v1")
        Credential.objects.filter(provider__in=(good, bad)).update(state="quarantined")

    tasks.try_rejected_credentials()

    with platform_scope("test"):
        states = {row.provider_id: row.state for row in Credential.objects.all()}
    assert (states[good.pk], states[bad.pk]) == ("active", "quarantined")
    assert checks(bad) == []


def test_what_has_gone_meanwhile_is_passed_over() -> None:
    gone = str(new_id())

    tasks.probe_provider(gone)
    tasks.discover_models(gone)
    tasks.try_rejected_credential(gone, gone)
    tasks.try_rejected_credential(str(make().pk), gone)


def test_housekeeping_runs() -> None:
    tasks.copy_credential_states()
    tasks.forget_old_checks()
