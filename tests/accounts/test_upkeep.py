from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from accounts import audit, tasks
from accounts.actors import SYSTEM
from accounts.models import IdempotencyKey, User
from accounts.services import upkeep
from accounts.tenancy import platform_scope

pytestmark = pytest.mark.django_db


def session(key: str, *, ends_in: timedelta) -> None:
    Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + ends_in)


def test_expired_sessions_leave_the_store_and_people_s_lists() -> None:
    user = User.objects.create(email="ada@example.org")
    session("alive", ends_in=timedelta(hours=1))
    session("expired", ends_in=-timedelta(seconds=1))
    for key in ("alive", "expired", "signed-out"):
        UserSession.objects.create(user=user, session_key=key, ip="127.0.0.1")
    assert upkeep.sweep_expired_sessions() == 2
    assert list(Session.objects.values_list("session_key", flat=True)) == ["alive"]
    assert list(UserSession.objects.values_list("session_key", flat=True)) == ["alive"]


def test_answers_kept_for_repeats_are_forgotten_after_a_day() -> None:
    with platform_scope("test"):
        for key, age_h in (("old", 25), ("young", 23)):
            row = IdempotencyKey.objects.create(scope="platform", key=key, request_sha256=b"x")
            IdempotencyKey.objects.filter(pk=row.pk).update(
                created_at=timezone.now() - timedelta(hours=age_h)
            )
    assert upkeep.sweep_old_answers() == 1
    with platform_scope("test"):
        assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["young"]


def test_a_chain_that_was_tampered_with_is_named() -> None:
    with platform_scope("test"):
        for _ in range(3):
            audit.record(
                actor=SYSTEM,
                action="test.change",
                target=audit.Target(type="test", id="1"),
                tenant_id=None,
            )
    assert upkeep.broken_audit_chains() == []
    with platform_scope("test"), connection.cursor() as cursor:
        # The head is not append-only; a forged one stands for any tampering.
        cursor.execute("UPDATE audit_heads SET seq = 5 WHERE chain = 'platform'")
    (report,) = upkeep.broken_audit_chains()
    assert report.first_bad_seq == 4


@pytest.mark.parametrize(
    "task", [tasks.forget_old_answers, tasks.forget_expired_sessions, tasks.verify_audit_chains]
)
def test_a_task_may_be_repeated(task: object) -> None:
    for _ in range(2):
        task()  # type: ignore[operator]
