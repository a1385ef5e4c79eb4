"""Fixtures for who needs a whole gateway and vendors."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests import services
from tests.clients.stack import Stack, serving_stack
from tests.conftest import close_connections
from tests.faults.referee import Referee, evil_upstream


@pytest.fixture(scope="module")
def referee() -> Iterator[Referee]:
    with evil_upstream() as started:
        yield started


@pytest.fixture(scope="module")
def bare_stack(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stack]:
    with serving_stack() as started:
        yield started
    with django_db_blocker.unblock():
        close_connections()
        services.reset_database()
