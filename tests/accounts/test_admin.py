"""Django admin: who gets in, what it shows, and that it writes like the API does. F-78."""

import ipaddress
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import ApiKey, AuditEntry, Invite, Membership, Team, Tenant, User
from accounts.tenancy import platform_scope
from tests.accounts.admin_forms import audit_rows
from tests.browser import Browser, make_person

EMAIL = "root@example.test"
KEY = re.compile(r"sy-live-[0-9a-z]{12}-[0-9A-Za-z]{49}")
PAGES: dict[str, Any] = {
    "tenant": Tenant,
    "team": Team,
    "user": User,
    "membership": Membership,
    "invite": Invite,
    "apikey": ApiKey,
    "auditentry": AuditEntry,
}


pytestmark = pytest.mark.usefixtures("start_of_a_code")


# --- who gets in ----------------------------------------------------------------------------------


def test_a_stranger_is_sent_to_the_consoles_sign_in(db: None) -> None:
    answer = Browser().get("/admin/accounts/tenant/")

    assert answer.status_code == 302
    login = Browser().get(answer["Location"])
    assert login["Location"] == "/login?next=%2Fadmin%2Faccounts%2Ftenant%2F"


def test_a_superadmin_without_a_second_factor_is_refused(superadmin: User) -> None:
    browser = Browser()
    browser.sign_in(email=EMAIL)

    answer = browser.get("/admin/", accept="text/html")
    page = browser.get(answer["Location"])

    assert answer.status_code == 302
    assert page.status_code == 403
    assert "second factor" in page.content.decode()


def test_an_owner_with_a_second_factor_is_refused(db: None) -> None:
    make_person("owner@example.test")
    browser = Browser()
    browser.sign_in(email="owner@example.test")
    browser.enrol()

    assert browser.get(browser.get("/admin/")["Location"]).status_code == 403


def test_enrolling_opens_the_door_at_once(superadmin: User) -> None:
    browser = Browser()
    browser.sign_in(email=EMAIL)
    browser.enrol()

    assert browser.get("/admin/").status_code == 200


def test_without_the_factor_it_was_passed_with_the_door_is_shut(browser: Browser) -> None:
    """Switched off or taken away, it proves nothing any more."""
    Authenticator.objects.all().delete()

    assert browser.get("/admin/").status_code == 302
    assert browser.get("/admin/login/").status_code == 403


def test_it_can_be_switched_off(browser: Browser, settings: Any) -> None:
    settings.DJANGO_ADMIN_ENABLED = False

    assert browser.get("/admin/").status_code == 404
    assert browser.get("/admin/login/").status_code == 404


def test_only_allowed_networks_see_it(browser: Browser, settings: Any) -> None:
    settings.DJANGO_ADMIN_ALLOWED_CIDRS = (ipaddress.ip_network("10.0.0.0/8"),)
    assert browser.get("/admin/").status_code == 404

    settings.DJANGO_ADMIN_ALLOWED_CIDRS = (ipaddress.ip_network("198.51.100.0/24"),)
    assert browser.get("/admin/").status_code == 200


def test_signing_out_there_signs_out_of_the_console(browser: Browser) -> None:
    token = browser.get("/admin/").context["csrf_token"]

    answer = browser.client.post("/admin/logout/", {"csrfmiddlewaretoken": str(token)})

    assert answer["Location"] == "/login"
    assert browser.me().status_code == 401
    assert audit_rows()[-1].action == "session.sign_out"


# --- what it shows --------------------------------------------------------------------------------


def populate() -> None:
    with platform_scope("test"):
        tenant = Tenant.objects.get(slug="default")
        Team.objects.create(tenant=tenant, name="Core")
        ApiKey.objects.create(tenant=tenant, name="ci", public_id="a1b2c3d4e5f6")
        Invite.objects.create(
            tenant=tenant,
            email="guest@example.test",
            role="developer",
            token_sha256=b"\x7f" * 32,
            expires_at="2030-01-01T00:00:00Z",
        )


