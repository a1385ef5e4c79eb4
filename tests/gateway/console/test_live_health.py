"""The channel `health`, from what changes a provider to the frame that tells it."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import superadmin_access
from accounts.actors import SYSTEM
from accounts.models import Tenant, User
from accounts.services.changes import announce
from accounts.tenancy import platform_scope
from gateway.edge.runtime import Runtime
from providers.models import Credential, Provider
from providers.pool import StateChange
from providers.services import probing
from providers.services.announcing import announce_health
from tests.accounts.world import Town, make_superadmin, make_town
from tests.factories.providers import CredentialFactory, ProviderFactory
from tests.faults.bounds import FACTOR
from tests.gateway.console.sockets import (
    ask,
    in_database,
    opened_by,
    row_of,
    said,
    silent,
    subscribed,
    touch,
    until_no_feed_runs,
)

VISIBLE_S = 2.0 * FACTOR

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def town(committed_db: None) -> Town:
    return make_town()


@pytest.fixture(autouse=True)
async def _no_feed_stays(committed_db: None, runtime: Runtime) -> AsyncIterator[None]:
    yield
    await until_no_feed_runs()


def note(provider: Provider, *, ok: bool) -> None:
    with platform_scope("test"):
        access = superadmin_access(tenant=provider.tenant)
        subject = probing.stored(access=access, provider_id=provider.pk)
        outcome = probing.Outcome(mode="models", ok=ok, latency_ms=7)
        probing.note_check(actor=SYSTEM, access=access, subject=subject, outcome=outcome)


async def test_the_first_frame_is_what_the_list_shows(runtime: Runtime, town: Town) -> None:
    opened, rows = await subscribed(runtime, town.people["admin"], town.tenant)
    answer = await in_database(lambda: town.api("admin").get("providers").json())
    listed = {
        row["id"]: {
            "provider": row["id"],
            "status": row["status"],
            "credentials": row["credentials"],
        }
        for row in answer["data"]
    }
    assert rows == listed
    assert str(town.provider.pk) in rows
    await opened.disconnect()


async def test_a_rejected_credential_is_seen_within_two_seconds(
    runtime: Runtime, town: Town
) -> None:
    opened, _ = await subscribed(runtime, town.people["admin"], town.tenant)
    began = time.monotonic()
    runtime.announce(
        [
            StateChange(
                provider_id=str(town.provider.pk),
                credential_id=str(town.credential.pk),
                model=None,
                state="quarantined",
                reason="401",
            )
        ]
    )
    row = await row_of(opened, town.provider)
    assert time.monotonic() - began <= VISIBLE_S
    assert (row["status"]["state"], row["status"]["reason"]) == ("down", "no_usable_credential")
    assert row["credentials"] == {"total": 1, "healthy": 0}
    await opened.disconnect()


async def test_what_a_probe_found_is_told(runtime: Runtime, town: Town) -> None:
    opened, _ = await subscribed(runtime, town.people["owner"], town.tenant)
    await in_database(lambda: note(town.provider, ok=False))
    row = await row_of(opened, town.provider)
    assert (row["status"]["state"], row["status"]["reason"]) == ("degraded", "probe_failed")
    await opened.disconnect()


async def test_what_a_person_changes_is_told_in_order(runtime: Runtime, town: Town) -> None:
    opened, _ = await subscribed(runtime, town.people["admin"], town.tenant)
    api = await in_database(lambda: town.api("admin"))
    path = f"providers/{town.provider.pk}"
    states = []
    for number, verb in enumerate(("drain", "disable"), start=2):
        await in_database(partial(api.post, f"{path}/{verb}"))
        frame = await said(opened)
        assert frame["seq"] == number
        states.append(frame["rows"][0]["status"]["reason"])
    assert states == ["draining", "disabled"]
    renamed = await in_database(
        lambda: api.patch(f"{path}/credentials/{town.credential.pk}", {"name": "other"})
    )
    assert renamed.status_code == 200
    assert (await row_of(opened, town.provider))["status"]["reason"] == "disabled"
    await opened.disconnect()


async def test_a_provider_that_is_gone_is_told_once(runtime: Runtime, town: Town) -> None:
    opened, _ = await subscribed(runtime, town.people["admin"], town.tenant)

    def archive() -> None:
        with platform_scope("test"):
            Provider.objects.filter(pk=town.provider.pk).update(archived_at=timezone.now())
            announce_health(provider_id=town.provider.pk, tenant_id=town.tenant.pk)

    await in_database(archive)
    gone = {"provider": str(town.provider.pk), "status": None, "credentials": None}
    assert await row_of(opened, town.provider) == gone
    await in_database(lambda: touch(town.provider))
    assert await silent(opened)
    await opened.disconnect()


async def test_the_clock_alone_ends_a_pause(runtime: Runtime, town: Town) -> None:
    def pause() -> None:
        with platform_scope("test"):
            Credential.objects.filter(pk=town.credential.pk).update(
                state="disabled_auto", state_until=timezone.now() + timedelta(seconds=1)
            )

    await in_database(pause)
    opened, rows = await subscribed(runtime, town.people["admin"], town.tenant)
    assert rows[str(town.provider.pk)]["status"]["state"] == "down"
    assert (await row_of(opened, town.provider))["status"]["state"] == "healthy"
    await opened.disconnect()


async def test_nothing_of_another_tenant_is_told(runtime: Runtime, town: Town) -> None:
    def others() -> tuple[Town, Provider, Provider]:
        other = make_town()
        with platform_scope("test"):
            hidden = ProviderFactory(visible_to=[other.tenant.pk])
            shared = ProviderFactory(base_url="https://private.internal.test/v1")
            for provider in (hidden, shared):
                CredentialFactory(provider=provider)
        return other, hidden, shared

    other, hidden, shared = await in_database(others)
    opened, rows = await subscribed(runtime, town.people["owner"], town.tenant)
    assert str(shared.pk) in rows
    assert {str(hidden.pk), str(other.provider.pk)}.isdisjoint(rows)
    for provider in (other.provider, hidden):
        await in_database(partial(note, provider, ok=False))
    assert await silent(opened)
    await in_database(lambda: note(shared, ok=False))
    assert "internal" not in str(await row_of(opened, shared))
    await opened.disconnect()


async def test_who_reads_names_hears_of_health_alone(runtime: Runtime, town: Town) -> None:
    opened, rows = await subscribed(runtime, town.people["developer"], town.tenant)
    await in_database(lambda: note(town.provider, ok=True))
    row = await row_of(opened, town.provider)
    for shown in (row, *rows.values()):
        assert set(shown) == {"provider", "status", "credentials"}
        assert set(shown["status"]) == {"state", "reason", "latency_ms", "last_ok_at"}
        assert set(shown["credentials"]) == {"total", "healthy"}
    await opened.disconnect()


async def test_who_runs_the_platform_subscribes_in_any_tenant(runtime: Runtime, town: Town) -> None:
    opened, rows = await subscribed(runtime, await in_database(make_superadmin), town.tenant)
    assert str(town.provider.pk) in rows
    await opened.disconnect()


async def test_who_may_not_is_told_why(runtime: Runtime, town: Town) -> None:
    other = await in_database(make_town)
    for role, tenant, code in (
        ("billing_viewer", town.tenant, "permission_denied"),
        ("owner", other.tenant, "tenant_not_found"),
        ("owner", "no-such-tenant", "tenant_not_found"),
    ):
        opened = await opened_by(runtime, town.people[role])
        await ask(opened, tenant, number=3)
        answer = await said(opened)
        assert (answer["op"], answer["id"], answer["code"]) == ("err", 3, code)
        assert answer["detail"]
        assert await silent(opened)
        await opened.disconnect()


async def test_a_tenant_that_asks_for_a_second_factor_is_closed_to_who_has_none(
    runtime: Runtime, town: Town
) -> None:
    opened, _ = await subscribed(runtime, town.people["admin"], town.tenant)

    def ask_for_it() -> None:
        with platform_scope("test"):
            Tenant.objects.filter(pk=town.tenant.pk).update(mfa_policy=Tenant.MfaPolicy.ALL)
            announce(kind="tenant", row_id=town.tenant.pk, tenant_id=None)

    await in_database(ask_for_it)
    assert (await said(opened))["code"] == "mfa_required"
    await opened.disconnect()


@pytest.mark.parametrize(
    ("method", "body", "code"),
    [
        ("PATCH", {"role": "billing_viewer"}, "permission_denied"),
        ("DELETE", None, "tenant_not_found"),
    ],
)
async def test_losing_the_right_ends_the_subscription_and_not_the_socket(
    runtime: Runtime, town: Town, method: str, body: Any, code: str
) -> None:
    opened, _ = await subscribed(runtime, town.people["developer"], town.tenant)
    path = f"members/{town.members['developer'].pk}"
    answer = await in_database(lambda: town.api("owner").call(method, path, body))
    assert answer.status_code in {200, 204}, answer.content
    ended = await said(opened)
    assert (ended["op"], ended["id"], ended["code"]) == ("err", 1, code)
    await in_database(lambda: touch(town.provider))
    assert await silent(opened)
    await opened.send_json_to({"op": "ping"})
    assert await said(opened) == {"op": "pong"}
    await opened.disconnect()


async def test_a_disabled_person_hears_nothing_more(runtime: Runtime, town: Town) -> None:
    opened, _ = await subscribed(runtime, town.people["admin"], town.tenant)

    def disable_unannounced() -> None:
        User.objects.filter(pk=town.people["admin"].pk).update(is_active=False)
        touch(town.provider)

    await in_database(disable_unannounced)
    assert (await said(opened))["code"] == "not_authenticated"
    await opened.disconnect()
