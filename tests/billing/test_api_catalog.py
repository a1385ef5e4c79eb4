"""What models cost and how much they are used, as each caller may see it."""

from typing import Any

import pytest

from accounts.tenancy import platform_scope
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.factories.providers import ProviderFactory, UpstreamModelFactory, make_price
from tests.factories.records import book, record_of

RATES = {"in_fresh": "1", "out_text": "10", "in_cache_read": "0.1"}


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def catalog(api: Api, query: str = "") -> dict[str, Any]:
    answer = api.get(f"catalog/models{query}")
    assert answer.status_code == 200, answer.content
    return {row["public_name"]: row for row in answer.json()["data"]}


def model(town: Town, name: str, *, multiplier: str = "1", platform: bool = False) -> Any:
    with platform_scope("test"):
        provider = ProviderFactory(
            tenant=None if platform else town.tenant,
            kind="openai",
            base_url="",
            cost_multiplier=multiplier,
        )
        return UpstreamModelFactory(provider=provider, upstream_name=name, public_name=name)


def test_a_model_of_a_vendors_list_is_priced(town: Town) -> None:
    model(town, "gpt-4o")
    row = catalog(town.api("developer"))["gpt-4o"]

    assert row["priced"] is True
    shown = {name: row["price"][name] for name in ("in", "out", "cached", "scope", "matched_by")}
    assert shown == {
        "in": "2.5",
        "out": "10",
        "cached": "1.25",
        "scope": "catalog",
        "matched_by": "exact",
    }
    assert row["price"]["multiplier"] is None
    assert row["requests_7d"] == 0


def test_an_unknown_model_is_unpriced_and_never_free(town: Town) -> None:
    model(town, "my-own-finetune")
    row = catalog(town.api("owner"))["my-own-finetune"]

    assert (row["priced"], row["price"]) == (False, None)
    told = town.api("owner").get("prices/unpriced").json()
    assert ("my-own-finetune", "offered") in [(one["upstream_name"], one["reason"]) for one in told]


def test_a_tenant_sees_what_it_is_charged_and_the_operator_what_it_costs(town: Town) -> None:
    model(town, "gpt-4o", multiplier="1.1", platform=True)
    with platform_scope("test"):
        town.tenant.markup_bp = 2_000
        town.tenant.save()
    boss = Api(tenant=town.tenant).as_user(make_superadmin())

    assert catalog(town.api("owner"))["gpt-4o"]["price"]["in"] == "3.3"
    seen = catalog(boss)["gpt-4o"]["price"]
    assert (seen["in"], seen["multiplier"]) == ("2.75", "1.1")


def test_a_price_for_the_tenant_goes_before_its_markup(town: Town) -> None:
    model(town, "gpt-4o", platform=True)
    boss = Api(tenant=town.tenant).as_user(make_superadmin())
    body = {"scope": "tenant", "tenant": town.tenant.slug, "model": "gpt-4o", "rates": RATES}
    made = boss.post("prices", body).json()

    price = catalog(town.api("owner"))["gpt-4o"]["price"]
    assert (price["id"], price["in"], price["scope"]) == (made["id"], "1", "tenant")
    assert catalog(boss)["gpt-4o"]["price"]["in"] == "2.5"


def test_what_the_operator_set_shows_its_amounts_and_not_its_row(town: Town) -> None:
    model(town, "gpt-4o", platform=True)
    boss = Api(tenant=town.tenant).as_user(make_superadmin())
    made = boss.post("prices", {"scope": "operator", "model": "gpt-4o", "rates": RATES}).json()

    price = catalog(town.api("owner"))["gpt-4o"]["price"]
    assert (price["id"], price["in"]) == (None, "1")
    assert catalog(boss)["gpt-4o"]["price"]["id"] == made["id"]


def test_an_own_price_of_an_own_provider_counts(town: Town) -> None:
    row = model(town, "my-own-finetune")
    with platform_scope("test"):
        make_price(row.provider, model="my-own-finetune", rates=RATES)

    assert catalog(town.api("owner"))["my-own-finetune"]["price"]["matched_by"] == "override"


def test_the_catalog_is_filtered(town: Town) -> None:
    row = model(town, "gpt-4o")

    assert list(catalog(town.api("owner"), f"?provider={row.provider_id}")) == ["gpt-4o"]
    assert list(catalog(town.api("owner"), "?q=T-4O")) == ["gpt-4o"]
    assert catalog(town.api("owner"), "?enabled=false") == {}


def test_another_tenants_models_are_in_nobody_elses_catalog(town: Town) -> None:
    other = make_town()
    model(other, "secret-finetune")

    assert "secret-finetune" not in catalog(town.api("owner"))
    assert b"secret-finetune" not in town.api("owner").get("prices/unpriced").content


def test_a_price_for_the_tenant_alone_is_a_price(town: Town) -> None:
    row = model(town, "custom-x", platform=True)
    boss = Api(tenant=town.tenant).as_user(make_superadmin())
    body = {"scope": "tenant", "tenant": town.tenant.slug, "model": "custom-x", "rates": RATES}
    made = boss.post("prices", body).json()
    owner = town.api("owner")

    assert catalog(owner)["custom-x"]["price"]["in"] == "1"
    assert "custom-x" not in [one["upstream_name"] for one in owner.get("prices/unpriced").json()]
    found = owner.get(f"prices/lookup?provider={row.provider_id}&model=custom-x").json()
    assert (found["price"]["id"], found["amounts"]["in"]) == (made["id"], "1")


def test_the_lookup_tells_what_the_caller_pays(town: Town) -> None:
    row = model(town, "gpt-4o", multiplier="1.1", platform=True)
    with platform_scope("test"):
        town.tenant.markup_bp = 2_000
        town.tenant.save()

    path = f"prices/lookup?provider={row.provider_id}&model=gpt-4o"
    found = town.api("owner").get(path).json()
    assert (found["matched_by"], found["amounts"]["in"]) == ("exact", "3.3")


def test_everybody_counts_what_they_may_see(town: Town) -> None:
    row = model(town, "my-own-finetune")
    fields = {"provider_id": row.provider_id, "served_model": "my-own-finetune", "cost_nano": None}
    book(
        *(
            record_of(tenant_id=town.tenant.pk, user_id=str(user.pk), **_texts(fields))
            for user in (town.people["owner"], town.people["owner"], town.people["developer"])
        )
    )

    counts = {
        role: catalog(town.api(role))["my-own-finetune"]["requests_7d"]
        for role in ("owner", "developer")
    }
    assert counts == {"owner": 3, "developer": 1}
    told = town.api("developer").get("prices/unpriced").json()
    (mine,) = [one for one in told if one["upstream_name"] == "my-own-finetune"]
    assert (mine["reason"], mine["requests_7d"]) == ("used", 1)


def _texts(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "provider_id": str(fields["provider_id"])}
