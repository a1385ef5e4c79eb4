"""Fixtures of the tests that run whole processes."""

from collections.abc import Iterator

import pytest

from tests.faults.gateway_process import Gateway, running


@pytest.fixture(scope="session")
def gateway(django_db_setup: None) -> Iterator[Gateway]:
    """The real application under granian, with real services."""
    with running() as started:
        yield started
