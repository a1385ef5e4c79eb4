"""`switchyard seed` and `switchyard providers`."""

from typing import Any

import msgspec
import pytest

from accounts.tenancy import platform_scope
from gateway.cli import main
from gateway.ops.outcome import Exit
from providers.models import Provider
from tests.factories.accounts import TenantFactory
from tests.factories.providers import ProviderFactory

pytestmark = pytest.mark.django_db


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == Exit.OK
    return capsys.readouterr().out


def test_seeding_says_what_it_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "seed") == "Nothing was missing\n"
    with platform_scope("test"):
        Provider.objects.get(slug="mock").delete()

    assert run(capsys, "seed") == "Made: the mock provider\n"


def test_all_providers_are_listed_with_their_owners(capsys: pytest.CaptureFixture[str]) -> None:
    with platform_scope("test"):
        ProviderFactory(slug="acme", tenant=TenantFactory(slug="blue"), enabled=False)

    rows: list[dict[str, Any]] = msgspec.json.decode(run(capsys, "providers", "list", "--json"))
    by_slug = {row["slug"]: row for row in rows}
    assert by_slug["acme"] == {
        "slug": "acme",
        "owner": "blue",
        "kind": "openai_compatible",
        "host": "api.example.test",
        "enabled": False,
        "state": "disabled",
        "credentials": "0/0",
        "models": 0,
    }
    assert (by_slug["mock"]["owner"], by_slug["mock"]["state"]) == ("platform", "healthy")
    table = run(capsys, "providers", "list")
    assert "acme" in table
    assert table.startswith("slug")
