"""Which row a request is rated by (providers.md PV-36, PV-37)."""

import uuid
from typing import Any, Final

import pytest

from protocols.codec import Target
from providers import pricebook
from providers.patterns import compiled
from providers.pricebook import PriceBook
from providers.specs import PricePageSpec, PriceSpec, ProviderSpec, TargetSpec

NOW: Final = 1_000.0


def row(model: str, **said: Any) -> PriceSpec:
    said.setdefault("scope", "catalog")
    if said["scope"] == "catalog":
        said.setdefault("vendor", "aws")
    return PriceSpec(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{model}{said}")), version="1", model=model, **said
    )


def provider(**said: Any) -> ProviderSpec:
    return ProviderSpec(
        **{"id": "p", "slug": "cloud", "name": "Cloud", "kind": "openai", "price_vendor": "aws"}
        | said
    )


def target(name: str, *, price_model: str = "") -> TargetSpec:
    return TargetSpec(
        id="t",
        upstream_name=name,
        public_name="as clients call it",
        target=Target(model=name, vendor="v"),
        price_model=price_model,
    )


def asked(
    rows: list[PriceSpec], name: str, *, price_model: str = "", at: float = NOW, **of: Any
) -> tuple[str, PriceSpec] | None:
    book = PriceBook([PricePageSpec(id="page", prices=tuple(rows))])
    found = [
        book.cost(provider=provider(**of), target=target(name, price_model=price_model), at=at)
        for _ in range(2)
    ]
    assert found[0] is found[1]
    return None if found[0] is None else (found[0].matched_by, found[0].price)


def test_rows_are_asked_in_turn() -> None:
    turns = [
        ("override", row("m-v1:0", scope="tenant", tenant_id="mine")),
        ("override", row("m-v1:0", scope="operator", provider="cloud")),
        ("override", row("m-v1:0", scope="operator")),
        ("region", row("m-v1:0", region="eu-west-1")),
        ("exact", row("m-v1:0")),
        ("stripped", row("m")),
        ("price_model", row("listed")),
        ("pattern", row("m-v1", match="prefix")),
        ("pattern", row("m-", match="prefix")),
    ]
    rows = [price for _, price in turns]
    for place, (matched_by, price) in enumerate(turns):
        found = asked(
            rows[place:], "M-v1:0", price_model="listed", tenant_id="mine", region="eu-west-1"
        )
        assert found == (matched_by, price)
    assert asked([], "m-v1:0") is None


def test_a_tenant_s_row_is_no_cost_of_somebody_else_s_provider() -> None:
    rows = [row("m", scope="tenant", tenant_id="mine")]
    assert asked(rows, "m") is None
    assert asked(rows, "m", tenant_id="other") is None
    assert asked(rows, "m", tenant_id="mine") == ("override", rows[0])


def test_no_row_of_another_vendor_provider_or_region_is_taken() -> None:
    rows = [
        row("m", vendor="openai"),
        row("m", region="us-east-1"),
        row("m", match="prefix", region="us-east-1"),
        row("m", scope="operator", provider="elsewhere"),
        row("m", scope="operator", region="us-east-1"),
        row("m", scope="operator", vendor="openai"),
    ]
    assert asked(rows, "m", region="eu-west-1") is None
    assert asked(rows, "m", price_vendor="") is None


def test_a_row_holds_from_its_first_moment_until_before_its_last() -> None:
    old, new = row("m", valid_from=10.0, valid_to=20.0), row("m", valid_from=20.0)
    assert asked([new, old], "m", at=9.9) is None
    assert asked([new, old], "m", at=10.0) == ("exact", old)
    assert asked([new, old], "m", at=19.9) == ("exact", old)
    assert asked([new, old], "m", at=20.0) == ("exact", new)
    stale = row("m", match="prefix", valid_to=20.0)
    assert asked([stale], "m", at=20.0) is None


def test_the_latest_of_rows_without_an_end_holds() -> None:
    first, second = row("m", valid_from=1.0), row("m", valid_from=2.0)
    assert asked([first, second], "m") == ("exact", second)


