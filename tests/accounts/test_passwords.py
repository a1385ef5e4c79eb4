"""Passwords changed and forgotten."""

from typing import Any

import pytest

from accounts.models import User
from accounts.services.sign_in import reset_path
from tests.browser import AUTH, EMAIL, PASSWORD, Browser, audit_actions, signed_in


def test_a_changed_password_ends_every_other_session(person: User) -> None:
    here, elsewhere = signed_in(), signed_in()

    answer = here.post(
        f"{AUTH}/account/password/change",
        {"current_password": PASSWORD, "new_password": "another-good-one"},
    )

    assert answer.status_code == 200, answer.content
    assert here.me().status_code == 200
    assert elsewhere.me().status_code == 401
    assert Browser().sign_in(email=EMAIL).status_code == 400
    assert audit_actions()[2] == "user.change_password"


@pytest.mark.parametrize("new", ["short", "password123", EMAIL])
def test_a_bad_new_password_is_refused(person: User, new: str) -> None:
    answer = signed_in().post(
        f"{AUTH}/account/password/change", {"current_password": PASSWORD, "new_password": new}
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["param"] == "new_password"


def test_a_reset_link_sets_a_password_once_and_ends_all_sessions(person: User) -> None:
    before = signed_in()
    key = reset_path(user=User.objects.get()).partition("key=")[2]
    reset = {"key": key, "password": "another-good-one"}

    answer = Browser().post(f"{AUTH}/auth/password/reset", reset)

    assert answer.status_code == 401, answer.content
    assert before.me().status_code == 401
    assert Browser().post(f"{AUTH}/auth/password/reset", reset).status_code == 400
    assert Browser().sign_in(email=EMAIL, password="another-good-one").status_code == 200
    assert audit_actions().count("user.reset_password") == 1


def test_without_mail_a_reset_is_refused_as_unavailable(person: User) -> None:
    answer = Browser().post(f"{AUTH}/auth/password/request", {"email": EMAIL})

    assert (answer.status_code, answer.json()["code"]) == (409, "email_unavailable")


def test_with_mail_a_link_is_sent_and_answers_alike(
    person: User, settings: Any, mailoutbox: list[Any]
) -> None:
    settings.EMAIL_URL = "smtp://mail"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    known = Browser().post(f"{AUTH}/auth/password/request", {"email": EMAIL})
    unknown = Browser().post(f"{AUTH}/auth/password/request", {"email": "no@example.test"})

    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert [mail.to for mail in mailoutbox] == [[EMAIL]]
    assert "/reset?key=" in mailoutbox[0].body


def test_reset_mails_are_limited_per_address(person: User, settings: Any) -> None:
    settings.EMAIL_URL = "smtp://mail"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    answers = [
        Browser().post(f"{AUTH}/auth/password/request", {"email": f"p{number}@example.test"})
        for number in range(6)
    ]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert answers[-1]["Retry-After"]
