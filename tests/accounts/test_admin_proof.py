"""Django admin asks again who it is before it writes."""

import re
from typing import Any

import pytest

from accounts.models import Tenant, User
from accounts.tenancy import platform_scope
from tests.browser import PASSWORD, Browser, audit_actions, make_person

EMAIL = "root@example.test"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')

pytestmark = pytest.mark.usefixtures("start_of_a_code")


@pytest.fixture
def browser(db: None) -> Browser:
    """Enrolled and signed in, eleven minutes ago."""
    make_person(EMAIL, superadmin=True)
    browser = Browser()
    browser.sign_in(email=EMAIL)
    browser.enrol()
    session = browser.client.session
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - 660} for record in session["account_authentication_methods"]
    ]
    session.save()
    return browser


def tenant() -> Tenant:
    with platform_scope("test"):
        return Tenant.objects.get(slug="default")


def post(browser: Browser, path: str, **fields: str) -> Any:
    token = str(browser.get("/admin/").context["csrf_token"])
    return browser.client.post(path, {**fields, "csrfmiddlewaretoken": token})


def form(**changes: str) -> dict[str, str]:
    values = {
        "name": "Renamed",
        "status": "active",
        "reporting_tz": "UTC",
        "week_start": "1",
        "locale": "en",
        "currency": "USD",
        "mfa_policy": "none",
        "session_hours": "12",
        "markup_bp": "0",
        "charge_on_disconnect": "used",
        "charge_on_empty": "input",
        "unpriced_policy": "allow_flag",
        "vault": "on",
        "foreign_reasoning": "drop",
    }
    return {**values, **changes}


def test_reading_needs_no_fresh_proof(browser: Browser) -> None:
    assert browser.get("/admin/accounts/tenant/").status_code == 200


def test_a_write_asks_for_the_password_and_then_goes_on(browser: Browser) -> None:
    path = f"/admin/accounts/tenant/{tenant().pk}/change/"

    asked = post(browser, path, **form())

    assert asked.status_code == 403
    assert "older than ten minutes" in asked.content.decode()
    assert tenant().name == "Default"
    carried = dict(HIDDEN.findall(asked.content.decode()))
    carried.pop("csrfmiddlewaretoken")
    assert carried == form()
    done = post(browser, path, **carried, proof_password=PASSWORD)
    assert done.status_code == 302, done.content
    assert tenant().name == "Renamed"
    assert post(browser, path, **form(name="Again")).status_code == 302


def test_a_wrong_password_is_refused_counted_and_not_shown(browser: Browser) -> None:
    path = f"/admin/accounts/tenant/{tenant().pk}/change/"

    answers = [
        post(browser, path, **form(), proof_password="wrong-password").content.decode()
        for _ in range(6)
    ]

    assert "That is not the password." in answers[0]
    assert "cannot sign in" in answers[5]
    assert not any("wrong-password" in answer for answer in answers)
    assert audit_actions()[-6:] == [
        *["session.sign_in_failed"] * 4,
        "session.lock",
        "session.sign_in_failed",
    ]
    assert tenant().name == "Default"


def test_signing_out_needs_no_proof(browser: Browser) -> None:
    assert post(browser, "/admin/logout/")["Location"] == "/login"
    assert User.objects.get().is_active
    assert browser.me().status_code == 401
