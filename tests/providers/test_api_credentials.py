"""Credentials through the API: the secret goes in and never comes out."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import AuditEntry
from accounts.signals import configuration_changed
from accounts.tenancy import platform_scope
from providers.models import Credential
from providers.services.vault import vault_from_setting
from tests.accounts.world import Town, make_town

SECRET = "sk-canary-0123456789abcdef"
OTHER = "sk-canary-fedcba9876543210"


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def provider(town: Town) -> str:
    body = {
        "slug": "acme",
        "name": "Acme",
        "kind": "openai_compatible",
        "base_url": "https://api.acme.test/v1",
    }
    answer = town.api("owner").post("providers", body)
    assert answer.status_code == 201, answer.content
    provider_id: str = answer.json()["id"]
    return provider_id


def add(town: Town, provider: str, **fields: Any) -> Any:
    body = {"name": "main", "secret": SECRET, **fields}
    return town.api("owner").post(f"providers/{provider}/credentials", body)


def added(town: Town, provider: str, **fields: Any) -> Any:
    answer = add(town, provider, **fields)
    assert answer.status_code == 201, answer.content
    return answer.json()


def stored(credential_id: str) -> Credential:
    with platform_scope("test"):
        return Credential.objects.get(pk=credential_id)


def opened(credential_id: str) -> str:
    row = stored(credential_id)
    secret = vault_from_setting(settings.KEY_ENCRYPTION_KEY).open(
        blob=bytes(row.sealed_secret or b""),
        table="provider_credentials",
        row=str(row.id),
        field="sealed_secret",
        tenant_id=row.tenant_id,
    )
    return secret.reveal().decode()


def path_of(provider: str, credential: Any) -> str:
    return f"providers/{provider}/credentials/{credential['id']}"


def problems(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {found["field"]: found["message"] for found in answer.json()["errors"]}


def test_a_secret_is_sealed_and_shown_nowhere(town: Town, provider: str) -> None:
    made = added(town, provider)
    api = town.api("owner")

    assert (made["suffix"], made["state"], made["kind"]) == ("cdef", "active", "api_key")
    assert opened(made["id"]) == SECRET
    for answer in (
        add(town, provider, name="again"),
        api.get(path_of(provider, made)),
        api.get(f"providers/{provider}/credentials"),
        api.get(f"providers/{provider}"),
        api.get("audit"),
    ):
        assert SECRET not in answer.content.decode()
        assert stored(made["id"]).fingerprint not in answer.content.decode()
    with platform_scope("test"):
        told = [[row.before, row.after] for row in AuditEntry.objects.all()]
    assert SECRET not in str(told)
    assert {"changed": True} in [row[1].get("sealed_secret") for row in told]
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute("SELECT provider_credentials::text FROM provider_credentials")
        assert SECRET not in str(cursor.fetchall())


def test_every_field_of_a_credential_comes_back_as_it_was_set(town: Town, provider: str) -> None:
    fields: dict[str, Any] = {
        "kind": "header",
        "header": "x-vendor-key",
        "weight": 7,
        "priority": 3,
        "enabled": False,
        "models": ["gpt-4", "gpt-5"],
        "rpm_limit": 10,
        "tpm_limit": 10**12,
        "concurrency_limit": 4,
        "cost_center": "research",
    }
    made = added(town, provider, expires_at="2027-01-02T03:04:05Z", **fields)

    shown = town.api("owner").get(path_of(provider, made)).json()
    assert {name: shown[name] for name in fields} == fields
    assert shown["expires_at"].startswith("2027-01-02T03:04:05")
    assert shown["state"] == "disabled"


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"secret": ""}, "secret", "blank"),
        ({"secret": "a\nb"}, "secret", "line break"),
        ({"secret": "clé-de-vendeur"}, "secret", "plain ASCII"),
        ({"kind": "none"}, "secret", "kind none has no secret"),
        ({"kind": "header"}, "header", "name the header"),
        ({"header": "x-a"}, "header", "only of kind header"),
        ({"kind": "header", "header": "x a"}, "header", "no header name"),
        ({"kind": "aws_profile"}, "kind", "not a valid choice"),
        ({"weight": 0}, "weight", "greater"),
        ({"models": ["a b"]}, "models[0]", "no model's name"),
        ({"expires_at": "soon"}, "expires_at", "'soon'"),
        ({"sealed_secret": "x"}, "sealed_secret", "unknown field"),
    ],
)
def test_a_bad_field_is_named_with_what_is_wrong(
    town: Town, provider: str, fields: dict[str, Any], field: str, told: str
) -> None:
    assert told in problems(add(town, provider, **fields))[field]


def test_a_kind_takes_only_credentials_it_can_send(town: Town) -> None:
    body = {"slug": "gpt", "name": "OpenAI", "kind": "openai"}
    provider = town.api("owner").post("providers", body).json()["id"]

    assert "openai takes" in problems(add(town, provider, kind="none"))["kind"]


def test_keys_of_aws_are_a_pair(town: Town) -> None:
    body = {"slug": "aws", "name": "Bedrock", "kind": "bedrock"}
    provider = town.api("owner").post("providers", body).json()["id"]
    pair = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    alone = problems(add(town, provider, kind="aws_keys", secret="AKIAIOSFODNN7EXAMPLE"))

    assert "ACCESS_KEY_ID:SECRET_ACCESS_KEY" in alone["secret"]
    made = added(town, provider, secret=pair)
    assert made["kind"] == "aws_keys"
    assert opened(made["id"]) == pair


@pytest.mark.parametrize("mask", ["…a1f3", "****", "sk-***", "••••cdef", "sk-...cdef"])
def test_a_mask_is_no_secret(town: Town, provider: str, mask: str) -> None:
    made = added(town, provider)

    answers = [
        add(town, provider, name="x", secret=mask),
        town.api("owner").patch(path_of(provider, made), {"secret": mask}),
        town.api("owner").post(f"{path_of(provider, made)}/rotate", {"secret": mask}),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (400, "masked_secret")
    ] * 3
    assert opened(made["id"]) == SECRET


def test_a_change_without_a_secret_leaves_it(town: Town, provider: str) -> None:
    made = added(town, provider)
    seen: list[tuple[str, str]] = []

    def note(*, kind: str, id: object, **_: Any) -> None:  # noqa: A002 - the signal's word
        seen.append((kind, str(id)))

    configuration_changed.connect(note)
    answer = town.api("owner").patch(path_of(provider, made), {"weight": 5}, If_Match='"1"')
    configuration_changed.disconnect(note)

    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    assert opened(made["id"]) == SECRET
    assert seen == [("provider", provider)]
    assert stored(made["id"]).generation == 1
    again = town.api("owner").patch(path_of(provider, made), {"weight": 6}, If_Match='"1"')
    assert again.status_code == 412


def test_a_new_secret_gives_a_new_chance(town: Town, provider: str) -> None:
    made = added(town, provider)
    api = town.api("owner")
    with platform_scope("test"):
        Credential.objects.filter(pk=made["id"]).update(
            state="quarantined", state_reason="401", last_error="no"
        )
    assert api.get(path_of(provider, made)).json()["state"] == "quarantined"

    answer = api.post(f"{path_of(provider, made)}/rotate", {"secret": OTHER}).json()

    assert (answer["state"], answer["state_reason"], answer["suffix"]) == ("active", "", "3210")
    assert opened(made["id"]) == OTHER
    assert stored(made["id"]).generation == 2
    patched = api.patch(path_of(provider, made), {"secret": SECRET})
    assert patched.json()["suffix"] == "cdef"
    assert stored(made["id"]).generation == 3


def test_a_short_secret_shows_no_suffix(town: Town, provider: str) -> None:
    assert added(town, provider, secret="abc12345")["suffix"] == ""


def test_a_kind_without_a_secret_forgets_the_one_there_was(town: Town, provider: str) -> None:
    made = added(town, provider)
    api = town.api("owner")

    answer = api.patch(path_of(provider, made), {"kind": "none"})

    assert (answer.json()["kind"], answer.json()["suffix"]) == ("none", "")
    assert stored(made["id"]).sealed_secret is None
    back = api.patch(path_of(provider, made), {"kind": "api_key"})
    assert problems(back)["secret"] == "enter the secret"


def test_enable_disable_and_reset(town: Town, provider: str) -> None:
    made = added(town, provider)
    api, path = town.api("owner"), path_of(provider, made)

    assert api.post(f"{path}/disable").json()["state"] == "disabled"
    assert api.post(f"{path}/enable").json()["state"] == "active"
    assert api.post(f"{path}/reset", If_Match='"1"').status_code == 412
    assert api.post(f"{path}/reset").status_code == 200
    assert stored(made["id"]).generation == 3
    with platform_scope("test"):
        actions = list(
            AuditEntry.objects.filter(object_id=made["id"])
            .order_by("seq")
            .values_list("action", flat=True)
        )
    assert actions == [
        "credential.create",
        "credential.disable",
        "credential.enable",
        "credential.reset",
    ]


def test_a_credential_is_deleted_for_good(town: Town, provider: str) -> None:
    made = added(town, provider)
    api, path = town.api("owner"), path_of(provider, made)

    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    with platform_scope("test"):
        row = AuditEntry.objects.get(action="credential.delete")
    assert (row.object_label, row.before["sealed_secret"]) == ("main", {"changed": True})


def test_a_name_is_taken_once_per_pool(town: Town, provider: str) -> None:
    added(town, provider)
    second = added(town, provider, name="second")

    assert add(town, provider).json()["code"] == "name_taken"
    renamed = town.api("owner").patch(path_of(provider, second), {"name": "main"})
    assert renamed.json()["code"] == "name_taken"


def test_the_same_secret_twice_is_told(town: Town, provider: str) -> None:
    first = added(town, provider)
    second = added(town, provider, name="second")
    stranger = make_town()
    body = {
        "slug": "x",
        "name": "X",
        "kind": "openai",
        "credentials": [{"name": "theirs", "secret": SECRET}],
    }
    theirs = stranger.api("owner").post("providers", body).json()["id"]

    assert (first["duplicate_of"], second["duplicate_of"]) == (None, "main")
    (row,) = stranger.api("owner").get(f"providers/{theirs}/credentials").json()["data"]
    assert row["duplicate_of"] is None


def test_an_expired_credential_serves_nobody(town: Town, provider: str) -> None:
    added(town, provider, expires_at="2020-01-01T00:00:00Z")

    shown = town.api("owner").get(f"providers/{provider}").json()
    assert shown["credentials"] == {"total": 1, "healthy": 0}


def test_secrets_need_a_fresh_proof_of_identity(town: Town, provider: str) -> None:
    made = added(town, provider)
    api = town.api("owner", proof_age=timedelta(minutes=11))
    path = path_of(provider, made)
    for answer in (
        api.post(f"providers/{provider}/credentials", {"name": "x", "secret": OTHER}),
        api.patch(path, {"secret": OTHER}),
        api.post(f"{path}/rotate", {"secret": OTHER}),
        api.post(f"{path}/enable"),
        api.delete(path),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    assert api.post(f"{path}/disable").status_code == 200
