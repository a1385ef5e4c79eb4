"""Signing in by password, second factor and recovery code; F-72 the lock."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.services.sign_in import reset_path
from accounts.tenancy import platform_scope
from accounts.throttle import LOCK_S
from tests.browser import AUTH, PASSWORD, Browser, make_person, totp

EMAIL = "ana@example.test"
TOTP = f"{AUTH}/account/authenticators/totp"
RECOVERY = f"{AUTH}/account/authenticators/recovery-codes"
SECOND = f"{AUTH}/auth/2fa/authenticate"


@pytest.fixture
def person(db: None) -> User:
    return make_person(EMAIL)


@pytest.fixture(autouse=True)
def _first_second_of_a_code() -> Iterator[None]:
    """A test's codes stay valid for 30 seconds from here."""
    now = int(datetime.now(UTC).timestamp())
    with time_machine.travel(now - now % 30, tick=True):
        yield


def actions() -> list[str]:
    with platform_scope("test"):
        return list(AuditEntry.objects.order_by("at", "id").values_list("action", flat=True))


def signed_in(**changes: Any) -> Browser:
    browser = Browser(**changes)
    assert browser.sign_in(email=EMAIL).status_code == 200
    return browser


# --- password -------------------------------------------------------------------------------------


def test_the_right_password_signs_in(person: User) -> None:
    browser = Browser()

    answer = browser.sign_in(email="ANA@example.test")

    assert answer.status_code == 200, answer.content
    assert browser.me().json()["user"]["email"] == EMAIL
    assert actions() == ["session.sign_in"]


def test_signed_out_nobody_is_told_who_is_who(db: None) -> None:
    answer = Browser().me()

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_wrong_password_and_an_unknown_address_answer_alike(person: User) -> None:
    known = Browser().sign_in(email=EMAIL, password="wrong-password")
    unknown = Browser().sign_in(email="nobody@example.test", password="wrong-password")

    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert known.status_code == 400
    assert actions() == ["session.sign_in_failed"] * 2


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


# --- the lock (F-72) ------------------------------------------------------------------------------


def test_five_failures_lock_this_login_from_this_address_only(person: User) -> None:
    make_person("ben@example.test")
    for _ in range(5):
        assert Browser().sign_in(email=EMAIL, password="wrong-password").status_code == 400

    locked = Browser().sign_in(email=EMAIL)

    assert locked.status_code == 429
    assert locked["Content-Type"] == "application/problem+json"
    assert locked.json()["code"] == "login_locked"
    assert 0 < locked.json()["retry_after"] <= LOCK_S
    assert int(locked["Retry-After"]) == locked.json()["retry_after"]
    assert Browser().sign_in(email="ben@example.test").status_code == 200
    assert Browser(ip="203.0.113.9").sign_in(email=EMAIL).status_code == 200


def test_each_failure_and_the_lock_is_one_row(person: User) -> None:
    for _ in range(6):
        Browser().sign_in(email=EMAIL, password="wrong-password")

    assert actions() == [
        *["session.sign_in_failed"] * 4,
        "session.lock",
        "session.sign_in_failed",
    ]
    with platform_scope("test"):
        row = AuditEntry.objects.get(action="session.lock")
    assert (row.actor_type, row.object_label, row.ip) == ("system", EMAIL, "198.51.100.7")
    assert row.tenant_id is not None


def test_an_unknown_address_locks_alike(db: None) -> None:
    answers = [
        Browser().sign_in(email="nobody@example.test", password="wrong-password").status_code
        for _ in range(6)
    ]

    assert answers == [400] * 5 + [429]


def test_a_success_forgets_the_failures_before(person: User) -> None:
    for _ in range(2):
        for _ in range(4):
            Browser().sign_in(email=EMAIL, password="wrong-password")
        assert Browser().sign_in(email=EMAIL).status_code == 200


def test_the_lock_ends(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        Browser().sign_in(email=EMAIL, password="wrong-password")
    later = int(timezone.now().timestamp()) + LOCK_S
    monkeypatch.setattr("accounts.throttle._now_s", lambda: later)

    assert Browser().sign_in(email=EMAIL).status_code == 200


def test_ten_failures_a_minute_from_one_address_stop_every_login(db: None) -> None:
    answers = [
        Browser().sign_in(email=f"p{number}@example.test", password="wrong-password")
        for number in range(11)
    ]

    assert [answer.status_code for answer in answers] == [400] * 10 + [429]
    assert answers[-1].json()["code"] == "rate_limited"


# --- second factor --------------------------------------------------------------------------------


def test_an_enrolled_person_needs_password_and_code(person: User) -> None:
    secret = signed_in().enrol()
    browser = Browser()

    half = browser.sign_in(email=EMAIL)
    assert half.status_code == 401
    assert browser.me().status_code == 401
    whole = browser.post(SECOND, {"code": totp(secret)})

    assert whole.status_code == 200, whole.content
    assert browser.me().json()["user"]["mfa_enabled"] is True
    assert actions() == ["session.sign_in", "mfa.enable", "session.sign_in"]


def test_a_code_works_once(person: User) -> None:
    secret = signed_in().enrol()
    code = totp(secret)
    for expected in (200, 400):
        browser = Browser()
        browser.sign_in(email=EMAIL)
        assert browser.post(SECOND, {"code": code}).status_code == expected


def test_a_code_works_once_even_after_its_own_half_minute(person: User) -> None:
    secret = signed_in().enrol()
    code = totp(secret)
    first, second = Browser(), Browser()
    for browser in (first, second):
        browser.sign_in(email=EMAIL)
    assert first.post(SECOND, {"code": code}).status_code == 200

    with redis.Redis.from_url(os.environ["CACHE_REDIS_URL"]) as server:
        for key in server.scan_iter("*mfa.totp.used*"):
            server.delete(key)

    assert second.post(SECOND, {"code": code}).status_code == 400


def test_a_clock_that_is_half_a_minute_late_still_signs_in(person: User) -> None:
    secret = signed_in().enrol()
    code = totp(secret)
    browser = Browser()
    browser.sign_in(email=EMAIL)

    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=30), tick=True):
        assert browser.post(SECOND, {"code": code}).status_code == 200


