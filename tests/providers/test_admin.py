"""Django admin of back-ends: the same services as the API, and no secret on any page."""

import pytest

from accounts.models import AuditEntry
from accounts.tenancy import platform_scope
from providers.models import Credential, Provider, UpstreamModel
from tests.accounts.admin_forms import audit_rows, default_tenant, save
from tests.accounts.conftest import browser, start_of_a_code, superadmin
from tests.browser import Browser
from tests.factories.providers import (
    CredentialFactory,
    HealthCheckFactory,
    ProviderFactory,
    UpstreamModelFactory,
    make_price,
)

__all__ = ["browser", "start_of_a_code", "superadmin"]
pytestmark = pytest.mark.usefixtures("start_of_a_code")


def last() -> AuditEntry:
    return audit_rows()[-1]


def test_every_list_and_page_opens_and_shows_no_secret(browser: Browser) -> None:
    with platform_scope("test"):
        provider = ProviderFactory(tenant=default_tenant())
        credential = CredentialFactory(
            provider=provider,
            kind="api_key",
            sealed_secret=b"sealed-canary",
            suffix="cdef",
            fingerprint="f" * 64,
        )
        model, check = (
            UpstreamModelFactory(provider=provider),
            HealthCheckFactory(provider=provider),
        )
        price = make_price(provider)
    for name, row in (
        ("provider", provider),
        ("credential", credential),
        ("upstreammodel", model),
        ("healthcheck", check),
        ("price", price),
    ):
        pages = (
            browser.get(f"/admin/providers/{name}/?q=a"),
            browser.get(f"/admin/providers/{name}/{row.pk}/change/"),
        )
        for page in pages:
            assert page.status_code == 200, page.content
            assert b"canary" not in page.content
            assert b"ffffffff" not in page.content
    assert "…cdef" in browser.get(f"/admin/providers/credential/{credential.pk}/change/").text
    assert browser.get("/admin/providers/credential/add/").status_code == 403


def test_a_provider_of_the_platform_is_added_and_changed(browser: Browser) -> None:
    fields = {
        "slug": "acme",
        "name": "Acme",
        "kind": "openai_compatible",
        "base_url": "https://api.acme.test/v1",
        "headers": "{}",
        "enabled": "on",
    }

    answer = save(browser, "/admin/providers/provider/add/", fields)

    assert answer.status_code == 302, answer.content
    with platform_scope("test"):
        row = Provider.objects.get(slug="acme")
    assert (row.tenant_id, last().action, last().chain) == (None, "provider.create", "platform")
    path = f"/admin/providers/provider/{row.pk}/change/"
    save(browser, path, {"ttft_ms": "7", "headers": "{}", "cost_multiplier": "1.5"})
    assert last().after == {"ttft_ms": 7, "cost_multiplier": "1.5"}
    refused = save(browser, path, {"base_url": "http://10.0.0.1/v1", "headers": "{}"})
    assert refused.status_code == 302
    with platform_scope("test"):
        row.refresh_from_db()
    assert (row.base_url, row.version) == ("https://api.acme.test/v1", 2)


def test_a_tenants_credential_is_changed_without_its_secret(browser: Browser) -> None:
    with platform_scope("test"):
        credential = CredentialFactory(
            provider=ProviderFactory(tenant=default_tenant()),
            kind="api_key",
            sealed_secret=b"sealed",
        )

    answer = save(
        browser,
        f"/admin/providers/credential/{credential.pk}/change/",
        {"weight": "9", "allowed_models": "gpt-4,gpt-5"},
    )

    assert answer.status_code == 302, answer.content
    with platform_scope("test"):
        row = Credential.objects.get(pk=credential.pk)
    assert (row.weight, row.allowed_models) == (9, ["gpt-4", "gpt-5"])
    assert bytes(row.sealed_secret or b"") == b"sealed"
    assert (last().action, last().tenant_id) == ("credential.update", default_tenant().pk)


def test_a_model_is_added_and_changed(browser: Browser) -> None:
    with platform_scope("test"):
        provider = ProviderFactory(tenant=default_tenant())
    fields = {"provider": str(provider.pk), "upstream_name": "gpt-4", "public_name": "gpt-4"}

    answer = save(
        browser,
        "/admin/providers/upstreammodel/add/",
        {**fields, "operations": "chat", "capabilities": "{}", "params": "{}"},
    )

    assert answer.status_code == 302, answer.content
    with platform_scope("test"):
        row = UpstreamModel.objects.get(provider=provider)
    assert (row.tenant_id, last().action) == (default_tenant().pk, "model.create")
    save(
        browser,
        f"/admin/providers/upstreammodel/{row.pk}/change/",
        {"context_window": "10", "capabilities": "{}", "params": "{}"},
    )
    assert last().after == {"context_window": 10}
