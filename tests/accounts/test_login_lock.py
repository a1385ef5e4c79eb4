"""F-72: failures lock this login from this address, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.tenancy import platform_scope
from accounts.throttle import FAILURES_ALLOWED, LOCK_S
from tests.browser import EMAIL, Browser, audit_actions, make_person


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


def test_an_ipv6_network_counts_as_one_address(person: User) -> None:
    for number in range(5):
        Browser(ip=f"2001:db8:1:2::{number}").sign_in(email=EMAIL, password="wrong-password")

    assert Browser(ip="2001:db8:1:2:ffff::1").sign_in(email=EMAIL).status_code == 429
    assert Browser(ip="2001:db8:1:3::1").sign_in(email=EMAIL).status_code == 200


def test_each_failure_and_the_lock_is_one_row(person: User) -> None:
    for _ in range(6):
        Browser().sign_in(email=EMAIL, password="wrong-password")

    assert audit_actions() == [
        *["session.sign_in_failed"] * 4,
        "session.lock",
        "session.sign_in_failed",
    ]
    with platform_scope("test"):
        row = AuditEntry.objects.get(action="session.lock")
    assert (row.actor_type, row.object_label, row.ip) == ("system", EMAIL, "198.51.100.7")
    assert row.tenant_id is not None


def test_a_flood_of_attempts_at_a_locked_login_is_told_once_a_minute(person: User) -> None:
    for _ in range(9):
        Browser().sign_in(email=EMAIL, password="wrong-password")

    assert audit_actions().count("session.sign_in_failed") == 4 + 1


def test_attempts_at_once_are_no_more_guesses_than_one_after_another(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them would find the login not yet locked."""
    make_person()
    together, judged = Barrier(12), []

    def judge(*_: Any, **__: Any) -> None:
        judged.append(1)
        with suppress(BrokenBarrierError):
            together.wait(timeout=2)

    monkeypatch.setattr("allauth.account.auth_backends.AuthenticationBackend.authenticate", judge)

    def attempt(_: int) -> int:
        try:
            answer = Browser().sign_in(email=EMAIL, password="wrong-password")
            return int(answer.status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(attempt, range(12)))

    assert len(judged) <= FAILURES_ALLOWED
    assert set(codes) == {400, 429}


def test_a_count_that_ends_meanwhile_is_no_failure(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> int:
        raise ValueError("no such key")

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.incr", gone)

    assert Browser().sign_in(email=EMAIL, password="wrong-password").status_code == 400


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
