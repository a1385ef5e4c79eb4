"""PostgreSQL for the shipper, which commits for itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests import services
from tests.conftest import close_connections


@pytest.fixture(scope="module")
def books(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Afterwards the database is as new."""
    yield
    with django_db_blocker.unblock():
        close_connections()
        services.reset_database()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a node."""
    return tmp_path / "node"
