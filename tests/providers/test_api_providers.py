"""Providers through the API: made, shown, changed, archived."""

from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.signals import configuration_changed
from accounts.tenancy import platform_scope, tenant_scope
from providers.models import Credential, Provider
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.factories.providers import ProviderFactory

SECRET = "sk-canary-0123456789abcdef"
MINIMAL: dict[str, Any] = {
    "slug": "acme",
    "name": "Acme",
    "kind": "openai_compatible",
    "base_url": "https://api.acme.test/v1",
}


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def created(town: Town, **fields: Any) -> Any:
    answer = town.api("owner").post("providers", {**MINIMAL, **fields})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_provider_is_made_with_its_credentials_and_models(town: Town) -> None:
    made = created(
        town,
        credentials=[{"name": "main", "secret": SECRET}],
        models=[{"upstream_name": "gpt-4"}],
    )

    assert made["credentials"] == {"total": 1, "healthy": 1}
    assert made["models_enabled"] == 1
    assert (made["host"], made["status"]["state"]) == ("api.acme.test", "unknown")
    assert (made["platform"], made["editable"]) == (False, True)
