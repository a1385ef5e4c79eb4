"""Which tenant a request is for, what state it is in, and how often one may ask."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from redis import ConnectionError as RedisDown

from accounts.api import throttling
from accounts.models import Membership, Tenant
from accounts.tenancy import platform_scope
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.factories.accounts import MembershipFactory

# --- tenant and state -----------------------------------------------------------------------------


def test_the_only_membership_needs_no_header(town: Town) -> None:
    assert Api().as_user(town.people["owner"]).get("tenant").json()["slug"] == town.tenant.slug


def test_of_several_memberships_one_is_named_by_slug_or_id(town: Town) -> None:
    other = make_town()
    with platform_scope("test"):
        MembershipFactory(tenant=other.tenant, user=town.people["owner"])
    api = Api().as_user(town.people["owner"])

    unnamed = api.get("tenant")
    assert (unnamed.status_code, unnamed.json()["code"]) == (400, "tenant_required")
    for name in (other.tenant.slug, str(other.tenant.id)):
        api.headers["X-Switchyard-Tenant"] = name
        assert api.get("tenant").json()["id"] == str(other.tenant.id)


@pytest.mark.parametrize("path", ["keys", "members", "tenant", "sessions", "nowhere"])
def test_no_answer_stays_with_a_cache(town: Town, path: str) -> None:
    """Nothing in the address tells one tenant's or one person's answer from another's."""
    assert town.api("owner").get(path)["Cache-Control"] in {"no-store", "no-cache"}


def test_a_disabled_membership_is_none(town: Town) -> None:
    with platform_scope("test"):
        Membership.objects.filter(pk=town.members["admin"].pk).update(status="disabled")

    assert town.api("admin").get("tenant").json()["code"] == "tenant_not_found"


def test_a_superadmin_enters_any_tenant_by_name(town: Town) -> None:
    boss = make_superadmin()

    assert Api(tenant=town.tenant).as_user(boss).get("members").status_code == 200
    assert Api().as_user(boss).get("members").json()["code"] == "tenant_required"
    assert Api(tenant="nowhere").as_user(boss).get("members").json()["code"] == "tenant_not_found"


def test_a_suspended_tenant_is_read_only(town: Town) -> None:
    with platform_scope("test"):
        Tenant.objects.filter(pk=town.tenant.pk).update(status="suspended")
    api = town.api("owner")

    assert api.get("keys").status_code == 200
    refused = api.post("teams", {"name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "tenant_suspended")
    boss = Api(tenant=town.tenant).as_user(make_superadmin())
    assert boss.post("teams", {"name": "x"}).status_code == 201


@pytest.mark.parametrize(
    ("policy", "role", "status"),
    [("admins", "admin", 403), ("admins", "developer", 200), ("all", "developer", 403)],
)
def test_a_tenant_that_asks_for_a_second_factor_gets_it(
    town: Town, policy: str, role: str, status: int
) -> None:
    with platform_scope("test"):
        Tenant.objects.filter(pk=town.tenant.pk).update(mfa_policy=policy)

    answer = town.api(role).get("keys")

    assert answer.status_code == status
    assert answer.json().get("code") == ("mfa_required" if status == 403 else None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "keys"),
        ("POST", "keys/key_000000000000/rotate"),
        ("POST", "keys/key_000000000000/aws-pair"),
        ("PATCH", "members/00000000-0000-7000-8000-000000000000"),
        ("DELETE", "members/00000000-0000-7000-8000-000000000000"),
        ("POST", "invites"),
        ("POST", "teams/00000000-0000-7000-8000-000000000000/members"),
    ],
)
def test_what_gives_power_needs_a_recent_proof(town: Town, method: str, path: str) -> None:
    stale = town.api("owner", proof_age=timedelta(minutes=10, seconds=1))

    answer = stale.call(method, path, {})

    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")


def test_the_platform_needs_a_recent_proof_even_to_read(db: None) -> None:
    stale = Api().as_user(make_superadmin(), proof_age=timedelta(hours=1))

    assert stale.get("tenants").json()["code"] == "step_up_required"
    assert stale.post("tenants", {"slug": "x1", "name": "x"}).json()["code"] == "step_up_required"


# --- throttle -------------------------------------------------------------------------------------


def test_the_601st_request_of_a_minute_waits(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "REQUESTS_PER_MINUTE", 3)
    with time_machine.travel("2030-01-01T00:00:10Z", tick=False):
        api = town.api("owner")
        codes = [api.get("tenant").status_code for _ in range(4)]
        answer = api.get("tenant")

        assert codes == [200, 200, 200, 429]
        assert answer.json()["code"] == "rate_limited"
        assert answer["Retry-After"] == "50"
        assert town.api("owner").get("tenant").status_code == 200  # another session
    with time_machine.travel("2030-01-01T00:01:00Z", tick=False):
        assert api.get("tenant").status_code == 200


def test_without_its_cache_the_throttle_lets_pass(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise RedisDown

    monkeypatch.setattr(cache, "add", down)

    assert town.api("owner").get("tenant").status_code == 200
    wrong = Api().with_key("sy-live-nonsense").get("tenant")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_api_key")
