"""A provider that something holds is not archived by accident."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tenancy import platform_scope
from providers.services.uses import Use
from routing.models import Alias, RoutingSettings
from tests.accounts.world import Town, make_town

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


def test_what_is_used_goes_only_when_somebody_is_sure(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = created(town, models=[{"upstream_name": "gpt-9"}])
    child = created(town, slug="eu", parent=made["id"])
    asked: list[tuple[list[str], list[str], Any]] = []

    def pointing(names: Any, *, beginnings: Any, tenant_id: Any) -> list[Use]:
        asked.append((list(names), list(beginnings), tenant_id))
        return [Use(kind="alias", id="a1", name="fast")]

    monkeypatch.setattr("providers.services.uses.uses", [pointing])
    api = town.api("owner")
    path = f"providers/{made['id']}"

    answer = api.delete(path)
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert answer.json()["uses"] == [
        {"kind": "provider", "id": child["id"], "name": "acme.eu"},
        {"kind": "alias", "id": "a1", "name": "fast"},
    ]
    assert "provider acme.eu, alias fast" in answer.json()["detail"]
    assert asked[0] == (["gpt-9"], ["acme.", "acme/"], town.tenant.id)
    unsure = api.delete(f"{path}?force=true&confirm=acm")
    assert unsure.json()["errors"][0]["field"] == "confirm"
    assert api.delete(f"{path}?force=true&confirm=acme").status_code == 204
    assert api.get(f"providers/{child['id']}").status_code == 404


def test_an_alias_that_leads_to_a_provider_holds_it(town: Town) -> None:
    made = created(town, models=[{"upstream_name": "gpt-9"}])
    with platform_scope("test"):
        alias = Alias.objects.create(tenant=town.tenant, name="fast", to="acme.gpt-9")
        RoutingSettings.objects.create(tenant=town.tenant, default_model="acme.gpt-9")

    answer = town.api("owner").delete(f"providers/{made['id']}")

    first, second = answer.json()["uses"]
    assert first == {"kind": "alias", "id": str(alias.pk), "name": f"fast ({town.tenant.slug})"}
    assert (second["kind"], second["name"]) == (
        "default_model",
        f"acme.gpt-9 ({town.tenant.slug})",
    )


@pytest.mark.parametrize("to", ["acme/gpt-9", "acme.not-listed", "gpt-9"])
def test_every_way_of_naming_its_models_leads_to_a_provider(town: Town, to: str) -> None:
    made = created(town, models=[{"upstream_name": "gpt-9"}])
    with platform_scope("test"):
        Alias.objects.create(tenant=town.tenant, name="fast", to=to)

    answer = town.api("owner").delete(f"providers/{made['id']}")

    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")


def test_what_leads_elsewhere_or_nowhere_any_more_holds_nothing(town: Town) -> None:
    made = created(town, models=[{"upstream_name": "gpt-9"}])
    created(town, slug="other", models=[{"upstream_name": "gpt-9"}])
    over = timezone.now() - timedelta(seconds=1)
    with platform_scope("test"):
        for name, to in (("a", "gpt-9"), ("b", "other.gpt-9"), ("c", "acme-2.gpt-9")):
            Alias.objects.create(tenant=town.tenant, name=name, to=to)
        Alias.objects.create(tenant=town.tenant, name="d", to="acme.gpt-9", expires_at=over)

    assert town.api("owner").delete(f"providers/{made['id']}").status_code == 204
