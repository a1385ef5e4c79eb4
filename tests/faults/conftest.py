"""Fixtures of the tests that run whole processes."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests import services
from tests.clients.fixtures import bare_stack, referee
from tests.conftest import close_connections
from tests.faults.gateway_process import Gateway, running

__all__ = ["bare_stack", "referee"]


@pytest.fixture(scope="module")
def gateway(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Gateway]:
    """The real application under granian, with real services; afterwards the database is as new."""
    with running() as started:
        yield started
    with django_db_blocker.unblock():
        close_connections()
        services.reset_database()
