"""An invitation seen and accepted by its holder."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import AuditEntry, Invite, Membership, Role, Tenant, User
from accounts.services.invites import token_digest
from accounts.tenancy import platform_scope
from tests.browser import PASSWORD, Browser, make_person

GUEST = "guest@example.test"
TOKEN = "a-token-of-the-test"


@pytest.fixture
def invite(db: None) -> Invite:
    return make_invite()


def make_invite(**values: Any) -> Invite:
    with platform_scope("test"):
        invite: Invite = Invite.objects.create(
            **{
                "tenant": Tenant.objects.get(slug="default"),
                "email": GUEST,
                "role": Role.DEVELOPER,
                "token_sha256": token_digest(TOKEN),
                "expires_at": timezone.now() + timedelta(days=7),
                **values,
            }
        )
    return invite


def accept(browser: Browser, **changes: Any) -> Any:
    body = {"token": TOKEN, "password": PASSWORD, "display_name": "Guest", **changes}
    return browser.post("/api/console/accept-invite", body)


def preview(browser: Browser, token: str = TOKEN) -> Any:
    return browser.get(f"/api/console/invite?token={token}")


def test_the_holder_sees_who_invites_whom_as_what(invite: Invite) -> None:
    answer = preview(Browser())

    assert answer.json() == {
        "email": GUEST,
        "role": "developer",
        "tenant": {"name": "Default"},
        "user_exists": False,
    }
    assert answer["Cache-Control"] == "no-store"


def test_a_new_person_joins_and_is_signed_in(invite: Invite) -> None:
    browser = Browser()

    answer = accept(browser)

    assert (answer.status_code, answer.json()) == (200, {"tenant": {"slug": "default"}})
    me = browser.me().json()
    assert (me["user"]["email"], me["user"]["display_name"], me["role"]) == (
        GUEST,
        "Guest",
        "developer",
    )
    with platform_scope("test"):
        assert list(AuditEntry.objects.values_list("action", flat=True)) == ["invite.accept"]


def test_a_known_person_has_to_be_signed_in_as_the_invited(invite: Invite) -> None:
    make_person(GUEST, role=None)
    make_person("ana@example.test")
    stranger, guest = Browser(), Browser()
    stranger.sign_in(email="ana@example.test")
    guest.sign_in(email=GUEST)
    before = guest.client.cookies["sessionid"].value

    assert preview(Browser()).json()["user_exists"] is True
    for browser in (Browser(), stranger):
        refused = accept(browser)
        assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_required")
    assert accept(guest).status_code == 200
    assert guest.me().json()["role"] == "developer"
    assert guest.client.cookies["sessionid"].value != before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "accepted"}, "invite_used"),
        ({"status": "revoked"}, "invite_revoked"),
        ({"expires_at": timezone.now() - timedelta(days=8)}, "invite_expired"),
    ],
)
def test_a_closed_invitation_says_why(db: None, change: dict[str, Any], code: str) -> None:
    make_invite(**change)

    for answer in (preview(Browser()), accept(Browser())):
        assert (answer.status_code, answer.json()["code"]) == (410, code)
    assert not User.objects.exists()


@pytest.mark.parametrize("token", ["", "another"])
def test_an_unknown_token_is_not_found(invite: Invite, token: str) -> None:
    answer = preview(Browser(), token)

    assert (answer.status_code, answer.json()["code"]) == (404, "invite_not_found")


def test_a_bad_password_leaves_the_invitation_open(invite: Invite) -> None:
    answer = accept(Browser(), password="short")

    assert (answer.status_code, answer.json()["code"]) == (400, "validation")
    assert answer.json()["errors"][0]["field"] == "password"
    assert accept(Browser()).status_code == 200


def test_a_foreign_page_cannot_accept(invite: Invite) -> None:
    browser = Browser()
    browser.csrf = "forged"

    assert accept(browser).json()["code"] == "csrf_failed"


def test_fifty_accepts_at_once_make_one_membership(committed_db: None) -> None:
    make_invite()

    statuses = in_parallel(lambda: int(accept(Browser()).status_code), times=50)

    assert statuses.count(200) == 1
    with platform_scope("test"):
        assert Membership.objects.count() == 1
    assert User.objects.count() == 1


def in_parallel(work: Callable[[], int], *, times: int) -> list[int]:
    def run(_: int) -> int:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(run, range(times)))
