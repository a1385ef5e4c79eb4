"""The catalog that comes with a release (providers.md PV-38, PV-42)."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final

import pytest

from billing.pricing import cost_nano
from protocols.codec import Target
from providers.patterns import compiled
from providers.price_file import PRICES_FILE, read_price_file
from providers.pricebook import Found, PriceBook
from providers.specs import PricePageSpec, ProviderSpec, TargetSpec
from providers.usage import UsageClasses
from providers.vendors import OF_HOST, OF_KIND, OF_PATTERN

BOOK: Final = PriceBook([PricePageSpec(id="catalog", prices=read_price_file().prices)])
# A Friday, eleven in the morning in Beijing: nothing is off-peak.
AT: Final = datetime(2026, 11, 20, 3, tzinfo=UTC).timestamp()
MOST_BYTES: Final = 1_500_000


def found(vendor: str, model: str, *, region: str = "", at: float = AT) -> Found:
    listed = BOOK.cost(
        provider=ProviderSpec(
            id="p", slug="p", name="P", kind="openai", price_vendor=vendor, region=region
        ),
        target=TargetSpec(
            id="t", upstream_name=model, public_name=model, target=Target(model=model, vendor="v")
        ),
        at=at,
    )
    assert listed is not None, f"{vendor} {model} has no price"
    return listed


@pytest.mark.parametrize(
    ("vendor", "model", "fresh", "out", "others"),
    [
        ("anthropic", "claude-opus-5-5", "4", "20", {"read": "0.2", "5m": "5", "1h": "8"}),
        ("anthropic", "claude-sonnet-5", "2", "10", {"read": "0.2", "5m": "2.5"}),
        ("anthropic", "claude-sonnet-4-5", "3", "15", {"read": "0.3", "5m": "3.75"}),
        ("anthropic", "claude-haiku-4-5", "1", "5", {"read": "0.1", "5m": "1.25"}),
        ("openai", "gpt-5.6", "4", "20", {"read": "0.4", "30m": "5", "12h": "10"}),
        ("openai", "gpt-5", "1.25", "10", {"read": "0.125"}),
        ("openai", "gpt-4o", "2.5", "10", {"read": "1.25"}),
        ("google", "gemini-2.5-pro", "1.25", "10", {}),
        ("google", "gemini-2.5-flash", "0.3", "2.5", {}),
        ("deepseek", "deepseek-v4-flash", "0.3", "1.2", {"read": "0.006"}),
        ("zai", "glm-4.6", "0.6", "2.2", {}),
        ("zhipuai", "glm-4.6", "0.6", "2.2", {}),
        ("aws", "amazon.nova-pro-v1:0", "0.8", "3.2", {}),
        ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "3.3", "16.5", {}),
        ("openai", "text-embedding-3-small", "0.02", None, {}),
        ("mock", "mock-echo;fail=503", "1", "3", {"read": "0.1"}),
    ],
)
def test_prices_are_those_of_the_vendors(
    vendor: str, model: str, fresh: str, out: str | None, others: dict[str, str]
) -> None:
    rates = found(vendor, model).price.rates
    assert rates["in_fresh"] == fresh
    assert rates.get("out_text") == out
    for name, rate in others.items():
        assert rates[f"in_cache_{name if name == 'read' else f'write_{name}'}"] == rate


@pytest.mark.parametrize(
    ("vendor", "model"),
    [
        ("anthropic", "claude-3-5-sonnet-20241022"),
        ("anthropic", "claude-3-opus-20240229"),
        ("openai", "gpt-4"),
        ("zai", "glm-4.5"),
        ("zhipuai", "glm-4.5"),
        ("openai", "text-embedding-3-small"),
        ("deepseek", "deepseek-reasoner"),
        ("google", "gemini-2.5-flash"),
        ("google", "gemini-2.5-flash-preview-09-2025"),
        ("google", "gemini-2.5-flash-image"),
        ("google", "gemini-3-flash-preview"),
        ("google", "gemini-3-pro-preview"),
        ("google", "gemini-3-pro-image-preview"),
        # What the first source does not list.
        ("dashscope", "qwen3-max"),
        ("volcengine", "doubao-seed-2-0-pro-260215"),
        ("tencent", "deepseek-v4-pro"),
        ("azure", "gpt-4o"),
    ],
)
def test_models_in_use_are_priced(vendor: str, model: str) -> None:
    assert any(map(Decimal, found(vendor, model).price.rates.values()))


@pytest.mark.parametrize(
    ("model", "retires"), [("claude-sonnet-4-5", "2026-11-30"), ("gpt-5", "2026-12-11")]
)
def test_retirements_are_known(model: str, retires: str) -> None:
    vendor = "anthropic" if model.startswith("claude") else "openai"
    assert found(vendor, model).price.deprecated_at == (
        datetime.fromisoformat(retires).replace(tzinfo=UTC).timestamp()
    )


def test_more_than_272000_tokens_pay_the_tier_for_all() -> None:
    price = found("openai", "gpt-5.6").price
    usage = UsageClasses(in_fresh=272_000, out_text=10)
    more = UsageClasses(in_fresh=272_001, out_text=10)
    assert cost_nano(usage, price, at=AT) == 272_000 * 4_000 + 10 * 20_000
    assert cost_nano(more, price, at=AT) == 272_001 * 8_000 + 10 * 30_000
    assert cost_nano(more, price, at=AT, variant="flex") == 272_001 * 4_000 + 10 * 15_000
    assert cost_nano(usage, price, at=AT, variant="priority") == 272_000 * 8_000 + 10 * 40_000


def test_gemini_has_a_tier_and_a_rate_for_sound_and_pictures() -> None:
    pro = found("google", "gemini-2.5-pro").price
    assert cost_nano(UsageClasses(in_fresh=200_001), pro, at=AT) == 200_001 * 2_500
    assert found("google", "gemini-2.5-flash").price.rates["in_audio"] == "1"
    assert found("google", "gemini-2.5-flash-image").price.rates["out_image"] == "30"


def test_anthropic_s_batches_cost_half_and_searches_a_cent() -> None:
    price = found("anthropic", "claude-sonnet-4-5").price
    usage = UsageClasses(in_fresh=10, in_cache_write_1h=10, out_text=10)
    assert cost_nano(usage, price, at=AT, variant="batch") * 2 == cost_nano(usage, price, at=AT)
    assert price.per_call["web_search_calls"] == "0.01"


@pytest.mark.parametrize(
    ("utc", "fresh"),
    [
        ("2026-11-20T03:59", 300),
        ("2026-11-20T04:00", 150),
        ("2026-11-20T06:00", 300),
        ("2026-11-20T10:00", 150),
        ("2026-11-22T03:00", 150),
        ("2026-11-23T00:59", 150),
        ("2026-11-23T01:00", 300),
    ],
)
def test_deepseek_costs_half_at_night_and_at_weekends(utc: str, fresh: int) -> None:
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()
    price = found("deepseek", "deepseek-v4-flash", at=at).price
    assert cost_nano(UsageClasses(in_fresh=1), price, at=at) == fresh


def test_regions_have_prices_of_their_own() -> None:
    here = found("aws", "amazon.nova-pro-v1:0", region="us-gov-west-1")
    assert (here.matched_by, here.price.rates["in_fresh"]) == ("region", "0.96")
    vertex = found("google", "claude-sonnet-4-5", region="us-east5")
    assert (vertex.matched_by, vertex.price.rates["out_text"]) == ("region", "16.5")
    assert found("google", "claude-sonnet-4-5", region="global").price.rates["out_text"] == "15"


def test_qwen_is_priced_by_the_size_of_the_request_only() -> None:
    price = found("dashscope", "qwen3-max").price
    assert [tier.above_input_tokens for tier in price.tiers] == [32_000, 128_000]
    assert price.source_version.endswith("undated")


def test_no_two_rows_say_the_same_at_the_same_time() -> None:
    rows = defaultdict(list)
    for price in read_price_file().prices:
        rows[price.vendor, price.region, price.match, price.model].append(price)
    for alike in rows.values():
        alike.sort(key=lambda price: price.valid_from)
        for earlier, later in pairwise(alike):
            assert earlier.valid_to is not None
            assert earlier.valid_to <= later.valid_from


KNOWN = {*OF_HOST.values(), *OF_KIND.values(), *(vendor for _, vendor in OF_PATTERN)}


def test_every_row_can_be_used() -> None:
    file = read_price_file()
    assert len({price.id for price in file.prices}) == len(file.prices)
    for price in file.prices:
        assert price.version == file.version
        assert price.rates or price.per_call
        assert price.vendor in KNOWN
        assert price.model == price.model.lower()
        for window in price.time_windows:
            assert window.rates
        assert cost_nano(UsageClasses(in_fresh=3, out_text=4), price, at=AT) >= 0
        if price.match == "re2":
            compiled(price.model)


def test_the_file_is_small_and_says_whose_data_it_holds() -> None:
    assert PRICES_FILE.stat().st_size < MOST_BYTES
    notices = PRICES_FILE.with_suffix(".LICENSES").read_text(encoding="utf-8")
    assert notices.count("Permission is hereby granted, free of charge") == 2
    assert "Pydantic" in notices
    assert "Berri AI" in notices
