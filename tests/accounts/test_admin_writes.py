"""Django admin writes through the same services as the API, and shows a new key once."""

import re
from typing import Any

import pytest
from django.db import connection

from accounts.models import ApiKey, Membership, Team, Tenant, User
from accounts.tenancy import platform_scope
from tests.accounts.admin_forms import audit_rows, default_tenant, save
from tests.browser import Browser, make_person

EMAIL = "root@example.test"
KEY = re.compile(r"sy-live-[0-9a-z]{12}-[0-9A-Za-z]{49}")

pytestmark = pytest.mark.usefixtures("start_of_a_code")


def test_a_new_key_is_shown_once_and_stored_nowhere(browser: Browser) -> None:
    before = len(audit_rows())
    fields = {"tenant": str(default_tenant().pk), "name": "ci", "owner": str(User.objects.get().pk)}

    answer = save(browser, "/admin/accounts/apikey/add/", fields)

    assert answer.status_code == 200, answer.content
    found = KEY.findall(answer.content.decode())
    assert len(found) == 1
    assert [row.action for row in audit_rows()[before:]] == ["key.create"]
    later = browser.get("/admin/accounts/apikey/")
    assert found[0] not in later.content.decode()
    assert found[0] not in str(browser.client.cookies)
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        stored = str(cursor.fetchall())
    assert found[0] not in stored
    assert "no-store" in answer["Cache-Control"]


def test_a_key_is_edited_through_its_service(browser: Browser) -> None:
    save(
        browser,
        "/admin/accounts/apikey/add/",
        {"tenant": str(default_tenant().pk), "name": "ci", "owner": str(User.objects.get().pk)},
    )
    with platform_scope("test"):
        key = ApiKey.objects.get(name="ci")

    answer = save(
        browser,
        f"/admin/accounts/apikey/{key.pk}/change/",
        {"name": "ci 2", "allowed_models": "a,b"},
    )

    assert answer.status_code == 302, answer.content
    with platform_scope("test"):
        key.refresh_from_db()
    assert (key.name, key.allowed_models, key.version) == ("ci 2", ["a", "b"], 2)
    row = audit_rows()[-1]
    assert (row.action, row.after) == ("key.update", {"name": "ci 2", "allowed_models": ["a", "b"]})
    assert (row.actor_label, row.ip) == (EMAIL, "198.51.100.7")


def test_a_tenant_is_added_and_changed_with_one_row_each(browser: Browser) -> None:
    before = len(audit_rows())

    added = save(browser, "/admin/accounts/tenant/add/", {"slug": "beta", "name": "Beta"})
    assert added.status_code == 302, added.content
    with platform_scope("test"):
        beta = Tenant.objects.get(slug="beta")
    save(browser, f"/admin/accounts/tenant/{beta.pk}/change/", {"mfa_policy": "all"})

    assert [row.action for row in audit_rows()[before:]] == ["tenant.create", "tenant.update"]
    with platform_scope("test"):
        assert Tenant.objects.get(slug="beta").mfa_policy == "all"


def test_an_invitation_link_is_shown_to_copy(browser: Browser) -> None:
    fields = {
        "tenant": str(default_tenant().pk),
        "email": "guest@example.test",
        "role": "developer",
    }

    answer = save(browser, "/admin/accounts/invite/add/", fields)

    assert "/accept-invite?token=" in answer.content.decode()
    assert audit_rows()[-1].action == "invite.create"


def test_the_last_owner_stays_and_the_page_says_why(browser: Browser) -> None:
    with platform_scope("test"):
        owner = Membership.objects.get()
    path = f"/admin/accounts/membership/{owner.pk}/change/"
    before = len(audit_rows())

    answer = save(browser, path, {"role": "developer"})

    assert answer["Location"] == path
    assert "last active owner" in browser.get(path).content.decode()
    with platform_scope("test"):
        assert Membership.objects.get().role == "owner"
    assert len(audit_rows()) == before


def test_a_failing_audit_row_undoes_the_save(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("no audit")

    browser.client.raise_request_exception = False
    monkeypatch.setattr("accounts.audit.record", fail)

    answer = save(browser, f"/admin/accounts/tenant/{default_tenant().pk}/change/", {"name": "New"})

    assert answer.status_code == 500
    assert default_tenant().name == "Default"


def test_a_team_is_added_and_renamed(browser: Browser) -> None:
    before = len(audit_rows())
    added = save(
        browser, "/admin/accounts/team/add/", {"tenant": str(default_tenant().pk), "name": "Core"}
    )
    assert added.status_code == 302, added.content
    with platform_scope("test"):
        team = Team.objects.get()

    save(browser, f"/admin/accounts/team/{team.pk}/change/", {"name": "Kernel"})

    assert [row.action for row in audit_rows()[before:]] == ["team.create", "team.update"]
    with platform_scope("test"):
        assert Team.objects.get().name == "Kernel"


def test_switching_an_account_off_ends_its_sessions(browser: Browser) -> None:
    ben = make_person("ben@example.test", role="developer")
    theirs = Browser()
    theirs.sign_in(email="ben@example.test")
    page = browser.get(f"/admin/accounts/user/{ben.pk}/change/")
    token = str(page.context["csrf_token"])

    answer = browser.client.post(
        f"/admin/accounts/user/{ben.pk}/change/",
        {"display_name": "Ben", "csrfmiddlewaretoken": token},
    )

    assert answer.status_code == 302, answer.content
    assert theirs.me().status_code == 401
    row = audit_rows()[-1]
    assert (row.action, row.after) == ("user.update", {"display_name": "Ben", "is_active": False})


def test_what_the_console_does_is_left_to_it(browser: Browser) -> None:
    assert browser.get("/admin/login/")["Location"] == "/admin/"
    assert browser.get("/admin/password_change/")["Location"] == "/account"
    assert browser.get("/admin")["Location"] == "/admin/"
