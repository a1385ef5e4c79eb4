"""The first owner: POST /api/console/setup."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import AuditEntry, Membership, SetupToken, Tenant, User
from accounts.services.setup import issue_setup_token
from accounts.tenancy import platform_scope
from tests.browser import Browser, make_person

SETUP = "/api/console/setup"


def body(token: str, **changes: Any) -> dict[str, Any]:
    return {
        "token": token,
        "email": "Owner@Example.test",
        "password": "correct-horse-battery",
        "tenant": "Acme",
        "locale": "zh-CN",
        "tz": "Asia/Shanghai",
        "currency": "CNY",
        **changes,
    }


def test_the_link_makes_the_owner_names_the_tenant_and_signs_in(db: None) -> None:
    browser = Browser()

    answer = browser.post(SETUP, body(issue_setup_token()))

    assert answer.status_code == 201, answer.content
    assert answer.json()["tenant"]["slug"] == "default"
    assert answer.json()["user"]["email"] == "owner@example.test"
    me = browser.me().json()
    assert (me["role"], me["user"]["is_superadmin"]) == ("owner", True)
    assert (me["tenant"]["name"], me["reporting_tz"], me["currency"]) == (
        "Acme",
        "Asia/Shanghai",
        "CNY",
    )
    assert me["session"]["step_up_until"] is not None
    assert "tenant.settings" in me["capabilities"]


def test_the_answer_sets_a_cookie_scripts_cannot_read_and_holds_no_secret(db: None) -> None:
    token = issue_setup_token()

    answer = Browser().post(SETUP, body(token))

    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert answer["Cache-Control"] == "no-store"
    assert token not in answer.content.decode()
    assert "correct-horse-battery" not in answer.content.decode()


def test_one_audit_row_tells_the_set_up(db: None) -> None:
    token = issue_setup_token()
    before = audit_actions()

    Browser().post(SETUP, body(token))

    assert audit_actions()[len(before) :] == ["tenant.set_up"]
    with platform_scope("test"):
        row = AuditEntry.objects.get(action="tenant.set_up")
    assert (row.actor_type, row.actor_label, row.ip) == (
        "user",
        "owner@example.test",
        "198.51.100.7",
    )


def test_a_link_opened_too_late_is_refused(db: None) -> None:
    token = issue_setup_token()
    SetupToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert refusal(Browser().post(SETUP, body(token))) == (410, "setup_token_expired")


def test_a_new_link_ends_the_one_before(db: None) -> None:
    old, new = issue_setup_token(), issue_setup_token()

    assert refusal(Browser().post(SETUP, body(old))) == (410, "setup_token_expired")
    assert Browser().post(SETUP, body(new)).status_code == 201


def test_a_used_link_is_refused_even_when_its_owner_is_gone(db: None) -> None:
    token = issue_setup_token()
    Browser().post(SETUP, body(token))
    User.objects.update(is_superadmin=False)

    assert refusal(Browser().post(SETUP, body(token))) == (410, "setup_token_used")


def test_there_is_nothing_here_once_a_superadmin_exists(db: None) -> None:
    token = issue_setup_token()
    make_person(superadmin=True)

    assert refusal(Browser().post(SETUP, body(token))) == (404, "not_found")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"email": "no address"}, "email"),
        ({"tz": "Mars/Base"}, "tz"),
        ({"currency": "usd"}, "currency"),
        ({"locale": "tlh"}, "locale"),
        ({"tenant": ""}, "tenant"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_bad_field_is_named_and_the_link_stays_good(
    db: None, changes: dict[str, Any], field: str
) -> None:
    token = issue_setup_token()

    answer = Browser().post(SETUP, body(token, **changes))

    assert refusal(answer) == (400, "validation")
    assert {problem["field"] for problem in answer.json()["errors"]} == {field}
    assert Browser().post(SETUP, body(token)).status_code == 201


def test_a_foreign_page_cannot_set_up(db: None) -> None:
    browser = Browser()
    browser.csrf = "forged"

    answer = browser.post(SETUP, body(issue_setup_token()))

    assert refusal(answer) == (403, "csrf_failed")
    assert not User.objects.exists()


def test_of_two_at_once_one_becomes_owner(committed_db: None) -> None:
    token = issue_setup_token()

    def run(number: int) -> int:
        try:
            answer = Browser().post(SETUP, body(token, email=f"p{number}@example.test"))
            return int(answer.status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=4) as pool:
        statuses = sorted(pool.map(run, range(4)))

    assert statuses == [201, 404, 404, 404]
    assert User.objects.count() == 1
    with platform_scope("test"):
        assert Membership.objects.count() == 1
        assert Tenant.objects.count() == 1


def refusal(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json", answer.content
    return answer.status_code, answer.json()["code"]


def audit_actions() -> list[str]:
    with platform_scope("test"):
        return list(AuditEntry.objects.order_by("at", "id").values_list("action", flat=True))


def test_a_failing_audit_row_undoes_the_set_up(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("no audit")

    token = issue_setup_token()
    browser = Browser()
    browser.get("/api/console/boot")
    browser.client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("accounts.audit.record", fail)
        assert browser.post(SETUP, body(token)).status_code == 500

    assert not User.objects.exists()
    assert Browser().post(SETUP, body(token)).status_code == 201


def test_no_further_link_is_made_once_there_is_an_owner(db: None) -> None:
    make_person(superadmin=True)

    with pytest.raises(Refused, match="sign in"):
        issue_setup_token()
