"""Who may read and change which providers: the tenant's own, and the platform's."""

import pytest

from accounts.models import Tenant
from accounts.selectors.access import access_of_master, access_of_user
from accounts.tenancy import platform_scope
from providers.models import Credential
from providers.selectors.providers import visible_providers
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.factories.providers import ProviderFactory
from tests.providers.test_api_providers import MINIMAL, SECRET, audit_rows, created


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def root(tenant: Tenant) -> Api:
    return Api(tenant=tenant).as_user(make_superadmin())


def test_of_the_platforms_providers_a_tenant_sees_names_and_health_only(town: Town) -> None:
    with platform_scope("test"):
        shared = ProviderFactory(
            base_url="https://private.internal.test/v1", headers={"x-secret": "s3cret"}
        )
        hidden = ProviderFactory(visible_to=[make_town().tenant.id])
        chosen = ProviderFactory(visible_to=[town.tenant.id])
    for role in ("owner", "admin", "developer"):
        api = town.api(role)
        answer = api.get(f"providers/{shared.id}")
        shown = answer.json()
        assert (shown["name"], shown["platform"], shown["editable"]) == (shared.name, True, False)
        for word in ("private.internal", "s3cret"):
            assert word not in answer.content.decode()
        listed = {row["id"] for row in api.get("providers?platform=true").json()["data"]}
        assert {str(shared.id), str(chosen.id)} <= listed
        assert str(hidden.id) not in listed
        assert api.get(f"providers/{hidden.id}").status_code == 404
    owner = town.api("owner")
    assert owner.get(f"providers/{shared.id}/credentials").status_code == 404
    assert owner.get(f"providers/{shared.id}/models").status_code == 200
    for call in (
        owner.patch(f"providers/{shared.id}", {"name": "mine"}),
        owner.delete(f"providers/{shared.id}"),
        owner.post(f"providers/{shared.id}/disable"),
        owner.post(f"providers/{shared.id}/credentials", {"name": "x", "secret": SECRET}),
        owner.post(f"providers/{shared.id}/models", {"upstream_name": "x"}),
    ):
        assert call.status_code == 404, call.content


def test_who_may_see_a_provider_is_asked_without_row_security_too(town: Town) -> None:
    """Where an operator has allowed a login that row security does not bind."""
    with platform_scope("test"):
        hidden = ProviderFactory(visible_to=[make_town().tenant.id])
        chosen = ProviderFactory(visible_to=[town.tenant.id])
        access = access_of_user(user=town.people["owner"], tenant_choice=town.tenant.slug)
        seen = set(visible_providers(access=access).values_list("pk", flat=True))
        all_of_them = visible_providers(access=access_of_master(tenant_choice=town.tenant.slug))
        assert all_of_them.filter(pk=hidden.pk).exists()
    assert chosen.pk in seen
    assert hidden.pk not in seen


def test_names_are_all_a_developer_reads_of_own_providers(town: Town) -> None:
    made = created(town, headers={"x-team": "blue"})

    shown = town.api("developer").get(f"providers/{made['id']}").json()

    assert (shown["name"], shown["base_url"], shown["headers"]) == ("Acme", "", {})
    assert shown["editable"] is False


def test_who_runs_the_platform_makes_and_changes_its_providers(town: Town) -> None:
    api = root(town.tenant)

    made = api.post(
        "providers",
        {
            **MINIMAL,
            "platform": True,
            "proxy_url": "http://proxy.test:3128/",
            "visibility": [str(town.tenant.id)],
            "credentials": [{"name": "main", "secret": SECRET}],
        },
    )

    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["platform"], row["editable"], row["proxy_url"]) == (
        True,
        True,
        "http://proxy.test:3128",
    )
    assert row["visibility"] == [str(town.tenant.id)]
    changed = api.patch(
        f"providers/{row['id']}", {"visibility": "all", "base_url": "https://a.test"}
    )
    assert changed.json()["visibility"] == "all"
    told = audit_rows("provider.update")[-1]
    assert (told.tenant_id, told.chain) == (None, "platform")
    with platform_scope("test"):
        assert Credential.objects.get(provider_id=row["id"]).tenant_id is None
    assert town.api("owner").get(f"providers/{row['id']}").json()["base_url"] == ""


def test_a_tenant_makes_none_for_all(town: Town) -> None:
    answer = town.api("owner").post("providers", {**MINIMAL, "platform": True})

    assert (answer.status_code, answer.json()["capability"]) == (403, "platform.system")


def test_who_runs_the_platform_meets_no_provider_of_a_tenant_not_named(town: Town) -> None:
    made = created(town)
    other = make_town()

    assert root(other.tenant).get(f"providers/{made['id']}").status_code == 404
    assert root(town.tenant).patch(f"providers/{made['id']}", {"name": "x"}).status_code == 200


@pytest.mark.parametrize("url", ["socks5://x", "http://x/path", "http://u:p@x:3128"])
def test_a_bad_proxy_is_named(town: Town, url: str) -> None:
    answer = root(town.tenant).post("providers", {**MINIMAL, "proxy_url": url})

    assert answer.json()["errors"][0]["field"] == "proxy_url"


def test_ids_that_cannot_exist_are_not_found(town: Town) -> None:
    assert town.api("owner").get("providers/nonsense").status_code == 404
    assert town.api("owner").get(f"providers/{town.tenant.id}").status_code == 404
