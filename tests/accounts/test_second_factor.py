"""Authenticator app, recovery codes, and proving again who one is."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
import time_machine
from django.db import connection

from accounts.models import User
from tests.browser import (
    AUTH,
    EMAIL,
    PASSWORD,
    Browser,
    audit_actions,
    make_person,
    signed_in,
    totp,
)

TOTP = f"{AUTH}/account/authenticators/totp"
RECOVERY = f"{AUTH}/account/authenticators/recovery-codes"
SECOND = f"{AUTH}/auth/2fa/authenticate"

pytestmark = pytest.mark.usefixtures("start_of_a_code")


def test_an_enrolled_person_needs_password_and_code(person: User) -> None:
    secret = signed_in().enrol()
    browser = Browser()

    half = browser.sign_in(email=EMAIL)
    assert half.status_code == 401
    assert browser.me().status_code == 401
    whole = browser.post(SECOND, {"code": totp(secret)})

    assert whole.status_code == 200, whole.content
    assert browser.me().json()["user"]["mfa_enabled"] is True
    assert audit_actions() == ["session.sign_in", "mfa.enable", "session.sign_in"]


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
    assert audit_actions()[-6:] == [
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
    assert audit_actions()[-1] == "mfa.renew_recovery_codes"


def test_enrolling_ends_the_sessions_that_came_in_without_it(person: User) -> None:
    elsewhere, here = Browser(), Browser()
    for browser in (elsewhere, here):
        browser.sign_in(email=EMAIL)

    here.enrol()

    assert elsewhere.get("/api/console/me").status_code == 401
    assert here.get("/api/console/me").status_code == 200


def test_switching_the_second_factor_off_is_told_and_rotates_the_session(person: User) -> None:
    browser = signed_in()
    browser.enrol()
    before = browser.client.cookies["sessionid"].value

    assert browser.send("DELETE", TOTP).status_code == 200

    assert browser.client.cookies["sessionid"].value != before
    assert browser.me().json()["user"]["mfa_enabled"] is False
    assert audit_actions()[-1] == "mfa.disable"
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


def test_a_failing_audit_row_undoes_the_enrolment(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("no audit")

    browser = signed_in()
    secret = browser.get(TOTP).json()["meta"]["secret"]
    browser.client.raise_request_exception = False
    monkeypatch.setattr("accounts.audit.record", fail)

    assert browser.post(TOTP, {"code": totp(secret)}).status_code == 500

    assert browser.me().json()["user"]["mfa_enabled"] is False


def test_guessing_a_new_apps_code_is_slowed_down(person: User) -> None:
    browser = signed_in()
    browser.get(TOTP)

    answers = [browser.post(TOTP, {"code": "000000"}) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [400] * 11
    assert answers[-1].json()["errors"][0]["code"] == "rate_limited"