def every_page(browser: Browser) -> list[Any]:
    populate()
    paths = ["/admin/", "/admin/accounts/"]
    for name, model in PAGES.items():
        with platform_scope("test"):
            row = model.objects.first()
        paths.append(reverse(f"admin:accounts_{name}_changelist"))
        paths.append(reverse(f"admin:accounts_{name}_changelist") + "?q=a")
        paths.append(reverse(f"admin:accounts_{name}_change", args=[row.pk]))
        paths.append(reverse(f"admin:accounts_{name}_history", args=[row.pk]))
    paths += [
        reverse(f"admin:accounts_{name}_add") for name in ("tenant", "team", "invite", "apikey")
    ]
    return [browser.get(path) for path in paths]


def test_every_page_opens_under_the_content_security_policy(browser: Browser) -> None:
    for page in every_page(browser):
        assert page.status_code == 200, page.request
        text = page.content.decode()
        assert "default-src 'self'" in page["Content-Security-Policy"]
        assert "'unsafe-inline'" not in page["Content-Security-Policy"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", text), page.request
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), page.request
        assert "no-store" in page["Cache-Control"]


def test_no_page_shows_a_secret(browser: Browser) -> None:
    secrets = [User.objects.get().password, "7f7f7f7f", "token_sha256", "digest", "sealed"]

    for page in every_page(browser):
        text = page.content.decode()
        assert not any(secret in text for secret in secrets), page.request


def test_what_holds_sealed_secrets_has_no_page(db: None) -> None:
    registered = admin.site._registry  # noqa: SLF001 - Django has no other way
    others = ("billing", "providers", "routing")  # whose pages their own tests open
    own = {model for model in registered if model._meta.app_label not in others}  # noqa: SLF001 - see above
    assert own == set(PAGES.values())


def test_lists_never_count_a_table(browser: Browser) -> None:
    populate()
    with CaptureQueriesContext(connection) as queries:
        for name in PAGES:
            assert browser.get(f"/admin/accounts/{name}/").status_code == 200

            assert browser.get(f"/admin/accounts/{name}/?_facets=True").status_code == 200

    assert not [query for query in queries if "COUNT(" in query["sql"].upper()]


def test_a_long_list_pages_without_counting(browser: Browser) -> None:
    with platform_scope("test"):
        tenant = Tenant.objects.get(slug="default")
        Team.objects.bulk_create(Team(tenant=tenant, name=f"t{n:03}") for n in range(120))

    first, last = (browser.get(f"/admin/accounts/team/?p={page}") for page in (1, 3))

    assert "t049" in first.content.decode()
    assert "p=2" in first.content.decode()
    assert "t119" in last.content.decode()
    assert "p=4" not in last.content.decode()


@pytest.mark.parametrize("query", ["p=99999999999999999999", "status__exact=%00", "q=%00"])
def test_what_no_list_can_hold_is_no_failure(browser: Browser, query: str) -> None:
    assert browser.get(f"/admin/accounts/tenant/?{query}").status_code in {200, 302, 404}


def test_nothing_is_deleted_here(browser: Browser) -> None:
    populate()
    for name, model in PAGES.items():
        with platform_scope("test"):
            row = model.objects.first()
        path = reverse(f"admin:accounts_{name}_delete", args=[row.pk])
        assert browser.get(path).status_code == 403
        assert "delete_selected" not in browser.get(f"/admin/accounts/{name}/").content.decode()


def test_the_audit_log_takes_no_change(browser: Browser) -> None:
    row = audit_rows()[0]

    page = browser.get(f"/admin/accounts/auditentry/{row.pk}/change/")

    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert browser.get("/admin/accounts/auditentry/add/").status_code == 403


def test_reading_the_audit_log_is_told_in_the_platforms_chain(browser: Browser) -> None:
    before, row = len(audit_rows()), audit_rows()[0]

    browser.get("/admin/accounts/auditentry/?q=key.create")
    browser.get(f"/admin/accounts/auditentry/{row.pk}/change/")

    told = audit_rows()[before:]
    assert [(entry.action, entry.chain) for entry in told] == [("audit.read", "platform")] * 2
    assert (told[0].after, told[1].object_id) == ({"filters": "q=key.create"}, str(row.pk))
