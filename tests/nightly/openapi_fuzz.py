"""F-68: what the OpenAPI document allows is answered as it says, and never by a defect."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.api import throttling

MASTER: Final = "master-key-of-the-tests-0123456789abcdef"
EXAMPLES: Final = 100
CHECKS: Final = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
HEADERS: Final = {"Authorization": f"Bearer {MASTER}", "X-Switchyard-Tenant": "default"}

api: Final = schemathesis.openapi.from_wsgi("/api/schema", get_wsgi_application()).exclude(
    path_regex="^/api/console/"
)


@pytest.fixture
def _as_master(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    settings.MASTER_API_KEY = MASTER
    monkeypatch.setattr(throttling, "REQUESTS_PER_MINUTE", 10**9)
    # As Django's test client does: the connection of the transaction outlives the request.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("_as_master")
@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_api_answers_as_documented(case: schemathesis.Case[Any]) -> None:
    with transaction.atomic():
        case.call_and_validate(headers=HEADERS, checks=CHECKS)
        transaction.set_rollback(True)
