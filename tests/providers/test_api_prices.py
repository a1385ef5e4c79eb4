"""The price book through the API: opened, replaced, closed, and whose it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.tenancy import platform_scope
from gateway.ops.price_rows import load_prices
from providers.models import Price
from providers.services.price_catalog import Loaded, load_catalog
from providers.specs import PriceSpec
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town

GPT = {"in_fresh": "0.25", "out_text": "2"}
OWN = "00000000-0000-5000-8000-00000000000{}"


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def boss(town: Town) -> Api:
    return Api(tenant=town.tenant).as_user(make_superadmin())


def listed(number: int = 1, **changes: Any) -> PriceSpec:
    fields: dict[str, Any] = {
        "id": OWN.format(number),
        "version": "2026-11-18",
        "scope": "catalog",
        "vendor": "acme",
        "model": "gpt-5-mini",
        "rates": GPT,
    }
    return PriceSpec(**{**fields, **changes})


def operator_price(boss: Api, **fields: Any) -> Any:
    return boss.post("prices", {"scope": "operator", "model": "gpt-5-mini", "rates": GPT, **fields})


def test_every_term_of_a_price_comes_back_as_it_was_set(boss: Api) -> None:
    terms: dict[str, Any] = {
        "provider": "gpt",
        "region": "eu",
        "match": "prefix",
        "rates": {"in_fresh": "1.25", "out_text": "10", "in_cache_read": "0.125"},
        "per_call": {"web_search_calls": "0.01"},
        "tiers": [{"above_input_tokens": 272_000, "rates": {"in_fresh": "2.5"}}],
        "variants": {"flex": {"in_fresh": "0.625"}},
        "time_windows": [
            {
                "days": [1, 2],
                "since": "16:30",
                "till": "00:30",
                "tz": "Asia/Shanghai",
                "rates": {"in_fresh": "0.1"},
            }
        ],
    }
    made = operator_price(boss, **terms)

    assert made.status_code == 201, made.content
    shown = boss.get(f"prices/{made.json()['id']}").json()
    assert {name: shown[name] for name in terms} == terms
    assert (shown["scope"], shown["state"], shown["editable"]) == ("operator", "current", True)
    assert shown["tenant"] is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rates": {}}, "rates"),
        ({"rates": {"in_fersh": "1"}}, "rates.in_fersh"),
        ({"rates": {"in_fresh": "1e3"}}, "rates.in_fresh"),
        ({"rates": {"in_fresh": "-1"}}, "rates.in_fresh"),
        ({"per_call": {"calls": "1"}}, "per_call.calls"),
        ({"variants": {"slow": GPT}}, "variants.slow"),
        ({"tiers": [{"above_input_tokens": 5, "rates": GPT}] * 2}, "tiers[1]"),
        ({"tenant": "acme"}, "tenant"),
        ({"match": "re2", "model": "^(gpt"}, "model"),
        ({"match": "re2", "model": "gpt(?=-5)"}, "model"),
        ({"valid_from": "2020-01-01T00:00:00Z"}, "valid_from"),
        ({"valid_to": "2020-01-01T00:00:00Z"}, "valid_to"),
        (
            {"time_windows": [{"since": "25:00", "till": "1:00", "tz": "UTC", "rates": GPT}]},
            "time_windows[0].since",
        ),
        (
            {"time_windows": [{"since": "05:00", "till": "11:00", "tz": "Mars", "rates": GPT}]},
            "time_windows[0].tz",
        ),
    ],
)
def test_a_bad_term_is_named(boss: Api, fields: dict[str, Any], field: str) -> None:
    answer = operator_price(boss, **fields)

    assert answer.status_code == 400, answer.content
    assert field in [problem["field"] for problem in answer.json()["errors"]]


def test_a_pattern_prices_every_name_it_fits(boss: Api) -> None:
    made = operator_price(boss, match="re2", model="^gpt-5(-mini|-nano)?$")

    assert (made.status_code, made.json()["match"]) == (201, "re2")


def test_two_prices_of_one_thing_never_hold_at_once(boss: Api) -> None:
    assert operator_price(boss).status_code == 201
    assert operator_price(boss).json()["code"] == "price_overlaps"
    assert operator_price(boss, provider="another").status_code == 201


def test_a_change_closes_one_row_and_opens_another(boss: Api) -> None:
    first = operator_price(boss, tiers=[{"above_input_tokens": 9, "rates": GPT}]).json()
    changed = boss.patch(f"prices/{first['id']}", {"rates": {"in_fresh": "0.5"}})

    assert changed.status_code == 201, changed.content
    second = changed.json()
    assert second["rates"] == {"in_fresh": "0.5"}
    assert second["tiers"] == first["tiers"]
    closed = boss.get(f"prices/{first['id']}").json()
    assert closed["state"] == "past"
    assert closed["rates"] == first["rates"]
    assert closed["valid_to"] == second["valid_from"]
    again = boss.patch(f"prices/{first['id']}", {"rates": GPT})
    assert again.json()["code"] == "price_closed"


def test_a_change_may_wait_for_its_day(boss: Api) -> None:
    first = operator_price(boss).json()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    later = boss.patch(f"prices/{first['id']}", {"rates": GPT, "valid_from": tomorrow}).json()

    assert later["state"] == "future"
    assert boss.get(f"prices/{first['id']}").json()["state"] == "current"
    assert boss.get(f"prices/{first['id']}").json()["valid_to"] == later["valid_from"]
    assert boss.delete(f"prices/{later['id']}").status_code == 204
    assert boss.get("prices?state=future&scope=operator").json()["data"] == []
    assert boss.get("prices?state=past&scope=operator").json()["data"][0]["id"] == later["id"]
    # Nobody ends up without a price.
    assert boss.get(f"prices/{first['id']}").json()["valid_to"] is None


def test_a_change_keeps_the_end_of_what_it_replaces(boss: Api) -> None:
    soon, later = (
        (datetime.now(UTC) + timedelta(days=days)).isoformat().replace("+00:00", "Z")
        for days in (10, 20)
    )
    first = operator_price(boss, valid_to=soon).json()
    late = boss.patch(f"prices/{first['id']}", {"rates": GPT, "valid_from": later})
    assert late.json()["errors"][0]["field"] == "valid_from"
    changed = boss.patch(f"prices/{first['id']}", {"rates": {"in_fresh": "3"}}).json()

    assert changed["valid_to"] == first["valid_to"]


def test_a_closed_price_is_nobodys(boss: Api) -> None:
    first = operator_price(boss).json()

    assert boss.delete(f"prices/{first['id']}").status_code == 204
    assert boss.delete(f"prices/{first['id']}").json()["code"] == "price_closed"
    assert boss.get(f"prices/{first['id']}").json()["state"] == "past"


def test_every_write_is_one_row_of_the_audit(boss: Api) -> None:
    with platform_scope("test"):
        before = AuditEntry.objects.count()
    first = operator_price(boss).json()
    second = boss.patch(f"prices/{first['id']}", {"rates": GPT}).json()
    boss.delete(f"prices/{second['id']}")

    with platform_scope("test"):
        rows = list(AuditEntry.objects.order_by("at")[before:])
    assert [row.action for row in rows] == ["price.create", "price.replace", "price.close"]


def test_a_tenant_prices_its_own_providers_and_no_others(town: Town) -> None:
    owner = town.api("owner")
    own = {"scope": "tenant", "provider": town.provider.slug, "model": "m", "rates": GPT}

    made = owner.post("prices", own)
    assert made.status_code == 201, made.content
    assert owner.post("prices", {**own, "scope": "operator"}).json()["code"] == "permission_denied"
    assert owner.post("prices", {**own, "tenant": "another"}).json()["code"] == "permission_denied"
    foreign = owner.post("prices", {**own, "provider": "gpt"}).json()
    assert foreign["errors"][0]["field"] == "provider"
    assert town.api("developer").post("prices", own).status_code == 403


def test_what_an_operator_sets_for_a_tenant_is_read_by_that_tenant_alone(
    town: Town, boss: Api
) -> None:
    other = make_town()
    made = boss.post(
        "prices",
        {"scope": "tenant", "tenant": town.tenant.slug, "model": "gpt-5-mini", "rates": GPT},
    ).json()
    path = f"prices/{made['id']}"

    seen = town.api("owner").get(path).json()
    assert (seen["tenant"]["slug"], seen["editable"]) == (town.tenant.slug, False)
    assert town.api("owner").delete(path).status_code == 404
    assert other.api("owner").get(path).status_code == 404


def test_what_the_operator_pays_is_no_business_of_tenants(town: Town, boss: Api) -> None:
    made = operator_price(boss).json()

    assert town.api("owner").get(f"prices/{made['id']}").status_code == 404
    seen = town.api("owner").get("prices?scope=tenant").json()["data"]
    assert [row["id"] for row in seen] == [str(town.price.pk)]
    assert town.api("owner").get("prices?scope=operator").json()["data"] == []


def test_vendors_lists_are_read_and_filtered_and_not_edited(town: Town, boss: Api) -> None:
    load_catalog([listed(1), listed(2, vendor="other", model="claude-sonnet-4-5")])
    owner = town.api("owner")

    assert [row["model"] for row in owner.get("prices?vendor=other").json()["data"]] == [
        "claude-sonnet-4-5"
    ]
    assert len(owner.get("prices?q=gpt&state=current&vendor=acme").json()["data"]) == 1
    assert owner.get("prices?state=past&vendor=acme").json()["data"] == []
    listed_by = {row["vendor"]: row["models"] for row in owner.get("prices/vendors").json()}
    assert (listed_by["acme"], listed_by["other"]) == (1, 1)
    assert listed_by["openai"] > 100
    path = f"prices/{OWN.format(1)}"
    assert boss.get(path).json()["editable"] is False
    assert boss.delete(path).status_code == 404


def test_loading_a_list_is_harmless_to_repeat(town: Town) -> None:
    rows = [listed(1), listed(2, model="gpt-5", valid_to=2e9)]

    assert load_catalog(rows).opened == 2
    again = load_catalog(rows)
    assert (again.opened, again.closed, again.unchanged) == (0, 0, 2)


def test_a_new_list_supersedes_from_now_on_and_never_for_what_has_been(
    town: Town, boss: Api
) -> None:
    kept = operator_price(boss).json()
    load_catalog([listed(1), listed(2, model="gone")])
    dearer = listed(3, rates={"in_fresh": "9"}, version="2026-12-01")
    report = load_catalog([dearer, listed(4, model="old", valid_to=1e9)])

    assert (report.opened, report.closed) == (2, 1)
    with platform_scope("test"):
        rows = {str(row.pk): row for row in Price.objects.exclude(vendor="openai")}
    old, new = rows[OWN.format(1)], rows[OWN.format(3)]
    assert old.valid_to == new.valid_from
    assert new.spec["valid_from"] == pytest.approx(new.valid_from.timestamp())
    assert rows[OWN.format(2)].valid_to is None
    assert rows[kept["id"]].valid_to is None


def test_a_price_that_is_corrected_back_holds_again(db: None) -> None:
    load_catalog([listed(1)])
    load_catalog([listed(2, rates={"in_fresh": "9"})])
    back = load_catalog([listed(1)])

    assert (back.opened, back.closed) == (1, 1)
    assert load_catalog([listed(1)]) == Loaded(opened=0, closed=0, unchanged=1)
    with platform_scope("test"):
        (row,) = Price.objects.filter(vendor="acme", valid_to=None)
    assert row.spec["rates"] == GPT
    assert str(row.pk) != OWN.format(1)


def test_a_dated_price_that_was_closed_early_comes_back(db: None) -> None:
    load_catalog([listed(1, valid_to=4e9)])
    load_catalog([listed(2, rates={"in_fresh": "9"})])
    back = load_catalog([listed(1, valid_to=4e9)])

    assert (back.opened, back.closed) == (1, 1)


def test_an_end_that_became_known_is_taken_over(town: Town) -> None:
    load_catalog([listed(1)])
    report = load_catalog([listed(1, valid_to=4e9)])

    assert (report.opened, report.closed) == (0, 1)
    with platform_scope("test"):
        row = Price.objects.get(pk=OWN.format(1))
    assert row.valid_to is not None
    assert row.valid_to.timestamp() == 4e9


def test_a_lookup_says_which_row_rates_a_model(town: Town, boss: Api) -> None:
    provider = (
        town.api("owner")
        .post("providers", {"slug": "gpt", "name": "OpenAI", "kind": "openai"})
        .json()
    )
    path = f"prices/lookup?provider={provider['id']}&model="

    found = town.api("owner").get(f"{path}gpt-5-mini").json()
    assert (found["matched_by"], found["price"]["vendor"]) == ("exact", "openai")
    assert town.api("owner").get(f"{path}gpt-2").json()["price"] is None
    operator_price(boss)
    hidden = town.api("owner").get(f"{path}gpt-5-mini").json()
    assert (hidden["matched_by"], hidden["price"]) == ("override", None)
    assert hidden["amounts"]["in"] == GPT["in_fresh"]
    other = make_town()
    assert other.api("owner").get(f"{path}gpt-5-mini").json()["matched_by"] is None


def test_the_file_of_this_release_is_loaded_once(db: None) -> None:
    """By the migration of this database already."""
    assert ": 0 new, 0 closed, " in load_prices()
