"""Somebody to sign in, a tenant full of people, and a clock that stays within one code."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from accounts.models import User
from tests.accounts.world import Town, make_town
from tests.browser import AUTH, Browser, make_person, totp

SUPERADMIN = "root@example.test"


@pytest.fixture
def person(db: None) -> User:
    """Owner of tenant `default`."""
    return make_person()


@pytest.fixture
def start_of_a_code() -> Iterator[None]:
    """A test's codes stay the current ones for 30 seconds from here."""
    now = int(datetime.now(UTC).timestamp())
    with time_machine.travel(now - now % 30, tick=True):
        yield


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def superadmin(db: None) -> User:
    return make_person(SUPERADMIN, superadmin=True)


@pytest.fixture
def browser(superadmin: User) -> Browser:
    """Signed in with password and code."""
    first = Browser()
    first.sign_in(email=SUPERADMIN)
    secret = first.enrol()
    browser = Browser()
    browser.sign_in(email=SUPERADMIN)
    assert browser.post(f"{AUTH}/auth/2fa/authenticate", {"code": totp(secret)}).status_code == 200
    return browser
