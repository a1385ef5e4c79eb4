"""GET and PATCH /api/console/me."""

from typing import Any

import pytest
import redis

from accounts.models import AuditEntry, Membership, Role, Tenant, User
from accounts.tenancy import platform_scope
from tests.browser import Browser, change_default_tenant, make_person

EMAIL = "ana@example.test"


@pytest.fixture
def person(db: None) -> User:
    return make_person(EMAIL)


def signed_in() -> Browser:
    browser = Browser()
    browser.sign_in(email=EMAIL)
    return browser


def join_another_tenant(user: User, *, role: str, name: str = "Beta") -> Tenant:
    with platform_scope("test"):
        tenant = Tenant.objects.create(slug=name.lower(), name=name)
        Membership.objects.create(tenant=tenant, user=user, role=role)
    return tenant


def test_me_tells_everything_the_console_is_gated_by(person: User) -> None:
    answer = signed_in().me()

    me = answer.json()
    assert answer["Cache-Control"] == "no-store"
    assert set(me) == {
        *("user", "tenants", "tenant", "role", "capabilities", "locale", "tz", "reporting_tz"),
        *("currency", "features", "csrf", "first_request_at", "session", "server", "mfa_required"),
    }
    assert me["tenant"]["slug"] == "default"
    assert me["capabilities"] == sorted(me["capabilities"])
    assert me["features"]["email"] is False
    assert me["server"]["api_base"].endswith("/v1")
    assert me["session"]["expires_at"].endswith("Z")
    assert me["mfa_required"] is False


@pytest.mark.parametrize(
    ("role", "holds", "lacks"),
    [
        ("owner", "tenant.delete", "platform.tenants"),
        ("admin", "member.write", "tenant.delete"),
        ("developer", "key.create_own", "member.write"),
        ("billing_viewer", "cost.read_all", "key.create_own"),
    ],
)
def test_capabilities_follow_the_role(db: None, role: str, holds: str, lacks: str) -> None:
    make_person(EMAIL, role=role)

    capabilities = signed_in().me().json()["capabilities"]

    assert holds in capabilities
    assert lacks not in capabilities


def test_the_header_chooses_among_ones_tenants(person: User) -> None:
    join_another_tenant(person, role=Role.DEVELOPER)
    browser = signed_in()

    first, beta = browser.me().json(), browser.me(**{"X-Switchyard-Tenant": "beta"}).json()

    assert [tenant["slug"] for tenant in first["tenants"]] == ["beta", "default"]
    assert (beta["tenant"]["slug"], beta["role"]) == ("beta", "developer")
    assert first["tenant"]["slug"] == "beta"


def test_a_tenant_one_does_not_belong_to_is_not_found(person: User) -> None:
    with platform_scope("test"):
        Tenant.objects.create(slug="secret", name="Secret")

    answer = signed_in().me(**{"X-Switchyard-Tenant": "secret"})

    assert (answer.status_code, answer.json()["code"]) == (404, "tenant_not_found")


def test_a_person_without_a_tenant_sees_only_themselves(db: None) -> None:
    make_person(EMAIL, role=None)

    me = signed_in().me().json()

    assert (me["tenants"], me["tenant"], me["role"], me["capabilities"]) == ([], None, None, [])


def test_preferences_are_kept_and_told_once(person: User) -> None:
    browser = signed_in()
    changes = {
        "display_name": "Ana",
        "locale": "zh-CN",
        "tz": "Asia/Shanghai",
        "theme": "dark",
        "density": "comfortable",
        "shortcuts": False,
    }

    answer = browser.send("PATCH", "/api/console/me", changes)

    assert answer.status_code == 200, answer.content
    user = browser.me().json()["user"]
    assert {name: user[name] for name in changes} == changes
    with platform_scope("test"):
        row = AuditEntry.objects.get(action="user.update")
    assert row.after == changes
    assert row.before["display_name"] == ""
    assert row.actor_label == EMAIL


@pytest.mark.parametrize(
    "change",
    [{"theme": "neon"}, {"tz": "Mars/Base"}, {"is_superadmin": True}, {"email": "x@example.test"}],
)
def test_what_is_no_preference_is_refused(person: User, change: dict[str, Any]) -> None:
    answer = signed_in().send("PATCH", "/api/console/me", change)

    assert (answer.status_code, answer.json()["code"]) == (400, "validation")
    assert User.objects.get().is_superadmin is False


@pytest.mark.parametrize(
    ("policy", "role", "asked"),
    [
        ("none", "owner", False),
        ("admins", "admin", True),
        ("admins", "developer", False),
        ("all", "developer", True),
    ],
)
def test_the_policy_leads_to_enrolment(db: None, policy: str, role: str, asked: bool) -> None:  # noqa: FBT001
    make_person(EMAIL, role=role)
    change_default_tenant(mfa_policy=policy)
    browser = signed_in()

    assert browser.me().json()["mfa_required"] is asked
    browser.enrol()
    assert browser.me().json()["mfa_required"] is False


def test_an_open_session_works_while_the_cache_is_out(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise redis.ConnectionError("out")

    browser = signed_in()
    for name in ("add", "get", "set", "incr", "delete"):
        monkeypatch.setattr(f"django.core.cache.backends.redis.RedisCache.{name}", fail)

    assert browser.me().status_code == 200
    assert browser.send("PATCH", "/api/console/me", {"theme": "dark"}).status_code == 200
    other = Browser().sign_in(email=EMAIL)
    assert (other.status_code, other.json()["code"]) == (503, "unavailable")
