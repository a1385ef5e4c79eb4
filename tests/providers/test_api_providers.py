"""Providers through the API: made, shown, changed, archived."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.signals import configuration_changed
from accounts.tenancy import platform_scope
from providers.models import Provider
from tests.accounts.world import Town, make_town
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


@pytest.fixture
def announced() -> Iterator[list[tuple[str, str]]]:
    seen: list[tuple[str, str]] = []

    def note(*, kind: str, id: object, **_: Any) -> None:  # noqa: A002 - the signal's word
        seen.append((kind, str(id)))

    configuration_changed.connect(note)
    yield seen
    configuration_changed.disconnect(note)


def created(town: Town, **fields: Any) -> Any:
    answer = town.api("owner").post("providers", {**MINIMAL, **fields})
    assert answer.status_code == 201, answer.content
    return answer.json()


def refused(town: Town, **fields: Any) -> dict[str, str]:
    """Field → message of a creation that is not valid."""
    answer = town.api("owner").post("providers", {**MINIMAL, **fields})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation"), answer.content
    return {found["field"]: found["message"] for found in answer.json()["errors"]}


def audit_rows(action: str) -> list[AuditEntry]:
    with platform_scope("test"):
        rows = AuditEntry.objects.filter(action=action).exclude(actor_type="system")
        return list(rows.order_by("at", "id"))


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
    api = town.api("owner")
    (model,) = api.get(f"providers/{made['id']}/models").json()["data"]
    assert (model["public_name"], model["operations"]) == ("gpt-4", ["chat"])


def test_every_field_of_a_provider_comes_back_as_it_was_set(town: Town) -> None:
    fields: dict[str, Any] = {
        "region": "us-east-1",
        "project": "my-project",
        "resource": "my-resource",
        "api_version": "2024-10-21",
        "surfaces": [{"dialect": "openai.chat", "base_url": "https://chat.acme.test/v1"}],
        "priority": 5,
        "enabled": False,
        "draining": True,
        "headers": {"x-team": "blue"},
        "connect_ms": 1,
        "ttft_ms": 2,
        "reasoning_ttft_ms": 3,
        "idle_ms": 4,
        "total_ms": 5,
        "pool_strategy": "weighted",
        "max_failures": 6,
        "retry_after_s": 7,
        "failure_window_s": 8,
        "disconnect_policy": "drain",
        "allow_unlisted_models": True,
        "health": {"mode": "completion", "interval_s": 30, "model": "gpt-4"},
        "discovery": {"mode": "auto", "interval_h": 2},
        "cost_multiplier": "1.25",
        "data_region": "eu",
    }
    made = created(town, **fields)

    shown = town.api("owner").get(f"providers/{made['id']}").json()
    assert {name: shown[name] for name in fields} == fields
    assert set(shown["inherited"]) == {"proxy_url"}
    assert shown["status"]["state"] == "disabled"


def test_what_a_provider_does_not_say_is_the_platforms_default(town: Town) -> None:
    made = created(town)

    assert (made["connect_ms"], made["total_ms"]) == (5_000, 600_000)
    assert (made["pool_strategy"], made["disconnect_policy"]) == (None, "cancel")
    assert {"connect_ms", "pool_strategy", "surfaces"} <= set(made["inherited"])


def test_a_child_is_named_below_its_parent_and_inherits_from_it(town: Town) -> None:
    parent = created(town, ttft_ms=7_000, headers={"x-a": "1"})
    body = {"slug": "eu", "name": "EU", "parent": parent["id"]}
    child = town.api("owner").post("providers", body).json()

    assert (child["slug"], child["parent"]) == ("acme.eu", parent["id"])
    assert child["kind"] == "openai_compatible"
    assert (child["ttft_ms"], child["base_url"], child["host"]) == (7_000, "", "api.acme.test")
    assert "ttft_ms" in child["inherited"]


def test_there_are_no_grandchildren(town: Town) -> None:
    parent = created(town)
    child = created(town, slug="eu", parent=parent["id"])

    assert "acme.eu is a child itself" in refused(town, slug="x", parent=child["id"])["parent"]


def test_a_parent_is_of_the_same_owner(town: Town) -> None:
    with platform_scope("test"):
        foreign = ProviderFactory(tenant=make_town().tenant)
        shared = ProviderFactory()
    for parent in (foreign, shared):
        answer = town.api("owner").post("providers", {**MINIMAL, "parent": str(parent.id)})
        assert answer.status_code == 404, answer.content


def test_a_slug_is_taken_once_per_tenant_until_it_is_archived(town: Town) -> None:
    made = created(town)
    api = town.api("owner")

    again = api.post("providers", MINIMAL)
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    assert make_town().api("owner").post("providers", MINIMAL).status_code == 201
    assert api.delete(f"providers/{made['id']}").status_code == 204
    assert api.post("providers", MINIMAL).status_code == 201


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"base_url": "ftp://x.test"}, "base_url", "https://"),
        ({"base_url": "https://u:p@x.test/v1"}, "base_url", "credential"),
        ({"base_url": "https://x.test/v1?a=b"}, "base_url", "query"),
        ({"base_url": "https://x.test/v1#a"}, "base_url", "fragment"),
        ({"base_url": "http://x.test/v1"}, "base_url", "http is not allowed"),
        ({"base_url": "https://127.0.0.1/v1"}, "base_url", "not public"),
        ({"base_url": "https://2130706433/v1"}, "base_url", "IPv4"),
        ({"base_url": ""}, "base_url", "needs a base URL"),
        ({"kind": "pigeon"}, "kind", "not a valid choice"),
        ({"slug": "Acme"}, "slug", "'Acme'"),
        ({"region": "us east"}, "region", "us-east-1"),
        ({"resource": "evil#"}, "resource", "'evil#'"),
        ({"project": "X"}, "project", "project id"),
        ({"headers": {"Authorization": "x"}}, "headers.Authorization", "gateway itself"),
        ({"headers": {"x-a": "b\r\nc"}}, "headers.x-a", "line break"),
        ({"headers": {"x-a": "é"}}, "headers.x-a", "plain ASCII"),
        ({"headers": {f"x-{n}": "1" for n in range(51)}}, "headers", "at most 50"),
        ({"cost_multiplier": "1e3"}, "cost_multiplier", "plain decimal"),
        ({"proxy_url": "http://proxy.test:3128"}, "proxy_url", "who runs the platform"),
        ({"kind": "mock", "base_url": "https://x.test"}, "base_url", "mock:"),
        ({"headers": {"x-a": "b" * 2_001}}, "headers.x-a", "at most 2000"),
        (
            {"surfaces": [{"dialect": "openai.chat", "base_url": " "}]},
            "surfaces[0].base_url",
            "blank",
        ),
        ({"visibility": []}, "visibility", "platform"),
        (
            {"surfaces": [{"dialect": "anthropic.messages", "base_url": "https://x.test"}]},
            "surfaces[0].dialect",
            "openai.chat",
        ),
        (
            {"surfaces": [{"dialect": "openai.chat", "base_url": "https://10.0.0.1"}]},
            "surfaces[0].base_url",
            "not public",
        ),
        ({"connect_ms": 0}, "connect_ms", "greater"),
        ({"health": {"mode": "psychic"}}, "health.mode", "not a valid choice"),
        ({"credentials": [{"name": "x"}]}, "credentials[0].secret", "enter the secret"),
        (
            {"credentials": [{"name": "x", "secret": "…cdef"}]},
            "credentials[0].secret",
            "whole new one",
        ),
        ({"models": [{"upstream_name": "a b"}]}, "models[0].upstream_name", "'a b'"),
        ({"sealed_secret": "x"}, "sealed_secret", "unknown field"),
    ],
)
def test_a_bad_field_is_named_with_what_is_wrong(
    town: Town, fields: dict[str, Any], field: str, told: str
) -> None:
    problems = refused(town, **fields)

    assert told in problems[field], problems


def test_a_pasted_address_of_a_call_is_cut_with_a_notice(town: Town) -> None:
    made = created(town, base_url="https://api.acme.test/v1/chat/completions")

    assert made["base_url"] == "https://api.acme.test/v1"
    (notice,) = made["notices"]
    assert "/chat/completions was removed" in notice
    assert town.api("owner").get(f"providers/{made['id']}").json()["notices"] == []


def test_a_kind_with_a_base_url_of_its_own_needs_none(town: Town) -> None:
    made = created(town, slug="claude", kind="anthropic", base_url="")

    assert (made["base_url"], made["kind"]) == ("", "anthropic")


def test_a_list_is_filtered_and_pages(town: Town) -> None:
    for number in range(3):
        created(town, slug=f"p{number}", name=f"Number {number}", enabled=number != 1)
    api = town.api("owner")

    assert [row["slug"] for row in api.get("providers?q=number%201").json()["data"]] == ["p1"]
    own = api.get("providers?platform=false&enabled=true&kind=openai_compatible&q=number").json()[
        "data"
    ]
    assert [row["slug"] for row in own] == ["p2", "p0"]
    first = api.get("providers?q=number&limit=2").json()
    rest = api.get(f"providers?q=number&limit=2&cursor={first['next_cursor']}").json()
    slugs = [row["slug"] for row in first["data"] + rest["data"]]
    assert slugs == ["p2", "p1", "p0"]


def test_a_change_is_told_announced_and_versioned(
    town: Town, announced: list[tuple[str, str]]
) -> None:
    made = created(town)
    child = created(town, slug="eu", parent=made["id"])
    announced.clear()
    api = town.api("owner")

    answer = api.patch(f"providers/{made['id']}", {"ttft_ms": 1}, If_Match='"1"')

    assert answer.status_code == 200, answer.content
    assert (answer["ETag"], answer.json()["ttft_ms"]) == ('"2"', 1)
    assert announced == [("provider", made["id"]), ("provider", child["id"])]
    (row,) = audit_rows("provider.update")
    assert (row.before, row.after) == ({"ttft_ms": None}, {"ttft_ms": 1})
    stale = api.patch(f"providers/{made['id']}", {"ttft_ms": 2}, If_Match='"1"')
    assert (stale.status_code, stale.json()["current_version"]) == (412, 2)
    announced.clear()
    assert api.patch(f"providers/{made['id']}", {"ttft_ms": 1}).json()["version"] == 2
    assert announced == []


def test_a_repeated_creation_makes_one_provider(town: Town) -> None:
    api = town.api("owner")
    body = {**MINIMAL, "credentials": [{"name": "main", "secret": SECRET}]}

    first = api.post("providers", body, Idempotency_Key="once")
    again = api.post("providers", body, Idempotency_Key="once")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    other = api.post("providers", {**body, "name": "x"}, Idempotency_Key="once")
    assert other.json()["code"] == "idempotency_key_reuse"


def test_enable_disable_and_drain_switch_a_provider(town: Town) -> None:
    made = created(town)
    api = town.api("owner")
    path = f"providers/{made['id']}"

    drained = api.post(f"{path}/drain").json()
    assert (drained["enabled"], drained["draining"]) == (True, True)
    assert api.post(f"{path}/disable").json()["enabled"] is False
    enabled = api.post(f"{path}/enable").json()
    assert (enabled["enabled"], enabled["draining"]) == (True, False)
    told = [len(audit_rows(f"provider.{verb}")) for verb in ("drain", "disable", "enable")]
    assert told == [1, 1, 1]


def test_delete_archives(town: Town, announced: list[tuple[str, str]]) -> None:
    made = created(town)
    api = town.api("owner")
    announced.clear()

    assert api.delete(f"providers/{made['id']}", If_Match='"7"').status_code == 412
    assert api.delete(f"providers/{made['id']}").status_code == 204

    assert announced == [("provider", made["id"])]
    assert api.get(f"providers/{made['id']}").status_code == 404
    assert made["id"] not in [row["id"] for row in api.get("providers").json()["data"]]
    with platform_scope("test"):
        assert Provider.objects.get(pk=made["id"]).archived_at is not None
    assert len(audit_rows("provider.archive")) == 1


def test_a_new_host_makes_credentials_wait(town: Town) -> None:
    made = created(town, credentials=[{"name": "main", "secret": SECRET}])
    child = created(
        town,
        slug="eu",
        parent=made["id"],
        base_url="",
        credentials=[{"name": "eu", "secret": SECRET}],
    )
    api = town.api("owner")

    same = {"base_url": "https://api.acme.test/v2"}
    assert api.patch(f"providers/{made['id']}", same).json()["credentials"]["healthy"] == 1
    moved = api.patch(f"providers/{made['id']}", {"base_url": "https://elsewhere.test/v1"}).json()

    assert moved["credentials"] == {"total": 1, "healthy": 0}
    assert moved["status"]["reason"] == "no_usable_credential"
    for one in (made, child):
        (row,) = api.get(f"providers/{one['id']}/credentials").json()["data"]
        assert row["state"] == "needs_confirmation"
    path = f"providers/{made['id']}/credentials/"
    (row,) = api.get(path[:-1]).json()["data"]
    assert api.post(f"{path}{row['id']}/enable").json()["state"] == "active"


def test_a_surface_elsewhere_makes_credentials_wait(town: Town) -> None:
    made = created(town, credentials=[{"name": "main", "secret": SECRET}])

    moved = town.api("owner").patch(
        f"providers/{made['id']}",
        {"surfaces": [{"dialect": "openai.chat", "base_url": "https://evil.test/v1"}]},
    )

    assert moved.json()["credentials"]["healthy"] == 0
