"""Somebody to sign in, and a clock that does not run out in the middle of a code."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from accounts.models import User
from tests.browser import make_person


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
