"""How providers are, for those who may read them and for anyone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import platform_scope
from providers.models import Provider
from providers.selectors.health import with_health
from tests.accounts.api import Api
from tests.accounts.world import Town, make_town
from tests.factories.providers import CredentialFactory, HealthCheckFactory, ProviderFactory


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def make(
    *, tenant: Tenant | None = None, credentials: int = 1, checks: str = "", **fields: Any
) -> Provider:
    """`checks` are a minute apart, oldest first, + for good and - for bad."""
    with platform_scope("test"):
        row: Provider = ProviderFactory(tenant=tenant, **fields)
        for _ in range(credentials):
            CredentialFactory(provider=row)
        for age, mark in enumerate(reversed(checks)):
            HealthCheckFactory(
                provider=row,
                ok=mark == "+",
                latency_ms=age + 1,
                at=timezone.now() - timedelta(minutes=age),
            )
    return row


def status(row: Provider) -> tuple[str, str]:
    with platform_scope("test"):
        (found,) = with_health([Provider.objects.select_related("parent").get(pk=row.pk)])
    told = found.__dict__["status"]
    return told.state, told.reason


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ("", ("unknown", "not_checked")),
        ("+", ("healthy", "")),
        ("+-", ("degraded", "probe_failed")),
        ("+--", ("degraded", "probe_failed")),
        ("---", ("down", "probe_failed")),
        ("---+", ("down", "probe_failed")),
        ("---++", ("healthy", "")),
        ("---+-", ("down", "probe_failed")),
        ("---++---", ("down", "probe_failed")),
    ],
)
def test_three_bad_probes_are_down_and_two_good_ones_end_it(
    checks: str, expected: tuple[str, str]
) -> None:
    assert status(make(checks=checks)) == expected


@pytest.mark.usefixtures("db")
def test_what_credentials_say_counts_too() -> None:
    now = timezone.now()
    out = {"state": "quarantined"}
    none, all_out, some_out = make(credentials=0), make(credentials=0), make(checks="+")
    served, over = make(credentials=0, checks="---"), make(credentials=0, checks="+")
    with platform_scope("test"):
        CredentialFactory(provider=all_out, **out)
        CredentialFactory(provider=some_out, **out)
        CredentialFactory(provider=served, last_ok_at=now + timedelta(seconds=1))
        CredentialFactory(provider=over, state="disabled_auto", state_until=now)

    assert status(none) == ("down", "no_credential")
    assert status(all_out) == ("down", "no_usable_credential")
    assert status(some_out) == ("degraded", "credentials_out")
    assert status(served) == ("degraded", "probe_failed")
    assert status(over) == ("healthy", "")


@pytest.mark.usefixtures("db")
def test_what_is_switched_off_or_simulated_says_so() -> None:
    parent = make(enabled=False)

    assert status(parent) == ("disabled", "disabled")
    assert status(make(parent=parent)) == ("disabled", "disabled")
    assert status(make(kind="mock", base_url="mock:")) == ("healthy", "simulated")
    assert status(make(checks="+", draining=True)) == ("healthy", "draining")


def test_anyone_is_told_numbers_and_nothing_else(town: Town) -> None:
    make(tenant=town.tenant, checks="+", slug="secret-name")

    for api in (Api(), town.api("billing_viewer")):
        answer = api.get("providers/health")
        assert answer.status_code == 200, answer.content
        told = answer.json()
        assert set(told) == {"status", "total", "healthy", "checked_at"}
        assert told["total"] >= told["healthy"] >= 1
    wrong = Api().with_key("sy-live-nonsense").get("providers/health")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize("role", ["owner", "developer", "lead"])
def test_who_may_read_providers_is_told_each(town: Town, role: str) -> None:
    own = make(tenant=town.tenant, checks="-+", slug="own")
    shared = make(checks="---", slug="shared")
    stranger = make(tenant=make_town().tenant, slug="stranger")

    told = town.api(role).get("providers/health").json()

    rows = {row["slug"]: row for row in told["providers"]}
    assert stranger.slug not in rows
    assert told["status"] == "down"
    assert told["total"] == len(rows)
    first = rows[own.slug]
    assert (first["status"], first["credentials"]) == ("healthy", {"total": 1, "healthy": 1})
    assert first["latency_ms"] == 1
    assert len(first["cells"]) == 60
    assert {1, 2, 0} >= {cell for cell in first["cells"] if cell is not None}
    assert rows[shared.slug]["status"] == "down"
    assert 0 in rows[shared.slug]["cells"]


def test_history_pages_newest_first(town: Town) -> None:
    row = make(tenant=town.tenant, checks="-+")
    api = town.api("owner")

    first = api.get(f"providers/{row.pk}/checks?limit=1").json()
    rest = api.get(f"providers/{row.pk}/checks?limit=1&cursor={first['next_cursor']}").json()

    assert len(first["data"]) == len(rest["data"]) == 1
    assert town.api("developer").get(f"providers/{row.pk}/checks").status_code == 403
    assert make_town().api("owner").get(f"providers/{row.pk}/checks").status_code == 404


@pytest.mark.parametrize("method", ["QUERY", "PAGE", "ACTOR", "DELETE"])
def test_what_is_no_method_of_a_page_is_not_allowed(town: Town, method: str) -> None:
    answer = Api().call(method, "providers/health")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
