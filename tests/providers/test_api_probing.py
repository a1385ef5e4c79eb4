"""Test, checks and lists of models: what asks a vendor. The vendor is the mock, in process, or an
address that is never called."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.tenancy import platform_scope
from providers.models import Credential, HealthCheck, Provider, UpstreamModel
from providers.services.probing import draft
from tests.accounts.world import Town, make_town
from tests.factories.providers import CredentialFactory, ProviderFactory, UpstreamModelFactory

STEPS = ["dns", "tcp", "tls", "auth", "models", "completion"]
SECRET = "sk-canary-0123456789abcdef"


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def mock(town: Town) -> Provider:
    with platform_scope("test"):
        row: Provider = ProviderFactory(
            tenant=town.tenant, kind="mock", base_url="mock:", slug="play"
        )
        CredentialFactory(provider=row, name="none")
    return row


@pytest.fixture
def unreachable(town: Town) -> Provider:
    with platform_scope("test"):
        row: Provider = ProviderFactory(
            tenant=town.tenant, base_url="https://192.0.2.7/v1", slug="nowhere"
        )
    return row


def step(report: Any, name: str) -> Any:
    return next(found for found in report["steps"] if found["name"] == name)


def test_a_form_is_tested_before_it_is_saved(town: Town) -> None:
    answer = town.api("owner").post("providers/test", {"kind": "mock", "model": "mock-echo"})

    assert answer.status_code == 200, answer.content
    report = answer.json()
    assert report["ok"] is True
    assert [found["name"] for found in report["steps"]] == STEPS
    assert step(report, "completion")["ok"] is True
    assert "mock-echo" in [model["name"] for model in report["models"]]


def test_a_form_that_could_not_be_saved_is_not_tested(town: Town) -> None:
    api = town.api("owner")
    for body, field in (
        ({"kind": "openai_compatible"}, "base_url"),
        ({"kind": "openai", "base_url": "https://127.0.0.1/v1"}, "base_url"),
        ({"kind": "openai", "base_url": "http://api.test/v1"}, "base_url"),
        ({"kind": "openai", "secret": "a\nb"}, "secret"),
        ({"kind": "openai", "headers": {"host": "x"}}, "headers.host"),
        ({"kind": "bedrock", "region": "US East"}, "region"),
        ({"kind": "openai", "credential_kind": "header", "secret": "x"}, "header"),
        ({"kind": "pigeon"}, "kind"),
    ):
        answer = api.post("providers/test", body)
        assert answer.status_code == 400, (body, answer.content)
        assert answer.json()["errors"][0]["field"] == field
    masked = api.post("providers/test", {"kind": "openai", "secret": "…cdef"})
    assert masked.json()["code"] == "masked_secret"


def test_a_form_is_signed_for_the_region_it_names() -> None:
    form = {"kind": "bedrock", "base_url": "https://bedrock.example", "region": "eu-west-1"}

    assert draft(form).provider.region == "eu-west-1"


def test_a_provider_that_passes_is_verified(town: Town, mock: Provider) -> None:
    api = town.api("owner")

    report = api.post(f"providers/{mock.pk}/test", {"model": "mock-echo"}).json()

    assert report["ok"] is True
    shown = api.get(f"providers/{mock.pk}").json()
    assert shown["verified_at"] is not None
    assert shown["version"] == mock.version


def test_what_may_not_be_called_is_named_by_its_field(town: Town, unreachable: Provider) -> None:
    answer = town.api("owner").post(f"providers/{unreachable.pk}/test")

    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"] == "base_url"
    assert town.api("owner").get(f"providers/{unreachable.pk}").json()["verified_at"] is None


def test_a_credential_that_passes_is_as_good_as_new(town: Town, mock: Provider) -> None:
    with platform_scope("test"):
        row = Credential.objects.get(provider=mock)
        Credential.objects.filter(pk=row.pk).update(state="quarantined", generation=4)
    path = f"providers/{mock.pk}/credentials/{row.pk}"
    api = town.api("owner")
    assert api.get(path).json()["state"] == "quarantined"

    assert api.post(f"{path}/test").json()["ok"] is True

    with platform_scope("test"):
        row.refresh_from_db()
        assert AuditEntry.objects.filter(action="credential.reset").count() == 1
    assert (row.state, row.generation) == ("active", 5)


def test_a_credential_that_waits_is_sent_nowhere(town: Town, mock: Provider) -> None:
    with platform_scope("test"):
        row = CredentialFactory(provider=mock, needs_confirmation=True)

    answer = town.api("owner").post(f"providers/{mock.pk}/credentials/{row.pk}/test")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_confirmed")
    other = town.api("owner").post(f"providers/{mock.pk}/credentials/{town.credential.pk}/test")
    assert other.status_code == 404


def test_a_stored_secret_is_opened_for_its_own_provider_only(town: Town) -> None:
    body = {
        "slug": "gpt",
        "name": "OpenAI",
        "kind": "openai",
        "credentials": [{"name": "main", "secret": SECRET}],
    }
    made = town.api("owner").post("providers", body).json()
    with platform_scope("test"):
        Provider.objects.filter(pk=made["id"]).update(base_url="https://192.0.2.9/v1")

    answer = town.api("owner").post(f"providers/{made['id']}/test")

    assert answer.status_code == 400
    assert SECRET not in answer.content.decode()


def test_a_check_is_made_now_and_kept(town: Town, mock: Provider) -> None:
    api = town.api("owner")

    made = api.post(f"providers/{mock.pk}/checks")

    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["ok"], found["mode"], found["status"], found["detail"]) == (
        True,
        "models",
        200,
        "",
    )
    assert api.get(f"providers/{mock.pk}/checks").json()["data"] == [found]


def test_a_check_by_completion_asks_for_one_token(town: Town, mock: Provider) -> None:
    with platform_scope("test"):
        Provider.objects.filter(pk=mock.pk).update(
            health_mode="completion", health_model="mock-echo;fail=503"
        )

    found = town.api("owner").post(f"providers/{mock.pk}/checks").json()

    assert (found["ok"], found["mode"], found["status"]) == (False, "completion", 503)
    assert "503" in found["detail"]


def test_a_check_of_what_may_not_be_called_is_a_bad_one(town: Town, unreachable: Provider) -> None:
    found = town.api("owner").post(f"providers/{unreachable.pk}/checks").json()

    assert (found["ok"], found["status"]) == (False, None)
    assert "not public" in found["detail"]


def test_a_check_brings_back_what_was_out(town: Town, mock: Provider) -> None:
    with platform_scope("test"):
        Credential.objects.filter(provider=mock).update(state="exhausted")

    town.api("owner").post(f"providers/{mock.pk}/checks")

    with platform_scope("test"):
        assert Credential.objects.get(provider=mock).state == "active"


def test_a_provider_without_credentials_is_checked_without(town: Town, mock: Provider) -> None:
    with platform_scope("test"):
        Credential.objects.filter(provider=mock).delete()

    assert town.api("owner").post(f"providers/{mock.pk}/checks").json()["ok"] is True


def test_new_models_are_added_and_lost_ones_marked(town: Town, mock: Provider) -> None:
    with platform_scope("test"):
        lost = UpstreamModelFactory(provider=mock, upstream_name="gone")
        UpstreamModelFactory(provider=mock, upstream_name="mock-echo")
    api = town.api("owner")

    first = api.post(f"providers/{mock.pk}/models/sync")

    assert first.status_code == 200, first.content
    told = first.json()
    assert "mock-lorem" in told["added"]
    assert "mock-echo" not in told["added"]
    assert (told["missing"], told["unchanged"]) == (["gone"], 1)
    with platform_scope("test"):
        added = UpstreamModel.objects.get(provider=mock, public_name="mock-lorem")
        lost.refresh_from_db()
    assert (added.enabled, added.source) == (False, "discovered")
    assert (lost.absences, lost.missing_since) == (1, None)
    again = api.post(f"providers/{mock.pk}/models/sync").json()
    assert again["added"] == []
    with platform_scope("test"):
        lost.refresh_from_db()
    assert lost.missing_since is not None
    assert lost.version == 1


def test_discovery_may_switch_new_models_on(town: Town, mock: Provider) -> None:
    with platform_scope("test"):
        Provider.objects.filter(pk=mock.pk).update(discovery_mode="auto")

    town.api("owner").post(f"providers/{mock.pk}/models/sync")

    assert town.api("owner").get(f"providers/{mock.pk}").json()["models_enabled"] > 5


def test_what_a_vendor_does_not_list_is_a_problem(town: Town, unreachable: Provider) -> None:
    answer = town.api("owner").post(f"providers/{unreachable.pk}/models/sync")

    assert (answer.status_code, answer.json()["code"]) == (502, "upstream_failed")
    with platform_scope("test"):
        Provider.objects.filter(pk=unreachable.pk).update(base_url="mock:/nonsense")
    refused = town.api("owner").post(f"providers/{unreachable.pk}/models/sync").json()
    assert "status 404" in refused["detail"]


def test_nobody_tests_or_checks_what_is_not_theirs(town: Town, mock: Provider) -> None:
    stranger = make_town()
    for path in ("test", "checks", "models/sync"):
        assert stranger.api("owner").post(f"providers/{mock.pk}/{path}").status_code == 404
        assert town.api("developer").post(f"providers/{mock.pk}/{path}").status_code == 403
    with platform_scope("test"):
        shared = ProviderFactory(kind="mock", base_url="mock:")
        assert not HealthCheck.objects.filter(provider=mock).exists()
    assert town.api("owner").post(f"providers/{shared.pk}/test").status_code == 404


def test_a_test_needs_no_fresh_proof(town: Town, mock: Provider) -> None:
    api = town.api("owner", proof_age=timedelta(minutes=11))

    assert api.post(f"providers/{mock.pk}/test").status_code == 200
