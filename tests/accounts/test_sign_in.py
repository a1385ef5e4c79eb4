"""Signing in and out by password."""

from typing import Any

import pytest
import redis
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User
from tests.browser import (
    AUTH,
    EMAIL,
    PASSWORD,
    Browser,
    audit_actions,
    signed_in,
)


def test_the_right_password_signs_in(person: User) -> None:
    browser = Browser()

    answer = browser.sign_in(email="ANA@example.test")

    assert answer.status_code == 200, answer.content
    assert browser.me().json()["user"]["email"] == EMAIL
    assert audit_actions() == ["session.sign_in"]


def test_signed_out_nobody_is_told_who_is_who(db: None) -> None:
    answer = Browser().me()

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_wrong_password_and_an_unknown_address_answer_alike(person: User) -> None:
    known = Browser().sign_in(email=EMAIL, password="wrong-password")
    unknown = Browser().sign_in(email="nobody@example.test", password="wrong-password")

    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert known.status_code == 400
    assert audit_actions() == ["session.sign_in_failed"] * 2


def test_a_disabled_account_answers_like_a_wrong_password(person: User) -> None:
    wrong = Browser().sign_in(email=EMAIL, password="wrong-password")
    User.objects.update(is_active=False)

    disabled = Browser().sign_in(email=EMAIL)

    assert (disabled.status_code, disabled.json()) == (wrong.status_code, wrong.json())


def test_passwords_are_stored_as_argon2id(person: User) -> None:
    assert person.password.startswith("argon2$argon2id$")


def test_the_session_id_changes_at_sign_in(person: User) -> None:
    browser = signed_in()
    first = browser.client.cookies["sessionid"].value
    browser.send("DELETE", f"{AUTH}/auth/session")

    browser.sign_in(email=EMAIL)

    assert browser.client.cookies["sessionid"].value != first


def test_signing_in_without_the_csrf_token_is_refused(person: User) -> None:
    browser = Browser()
    browser.csrf = "forged"

    answer = browser.sign_in(email=EMAIL)

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_there_is_no_sign_up_and_no_second_address(person: User) -> None:
    browser = signed_in()

    for path in ("auth/signup", "account/email", "account/phone", "auth/email/verify"):
        assert browser.post(f"{AUTH}/{path}", {"email": "x@example.test"}).status_code == 404
    config = browser.get(f"{AUTH}/config").json()
    assert config["data"]["account"]["is_open_for_signup"] is False


def test_signing_out_ends_the_session(person: User) -> None:
    browser = signed_in()

    browser.send("DELETE", f"{AUTH}/auth/session")

    assert browser.me().status_code == 401
    assert not Session.objects.filter(expire_date__gt=timezone.now()).exclude(
        session_data=""
    ).exists() or (browser.me().status_code == 401)
    assert audit_actions() == ["session.sign_in", "session.sign_out"]


def test_a_disabled_person_is_out_at_once(person: User) -> None:
    browser = signed_in()

    User.objects.update(is_active=False)

    assert browser.me().status_code == 401


def test_no_answer_on_the_way_holds_the_password(person: User) -> None:
    browser = Browser()
    bodies = [
        browser.sign_in(email=EMAIL).content,
        browser.me().content,
        browser.get(f"{AUTH}/auth/session").content,
        browser.get(f"{AUTH}/account/authenticators").content,
    ]

    assert not any(PASSWORD.encode() in body or b"argon2" in body for body in bodies)


def test_without_the_counters_nobody_gets_in(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise redis.ConnectionError("out")

    browser = Browser()
    browser.get("/api/console/boot")
    monkeypatch.setattr("accounts.throttle.LoginThrottle.forget", fail)

    answer = browser.sign_in(email=EMAIL)

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert browser.me().status_code == 401
    assert audit_actions() == []


def test_signing_in_is_no_edit_of_the_account(person: User) -> None:
    signed_in()

    user = User.objects.get()
    assert user.version == 1
    assert user.last_login is not None
    assert user.last_seen_at is not None


def test_a_failing_audit_row_undoes_the_sign_in(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr("accounts.audit.record", fail)
    browser = Browser()
    browser.client.raise_request_exception = False

    assert browser.sign_in(email=EMAIL).status_code == 500

    assert browser.me().status_code == 401
