"""What a request leaves for its own log line."""

from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from accounts.callers import note_for_log
from tests.accounts.api import Api
from tests.accounts.world import Town


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The state of the scope, which Django's test client has not."""
    state: dict[str, Any] = {}
    monkeypatch.setattr(WSGIRequest, "scope", {"state": state}, raising=False)
    return state


def test_a_person_leaves_the_tenant(town: Town, noted: dict[str, Any]) -> None:
    assert town.api("owner").get("keys").status_code == 200
    assert noted["tenant"] == town.tenant.slug
    assert "key_id" not in noted


def test_a_key_leaves_its_public_id_and_nothing_of_its_secret(
    town: Town, noted: dict[str, Any]
) -> None:
    fields = {"name": "ci", "kind": "management", "scopes": ["audit.read_all"]}
    made = town.api("owner").post("keys", fields).json()
    assert Api().with_key(made["key"]).get("audit").status_code == 200
    assert noted["key_id"] == made["id"]
    assert made["suffix"] not in str(noted)


def test_without_a_scope_nothing_is_noted() -> None:
    note_for_log(RequestFactory().get("/"), tenant="acme")