def test_a_book_remembers_by_the_time_between_changes() -> None:
    old, new = row("m", valid_to=20.0), row("m", valid_from=20.0)
    book = PriceBook([PricePageSpec(id="page", prices=(old, new))])
    found = [book.cost(provider=provider(), target=target("m"), at=at) for at in (19.0, 20.0, 19.5)]
    assert [one and one.price for one in found] == [old, new, old]


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("gpt-5-2025-08-07", "gpt-5"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5"),
        ("us.amazon.nova-pro-v1:0", "amazon.nova-pro"),
        ("apac.amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
        ("global.anthropic.claude-opus-5", "anthropic.claude-opus-5"),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/eu.amazon.nova-pro-v1:0",
            "eu.amazon.nova-pro",
        ),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
    ],
)
def test_what_vendors_put_around_a_name_is_taken_off(name: str, listed: str) -> None:
    price = row(listed)
    assert asked([price], name) == ("stripped", price)


def test_a_geography_with_a_price_of_its_own_keeps_it() -> None:
    geo, anywhere = row("us.anthropic.m"), row("anthropic.m-20250929-v1:0")
    assert asked([anywhere, geo], "us.anthropic.m-20250929-v1:0") == ("stripped", geo)


def test_a_price_model_is_stripped_too() -> None:
    price = row("gpt-4o")
    assert asked([price], "my-deployment", price_model="gpt-4o-2024-11-20") == (
        "price_model",
        price,
    )


def test_a_region_counts_for_a_price_model() -> None:
    here, anywhere = row("gpt-4o", region="eu"), row("gpt-4o")
    assert asked([anywhere, here], "mine", price_model="gpt-4o", region="eu") == (
        "price_model",
        here,
    )


def test_the_longest_pattern_comes_first() -> None:
    rows = [
        row("gpt-", match="prefix"),
        row("gpt-4", match="prefix"),
        row("gpt-4-[0-9]{4}", match="re2"),
        row("(broken", match="re2"),
    ]
    assert asked(rows, "GPT-4-0613") == ("pattern", rows[2])
    assert asked(rows, "gpt-4-0613-x") == ("pattern", rows[1])
    assert asked(rows, "x-gpt-4") is None
    assert asked(rows, "deployed", price_model="gpt-9") == ("pattern", rows[0])


def test_an_operator_s_pattern_overrides() -> None:
    price = row("gpt-", scope="operator", match="prefix")
    assert asked([price, row("gpt-4")], "gpt-4") == ("override", price)


def test_a_tenant_is_charged_by_its_own_row() -> None:
    own = row("m", scope="tenant", tenant_id="mine")
    book = PriceBook(
        [PricePageSpec(id="catalog", prices=(row("m"),)), PricePageSpec(id="mine", prices=(own,))]
    )

    def charged(by: str, name: str = "m", **of: Any) -> PriceSpec | None:
        return book.charge(provider=provider(**of), target=target(name), tenant_id=by, at=NOW)

    assert charged("mine") is own
    assert charged("mine") is own
    assert charged("mine", "other") is None
    assert charged("another") is None
    assert charged("mine", tenant_id="mine") is None  # of its own provider it is the cost


def test_what_is_remembered_stays_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricebook, "MOST_KEPT", 2)
    rows = [row("m", scope="tenant", tenant_id="mine"), row("m", match="prefix")]
    book = PriceBook([PricePageSpec(id="page", prices=tuple(rows))])
    for name in ("m1", "m2", "m3", "m1"):
        found = book.cost(provider=provider(), target=target(name), at=NOW)
        assert found is not None
        assert found.price is rows[1]
        charged = book.charge(provider=provider(), target=target(name), tenant_id="mine", at=NOW)
        assert charged is None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("gpt-(?=4)", "invalid perl operator"),
        (r"(a)\1", "invalid escape sequence"),
        ("a{1001}", "invalid repetition size"),
        ("((a{100}){100}){100}", "invalid repetition size"),
        (r"\pL{1000}", "pattern too large"),
        ("x" * 513, "513 characters; at most 512"),
    ],
)
def test_a_pattern_that_costs_much_or_knows_no_end_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        compiled(pattern)


def test_a_pattern_is_of_the_whole_name_without_case() -> None:
    matches = compiled("gpt-[0-9]+")
    assert matches("GPT-4")
    assert not matches("gpt-4o")
