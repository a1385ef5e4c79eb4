"""Models of a provider through the API."""

from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.tenancy import platform_scope
from tests.accounts.world import Town, make_town


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def provider(town: Town) -> str:
    body = {"slug": "gpt", "name": "OpenAI", "kind": "openai"}
    provider_id: str = town.api("owner").post("providers", body).json()["id"]
    return provider_id


def add(town: Town, provider: str, **fields: Any) -> Any:
    body = {"upstream_name": "gpt-4", **fields}
    return town.api("owner").post(f"providers/{provider}/models", body)


def test_every_field_of_a_model_comes_back_as_it_was_set(town: Town, provider: str) -> None:
    fields: dict[str, Any] = {
        "upstream_name": "gpt-4-0613",
        "public_name": "gpt-4",
        "enabled": False,
        "operations": ["chat", "count_tokens"],
        "context_window": 128_000,
        "max_output_tokens": 4_096,
        "capabilities": {"refuses": ["image"], "effort": "effort", "reasoning": True},
        "params": {
            "drop": ["user"],
            "rename": {"max_tokens": "max_completion_tokens"},
            "default": {"temperature": 0.5},
            "force": {"store": False},
        },
        "price_model": "gpt-4",
        "tokenizer": "o200k_base",
        "deprecated_at": "2027-01-01",
        "successor": "gpt-5",
    }
    answer = add(town, provider, **fields)

    assert answer.status_code == 201, answer.content
    shown = town.api("owner").get(f"providers/{provider}/models/{answer.json()['id']}").json()
    assert {name: shown[name] for name in fields} == fields
    assert (shown["source"], shown["missing_since"]) == ("manual", None)


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"upstream_name": "a\tb"}, "upstream_name", "blank"),
        ({"public_name": "a b"}, "public_name", "blank"),
        ({"operations": ["paint"]}, "operations[0]", "'paint'"),
        ({"capabilities": {"flies": True}}, "capabilities", "flies"),
        ({"capabilities": {"effort": "much"}}, "capabilities", "effort"),
        ({"params": {"force": {"model": "x"}}}, "params.force", "decided by the gateway"),
        ({"params": {"default": {"a": "x" * 20_000}}}, "params", "bytes"),
        ({"params": {"bend": {}}}, "params.bend", "unknown field"),
        ({"context_window": 0}, "context_window", "greater"),
    ],
)
def test_a_bad_field_is_named_with_what_is_wrong(
    town: Town, provider: str, fields: dict[str, Any], field: str, told: str
) -> None:
    answer = add(town, provider, **fields)

    assert answer.status_code == 400, answer.content
    found = {one["field"]: one["message"] for one in answer.json()["errors"]}
    assert told in found[field], found


def test_a_model_is_changed_told_and_deleted(town: Town, provider: str) -> None:
    made = add(town, provider).json()
    api, path = town.api("owner"), f"providers/{provider}/models/{made['id']}"

    changed = api.patch(path, {"enabled": False}, If_Match='"1"')
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    assert api.patch(path, {"enabled": True}, If_Match='"1"').status_code == 412
    assert api.get(f"providers/{provider}").json()["models_enabled"] == 0
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    with platform_scope("test"):
        actions = list(
            AuditEntry.objects.filter(object_id=made["id"])
            .order_by("seq")
            .values_list("action", flat=True)
        )
    assert actions == ["model.create", "model.update", "model.delete"]


def test_a_public_name_is_taken_once_per_provider(town: Town, provider: str) -> None:
    add(town, provider)
    second = add(town, provider, public_name="other").json()

    assert add(town, provider).json()["code"] == "name_taken"
    path = f"providers/{provider}/models/{second['id']}"
    answer = town.api("owner").patch(path, {"public_name": "gpt-4"})
    assert answer.json()["code"] == "name_taken"


def test_models_of_a_provider_nobody_sees_are_not_found(town: Town, provider: str) -> None:
    stranger = make_town().api("owner")

    assert stranger.get(f"providers/{provider}/models").status_code == 404
    assert stranger.post(f"providers/{provider}/models", {"upstream_name": "x"}).status_code == 404