def test_wrong_codes_lock_like_wrong_passwords(person: User) -> None:
    signed_in().enrol()
    browser = Browser()
    browser.sign_in(email=EMAIL)
    for _ in range(5):
        assert browser.post(SECOND, {"code": "000000"}).status_code == 400

    answer = browser.post(SECOND, {"code": "000000"})

    assert (answer.status_code, answer.json()["code"]) == (429, "login_locked")
    assert actions()[-6:] == [
        *["session.sign_in_failed"] * 4,
        "session.lock",
        "session.sign_in_failed",
    ]


def test_a_recovery_code_works_once(person: User) -> None:
    browser = signed_in()
    browser.enrol()
    codes = browser.get(RECOVERY).json()["data"]["unused_codes"]
    assert len(set(codes)) == 10

    for expected in (200, 400):
        other = Browser()
        other.sign_in(email=EMAIL)
        assert other.post(SECOND, {"code": codes[0]}).status_code == expected

    assert browser.get(RECOVERY).json()["data"]["unused_code_count"] == 9


def test_new_recovery_codes_end_the_old_ones(person: User) -> None:
    browser = signed_in()
    browser.enrol()
    old = browser.get(RECOVERY).json()["data"]["unused_codes"]

    new = browser.post(RECOVERY).json()["data"]["unused_codes"]

    assert set(old).isdisjoint(new)
    assert actions()[-1] == "mfa.renew_recovery_codes"


def test_switching_the_second_factor_off_is_told_and_rotates_the_session(person: User) -> None:
    browser = signed_in()
    browser.enrol()
    before = browser.client.cookies["sessionid"].value

    assert browser.send("DELETE", TOTP).status_code == 200

    assert browser.client.cookies["sessionid"].value != before
    assert browser.me().json()["user"]["mfa_enabled"] is False
    assert actions()[-1] == "mfa.disable"
    again = browser.send("DELETE", TOTP)
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


def test_secrets_of_authenticators_are_sealed_and_bound_to_their_person(person: User) -> None:
    secret = signed_in().enrol()
    make_person("ben@example.test")
    other = Browser()
    other.sign_in(email="ben@example.test")
    other.enrol()

    with connection.cursor() as cursor:
        cursor.execute("SELECT mfa_authenticator::text FROM mfa_authenticator")
        dump = "".join(row[0] for row in cursor.fetchall())
        assert secret not in dump
        # An intruder in the database gives Ben's account Ana's app.
        cursor.execute(
            "UPDATE mfa_authenticator b SET data = a.data FROM mfa_authenticator a"
            " JOIN users u ON u.id = a.user_id AND u.email = %s"
            " WHERE b.type = 'totp' AND a.type = 'totp'",
            [EMAIL],
        )

    thief = Browser()
    thief.sign_in(email="ben@example.test")
    thief.client.raise_request_exception = False
    assert thief.post(SECOND, {"code": totp(secret)}).status_code == 500


# --- proof of identity ----------------------------------------------------------------------------


def age_proofs(browser: Browser, *, seconds: int) -> None:
    session = browser.client.session
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - seconds}
        for record in session["account_authentication_methods"]
    ]
    session.save()


def test_an_old_proof_does_not_do_for_a_second_factor(person: User) -> None:
    browser = signed_in()
    age_proofs(browser, seconds=601)

    setup = browser.get(TOTP)
    refused = browser.post(TOTP, {"code": totp(setup.json()["meta"]["secret"])})
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")

    assert browser.post(f"{AUTH}/auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert browser.post(TOTP, {"code": totp(setup.json()["meta"]["secret"])}).status_code == 200


def test_a_code_is_a_proof_as_well(person: User) -> None:
    browser = signed_in()
    secret = browser.enrol()
    age_proofs(browser, seconds=601)
    before = browser.me().json()["session"]["step_up_until"]

    answer = browser.post(f"{AUTH}/auth/2fa/reauthenticate", {"code": totp(secret)})

    assert answer.status_code == 200, answer.content
    assert browser.me().json()["session"]["step_up_until"] > before


def test_a_wrong_proof_counts_towards_the_lock(person: User) -> None:
    browser = signed_in()

    for _ in range(5):
        answer = browser.post(f"{AUTH}/auth/reauthenticate", {"password": "wrong-password"})
        assert answer.status_code == 400

    answer = browser.post(f"{AUTH}/auth/reauthenticate", {"password": PASSWORD})
    assert answer.json()["code"] == "login_locked"


# --- passwords changed and forgotten --------------------------------------------------------------


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
    assert actions()[2] == "user.change_password"


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
    assert actions().count("user.reset_password") == 1


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


# --- sessions -------------------------------------------------------------------------------------


def test_signing_out_ends_the_session(person: User) -> None:
    browser = signed_in()

    browser.send("DELETE", f"{AUTH}/auth/session")

    assert browser.me().status_code == 401
    assert not Session.objects.filter(expire_date__gt=timezone.now()).exclude(
        session_data=""
    ).exists() or (browser.me().status_code == 401)
    assert actions() == ["session.sign_in", "session.sign_out"]


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
    assert actions() == []


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
