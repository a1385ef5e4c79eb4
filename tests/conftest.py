"""Fixtures of the whole suite. Services are started by the plugin `tests.services`."""

import os
from collections.abc import Iterator
from typing import Final

import pytest
import redis
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from pytest_django import DjangoDbBlocker

from tests import services

DATABASE_FIXTURES: Final = frozenset({"db", "committed_db", "django_db_setup", "transactional_db"})


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replaces pytest-django's: the runtime login may not create, migrate or flush a database."""
    with django_db_blocker.unblock():
        services.provide_database()
    yield
    with django_db_blocker.unblock():
        close_connections()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """Still Argon2id; a tenth of a second per password would be most of the suite."""
    Argon2PasswordHasher.time_cost = 1
    Argon2PasswordHasher.memory_cost = 64
    Argon2PasswordHasher.parallelism = 1


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For tests whose commits others must see; afterwards the database is as new."""
    with django_db_blocker.unblock():
        yield
        close_connections()
        services.reset_database()


@pytest.fixture(autouse=True)
def _forget_redis(request: pytest.FixtureRequest) -> Iterator[None]:
    # Throttles and caches of one test must not decide the next one's.
    yield
    if DATABASE_FIXTURES.isdisjoint(request.fixturenames):
        return
    for name in ("REDIS_URL", "CACHE_REDIS_URL"):
        with redis.Redis.from_url(os.environ[name]) as client:
            client.flushdb()


def close_connections() -> None:
    connections.close_all()
    # Pools belong to the process: one filled by another thread is closed from here as well.
    for connection in connections.all():
        if hasattr(connection, "close_pool"):
            connection.close_pool()
