"""How long a session lives."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import Membership, Tenant, User
from accounts.tenancy import platform_scope
from tests.browser import Browser, change_default_tenant, make_person

EMAIL = "ana@example.test"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as travelled:
        yield travelled


@pytest.fixture
def browser(db: None, clock: time_machine.Traveller) -> Browser:
    make_person(EMAIL)
    change_default_tenant(session_hours=2)
    signed_in = Browser()
    signed_in.sign_in(email=EMAIL)
    return signed_in


def test_an_idle_session_ends_after_the_tenants_hours(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(hours=1, minutes=59))
    assert browser.me().status_code == 200
    clock.shift(timedelta(hours=2, seconds=1))
    assert browser.me().status_code == 401


def test_work_keeps_a_session_alive_for_seven_days_at_most(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    alive = 0
    while browser.me().status_code == 200:
        alive += 1
        clock.shift(timedelta(hours=1))

    assert alive == 7 * 24
    assert datetime.now(UTC) - START == timedelta(days=7)


def test_the_strictest_of_ones_tenants_decides(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    with platform_scope("test"):
        strict = Tenant.objects.create(slug="strict", name="Strict", session_hours=1)
        Membership.objects.create(tenant=strict, user=User.objects.get(), role="developer")
    clock.shift(timedelta(minutes=2))
    browser.me()

    clock.shift(timedelta(minutes=61))

    assert browser.me().status_code == 401


def test_me_tells_when_the_session_and_the_proof_end(browser: Browser) -> None:
    session = browser.me().json()["session"]

    assert session["expires_at"] == "2026-03-02T11:00:00Z"
    assert session["step_up_until"] == "2026-03-02T09:10:00Z"


def test_a_request_within_a_minute_writes_no_session(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    before = browser.me().json()["session"]["expires_at"]
    clock.shift(timedelta(seconds=59))
    assert browser.me().json()["session"]["expires_at"] == before
    clock.shift(timedelta(seconds=1))
    assert browser.me().json()["session"]["expires_at"] > before
