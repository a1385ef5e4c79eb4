"""What the wheel of litellm says: one JSON file of it is read, nothing of it is imported or runs.

It names no days, so its prices are those of the wheel's own day and marked `undated`.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from zipfile import ZipFile

import msgspec
from msgspec import Struct

from gateway.ops.price_classes import Rates, completed, plain
from providers.price_file import Offer, Terms
from providers.specs import Tier

SOURCE: Final = "litellm"
FILE: Final = "litellm/model_prices_and_context_window_backup.json"
MODES: Final = frozenset({"chat", "completion", "embedding", "responses"})
MILLION: Final = Decimal(10**6)
# Its word for a provider -> whose list it is here. Of two that name the same the first counts.
VENDORS: Final[Mapping[str, str]] = {
    "ai21": "ai21",
    "aihubmix": "aihubmix",
    "anthropic": "anthropic",
    "azure": "azure",
    "azure_ai": "azure",
    "baseten": "baseten",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "bedrock_mantle": "aws",
    "bigmodel": "zhipuai",
    "cerebras": "cerebras",
    "codestral": "mistral",
    "cognition": "cognition",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "crusoe": "crusoe",
    "dashscope": "dashscope",
    "deepinfra": "deepinfra",
    "deepseek": "deepseek",
    "featherless_ai": "featherless",
    "fireworks_ai": "fireworks",
    "fireworks_ai-embedding-models": "fireworks",
    "friendliai": "friendli",
    "gemini": "google",
    "vertex_ai": "google",
    "vertex_ai-language-models": "google",
    "vertex_ai-anthropic_models": "google",
    "vertex_ai-embedding-models": "google",
    "gigachat": "gigachat",
    "gmi": "gmi",
    "groq": "groq",
    "hyperbolic": "hyperbolic",
    "inception": "inception",
    "lambda_ai": "lambda",
    "meta": "meta",
    "meta_llama": "llama",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "morph": "morph",
    "nebius": "nebius",
    "novita": "novita",
    "nscale": "nscale",
    "openai": "openai",
    "openrouter": "openrouter",
    "ovhcloud": "ovhcloud",
    "perplexity": "perplexity",
    "publicai": "publicai",
    "sambanova": "sambanova",
    "scaleway": "scaleway",
    "streamlake": "streamlake",
    "tencent": "tencent",
    "tensormesh": "tensormesh",
    "together_ai": "together",
    "v0": "v0",
    "vercel_ai_gateway": "vercel",
    "volcengine": "volcengine",
    "voyage": "voyageai",
    "wandb": "wandb",
    "xai": "x-ai",
    "xiaomi_mimo": "xiaomi",
    "zai": "zai",
}
PREFERENCE: Final = {name: place for place, name in enumerate(VENDORS)}
# Price key -> the classes it is the rate of.
CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "input_cost_per_token": ("in_fresh",),
    "cache_read_input_token_cost": ("in_cache_read",),
    "cache_creation_input_token_cost": ("in_cache_write_5m", "in_cache_write_30m"),
    "cache_creation_input_token_cost_above_1hr": ("in_cache_write_1h",),
    "cache_creation_input_token_cost_above_12hr": ("in_cache_write_12h",),
    "input_cost_per_audio_token": ("in_audio",),
    "input_cost_per_image_token": ("in_image",),
    "input_cost_per_video_token": ("in_video",),
    "output_cost_per_token": ("out_text",),
    "output_cost_per_reasoning_token": ("out_reasoning",),
    "output_cost_per_audio_token": ("out_audio",),
    "output_cost_per_image_token": ("out_image",),
}
VARIANTS: Final[Mapping[str, str]] = {
    "": "",
    "_batches": "batch",
    "_flex": "flex",
    "_priority": "priority",
}
KEY: Final = re.compile(
    f"^({'|'.join(sorted(CLASSES, key=len, reverse=True))})(?:_above_(\\d+)k_tokens)?"
    f"({'|'.join(VARIANTS)})$"
)
REGION: Final = re.compile(
    r"^(?:bedrock/([a-z]{2}(?:-[a-z]+)+-\d)|azure/(us|eu|us-gov|apac))/([^/]+)$"
)
# A name of its own provider is said with the provider in front, or without.
OWN: Final = re.compile(
    r"^(?:bedrock|bedrock_mantle|azure|azure_ai|vertex_ai|gemini|codestral|[a-z0-9_]+)/"
)


class Row(Struct, frozen=True):
    vendor: str
    region: str
    name: str
    terms: Terms
    retires: str  # a day, or nothing


def read(wheel: ZipFile) -> list[Row]:
    decoder = msgspec.json.Decoder(dict[str, dict[str, Any]], float_hook=Decimal)
    said = decoder.decode(wheel.read(FILE))
    found: dict[tuple[str, str, str], Row] = {}
    for key in sorted(said, key=lambda key: (PREFERENCE.get(_provider(said[key]), 0), key)):
        row = _row(key, said[key])
        if row is not None:
            found.setdefault((row.vendor, row.region, row.name), row)
    return list(found.values())


def offers(rows: list[Row]) -> Iterator[Offer]:
    """What costs the same is said once."""
    alike: dict[bytes, list[Row]] = {}
    for row in rows:
        key = msgspec.json.encode((row.vendor, row.region, row.terms))
        alike.setdefault(key, []).append(row)
    for key in sorted(alike):
        first = alike[key][0]
        yield Offer(
            vendor=first.vendor,
            source=SOURCE,
            region=first.region,
            terms=(first.terms,),
            models=tuple(sorted(row.name for row in alike[key])),
        )


def _provider(said: Mapping[str, Any]) -> str:
    return str(said.get("litellm_provider", ""))


def _row(key: str, said: Mapping[str, Any]) -> Row | None:
    vendor = VENDORS.get(_provider(said))
    if vendor is None or said.get("mode") not in MODES:
        return None
    name, region = OWN.sub("", key, count=1), ""
    regional = REGION.match(key)
    if regional is not None:
        region, name = regional[1] or regional[2], regional[3]
    elif vendor in {"aws", "azure"} and "/" in name:
        return None  # sizes, commitments, platforms within the platform
    terms = _terms(said)
    if terms is None:
        return None
    return Row(vendor, region, name.lower(), terms, str(said.get("deprecation_date") or ""))


def _terms(said: Mapping[str, Any]) -> Terms | None:
    """None where there is no price, or one of nothing: free is only what somebody says is free."""
    cases: dict[tuple[int, str], Rates] = {}
    for key, value in said.items():
        matched = KEY.match(key)
        # Vendors that do not charge for writing say so by a price of nothing.
        if matched is None or (not value and key.startswith("cache_creation")):
            continue
        case = (int(matched[2] or 0) * 1000, VARIANTS[matched[3]])
        rate = plain(_number(value) * MILLION)
        cases.setdefault(case, {}).update(dict.fromkeys(CLASSES[matched[1]], rate))
    for start, rates in _steps(said.get("tiered_pricing")):
        cases.setdefault((start, ""), {}).update(rates)
    base = cases.get((0, ""), {})
    if not any(Decimal(rate) for rate in base.values()) or "in_fresh" not in base:
        return None
    return Terms(
        rates=completed(base),
        per_call=_per_call(said),
        tiers=tuple(
            Tier(
                above_input_tokens=start,
                rates=completed(cases.get((start, ""), {})),
                variants=_variants(cases, start),
            )
            for start in sorted({start for start, _ in cases if start})
        ),
        variants=_variants(cases, 0),
    )


def _variants(cases: Mapping[tuple[int, str], Rates], start: int) -> dict[str, Rates]:
    return {
        variant: completed(rates)
        for (above, variant), rates in sorted(cases.items())
        if above == start and variant
    }


def _steps(tiers: Any) -> Iterator[tuple[int, Rates]]:
    for tier in tiers or ():
        if "range" in tier:
            rates: Rates = {}
            for key, value in tier.items():
                if key in CLASSES and value:
                    rates |= dict.fromkeys(CLASSES[key], plain(_number(value) * MILLION))
            yield int(tier["range"][0]), rates


def _per_call(said: Mapping[str, Any]) -> Rates:
    found: Rates = {}
    searches = said.get("search_context_cost_per_query") or {}
    if searches.get("search_context_size_medium"):
        found["web_search_calls"] = plain(_number(searches["search_context_size_medium"]))
    if said.get("input_cost_per_request"):
        found["requests"] = plain(_number(said["input_cost_per_request"]))
    return found


def _number(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
