"""Tenants, people and sessions through the API."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session

from accounts.models import AuditEntry, User
from accounts.tenancy import platform_scope
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin
from tests.browser import AUTH, Browser
from tests.factories.accounts import PASSWORD, MembershipFactory, UserFactory


@pytest.fixture
def boss(db: None) -> Api:
    return Api().as_user(make_superadmin())


def platform_actions() -> list[str]:
    with platform_scope("test"):
        rows = AuditEntry.objects.filter(chain="platform").order_by("seq")
        return list(rows.values_list("action", flat=True))


# --- tenants --------------------------------------------------------------------------------------


def test_a_superadmin_makes_changes_suspends_and_resumes_a_tenant(boss: Api) -> None:
    made = boss.post("tenants", {"slug": "acme", "name": "Acme", "reporting_tz": "Europe/Berlin"})
    assert made.status_code == 201, made.content
    path = f"tenants/{made.json()['id']}"

    assert boss.patch(path, {"name": "ACME"}).json()["name"] == "ACME"
    assert boss.post(f"{path}/suspend").json()["status"] == "suspended"
    assert boss.get("tenants?status=suspended").json()["data"][0]["slug"] == "acme"
    assert boss.post(f"{path}/resume").json()["status"] == "active"
    assert boss.get(path).json()["version"] == 4
    assert platform_actions() == [
        "tenant.create",
        "tenant.update",
        "tenant.suspend",
        "tenant.resume",
    ]


@pytest.mark.parametrize("slug", ["a", "1a", "-a", "A", "a_b", "a" * 41, "a b"])
def test_a_slug_is_checked(boss: Api, slug: str) -> None:
    answer = boss.post("tenants", {"slug": slug, "name": "x"})

    assert answer.json()["errors"][0]["field"] == "slug"


def test_a_slug_is_taken_once_and_never_changes(boss: Api) -> None:
    answer = boss.post("tenants", {"slug": "default", "name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")

    (tenant,) = boss.get("tenants?q=default").json()["data"]
    changed = boss.patch(f"tenants/{tenant['id']}", {"slug": "other"})
    assert changed.json()["errors"][0]["code"] == "unknown_field"
    assert boss.get("tenants/00000000-0000-7000-8000-000000000000").status_code == 404


def test_owners_change_the_settings_of_their_tenant_in_its_own_chain(town: Town) -> None:
    api = town.api("admin")

    changed = api.patch("tenant", {"week_start": 7, "currency": "EUR", "mfa_policy": "none"})

    assert changed.json()["currency"] == "EUR"
    assert town.api("developer").get("tenant").json()["week_start"] == 7
    (row,) = api.get("audit?action=tenant.update").json()["data"]
    assert row["before"] == {"week_start": 1, "currency": "USD"}
    assert row["after"] == {"week_start": 7, "currency": "EUR"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reporting_tz", "Mars/Olympus"),
        ("reporting_tz", "localtime"),
        ("week_start", 0),
        ("locale", "de"),
        ("currency", "eur"),
        ("mfa_policy", "some"),
        ("session_hours", 169),
        ("status", "active"),
    ],
)
def test_settings_of_a_tenant_are_checked(town: Town, field: str, value: Any) -> None:
    answer = town.api("owner").patch("tenant", {field: value})

    assert answer.json()["errors"][0]["field"] == field


# --- people ---------------------------------------------------------------------------------------


def test_a_superadmin_lists_people_with_their_tenants(town: Town, boss: Api) -> None:
    email = town.people["admin"].email

    (row,) = boss.get(f"users?q={email}&is_active=true").json()["data"]

    assert row["tenants"] == [
        {
            "id": str(town.tenant.id),
            "slug": town.tenant.slug,
            "name": town.tenant.name,
            "role": "admin",
            "status": "active",
        }
    ]
    assert boss.get("users?is_active=false").json()["data"] == []


def test_an_account_is_made_with_a_link_that_is_shown_once(boss: Api) -> None:
    body = {"email": "New.Person@Example.test", "display_name": "New"}

    made = boss.post("users", body, Idempotency_Key="k")

    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    person = made.json()
    assert (person["email"], person["is_superadmin"]) == ("new.person@example.test", False)
    assert person["link"].startswith("/reset?key=")
    assert boss.post("users", body, Idempotency_Key="k").json()["link"] is None
    again = boss.post("users", body)
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    path = f"users/{person['id']}"
    assert "link" not in boss.get(path).json()
    assert (
        boss.patch(path, {"display_name": "N"}, If_Match=boss.get(path)["ETag"]).status_code == 200
    )
    refused = boss.post("users", {"email": "x@example.test", "is_superadmin": True})
    assert refused.json()["errors"][0]["code"] == "unknown_field"


def test_switching_an_account_off_ends_its_sessions(town: Town, boss: Api) -> None:
    browser = Browser()
    browser.sign_in(email=town.people["admin"].email, password=PASSWORD)
    assert browser.me().status_code == 200
    path = f"users/{town.people['admin'].id}"

    off = boss.patch(path, {"is_active": False}, If_Match=f'"{version(boss, town)}"')

    assert off.json()["is_active"] is False
    assert browser.me().status_code == 401
    assert "user.update" in platform_actions()
    assert boss.patch(path, {"is_active": True, "display_name": "Back"}).json()["is_active"]


def version(boss: Api, town: Town) -> int:
    (row,) = boss.get(f"users?q={town.people['admin'].email}").json()["data"]
    return int(row["version"])


def test_the_last_owner_of_a_tenant_is_not_switched_off(town: Town, boss: Api) -> None:
    path = f"users/{town.people['owner'].id}"
    refused = boss.patch(path, {"is_active": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "last_owner")

    with platform_scope("test"):
        MembershipFactory(tenant=town.tenant, role="owner")
    assert boss.patch(path, {"is_active": False}).status_code == 200


def test_nobody_switches_themselves_off(db: None) -> None:
    superadmin = make_superadmin()

    answer = Api().as_user(superadmin).patch(f"users/{superadmin.id}", {"is_active": False})

    assert answer.json()["errors"][0]["field"] == "is_active"


def test_a_reset_link_works_once_and_takes_the_second_factor_on_request(
    town: Town, boss: Api
) -> None:
    user = town.people["admin"]
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    path = f"users/{user.id}/reset-link"

    link = boss.post(path, {}).json()["link"]
    assert Authenticator.objects.filter(user=user).exists()
    assert (
        boss.post(path, {"mfa": True}, Idempotency_Key="k").json()["link"].startswith("/reset?key=")
    )
    assert not Authenticator.objects.filter(user=user).exists()
    assert boss.post(path, {"mfa": True}, Idempotency_Key="k").json()["link"] is None

    key, fresh = link.partition("key=")[2], "another-long-password"
    reset = Browser().post(f"{AUTH}/auth/password/reset", {"key": key, "password": fresh})
    assert reset.status_code in {200, 401}, reset.content
    assert User.objects.get(pk=user.pk).check_password(fresh)
    again = Browser().post(
        f"{AUTH}/auth/password/reset", {"key": key, "password": "and-yet-another"}
    )
    assert again.status_code == 400


# --- sessions -------------------------------------------------------------------------------------


def signed_in(town: Town) -> Browser:
    browser = Browser()
    assert browser.sign_in(email=town.people["owner"].email, password=PASSWORD).status_code == 200
    return browser


def test_people_see_and_end_their_own_sessions(town: Town) -> None:
    here, there = signed_in(town), signed_in(town)
    stranger = Browser()
    stranger.sign_in(email=town.people["admin"].email, password=PASSWORD)

    rows = here.get("/api/v1/sessions").json()["data"]

    assert [row["current"] for row in rows] == [True, False]
    assert stranger.send("DELETE", f"/api/v1/sessions/{rows[1]['id']}").status_code == 404
    assert here.send("DELETE", f"/api/v1/sessions/{rows[1]['id']}").status_code == 204
    assert (here.me().status_code, there.me().status_code) == (200, 401)


def test_logging_out_everywhere_ends_this_session_too(town: Town) -> None:
    here, there = signed_in(town), signed_in(town)

    assert here.post("/api/v1/sessions/revoke-all").json() == {"sessions_ended": 2}

    assert (here.me().status_code, there.me().status_code) == (401, 401)
    assert not Session.objects.exists()
    (row,) = town.api("owner").get("audit?action=session.revoke_all").json()["data"]
    assert row["after"] == {"sessions_ended": 2}


def test_a_person_without_tenant_still_has_sessions(db: None) -> None:
    assert Api().as_user(UserFactory()).get("sessions").status_code == 200
