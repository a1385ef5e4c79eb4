"""Every recorded exchange with a priced model, whatever its dialect: what it costs, exactly."""

import csv
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from billing.pricing import cost_nano, rate
from providers.specs import PriceSpec
from providers.usage import UsageClasses
from tests.conformance.costs import (
    AT,
    classes,
    cost_again,
    price_of,
    read_by_gateway,
    read_unstreamed,
    vendor_of,
)
from tests.conformance.usage_reading import READERS, searches_of, usage_of
from tests.protocols.corpus import CORPUS, EVERYTHING, ONE_OF, Record, needs_corpus, records

KNOWN: Final[dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_name("known_costs.toml").read_text(encoding="utf-8")
)
MOST_OFF: Final = Decimal("0.001")
NANO: Final = Decimal(10**9)
LEAST_PRICED: Final = 3_500
SHOWN: Final = 12

pytestmark = [needs_corpus, pytest.mark.timeout(180)]


def billed(api_glob: str = "*") -> Iterator[tuple[Record, UsageClasses]]:
    """Answered exchanges of which a vendor says what they used."""
    for exchange in records(api_glob):
        if exchange.response.status < 400 and exchange.observed.usage:
            usage = usage_of(exchange)
            if usage is not None:
                yield exchange, classes(usage)


def apis() -> list[str]:
    return sorted(path.stem for path in (CORPUS / "dev").glob("*.jsonl"))


@pytest.mark.parametrize("api", apis())
def test_every_exchange_costs_what_its_tokens_cost(
    api: str, record_property: Callable[[str, object], None]
) -> None:
    problems: list[str] = []
    priced = 0
    for exchange, used in billed(api):
        problems += [f"{exchange.id}: {said}" for said in misread(exchange, used)]
        price = price_of(exchange)
        if price is not None:
            priced += 1
            problems += [f"{exchange.id}: {said}" for said in miscounted(used, price)]
    record_property(f"{api} priced", priced)
    assert not problems, "\n".join([*problems[:SHOWN], f"{len(problems)} in all"])


def misread(exchange: Record, used: UsageClasses) -> Iterator[str]:
    """The table's reading, the worker's, and the worker's of an answer that is not streamed."""
    usage = usage_of(exchange)
    assert usage is not None
    sides = (("in_", usage.input_tokens or 0), ("out_", usage.output_tokens or 0))
    for side, total in sides:
        parts = [
            getattr(used, name) for name in UsageClasses.__struct_fields__ if name.startswith(side)
        ]
        # A total below nothing is not believed.
        if min(parts) < 0 or sum(parts) != max(0, total):
            yield f"{side} {parts} of {total}"
    for how, reading in (("streamed", read_by_gateway), ("whole", read_unstreamed)):
        ours = reading(exchange)
        if ours is not None and classes(ours) != used:
            yield f"{how}: {classes(ours)} instead of {used}"


def miscounted(used: UsageClasses, price: PriceSpec) -> Iterator[str]:
    fast, told, again = (
        cost_nano(used, price, at=AT),
        rate(used, price, at=AT),
        cost_again(used, price),
    )
    if not fast == told.cost_nano == again:
        yield f"{fast}, {told.cost_nano} and {again} nano-USD of {used}"


@cache
def second_program() -> dict[str, dict[str, str]]:
    with (CORPUS / "dev/usage_oracle.csv").open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines)}


def compared() -> Iterator[tuple[Record, Decimal | None, Decimal]]:
    """Exchanges that the second program has a price of, with ours; None: we have none.

    It reads usage, and nothing of searches that are told beside it.
    """
    for exchange, used in billed():
        row = second_program().get(exchange.id)
        if row is not None and row["usd_today"] and Decimal(row["usd_today"]):
            price = price_of(exchange)
            read = replace(used, web_search_calls=0) if searches_of(exchange) else used
            ours = None if price is None else cost_nano(read, price, at=AT) / NANO
            yield exchange, ours, Decimal(row["usd_today"])


def test_costs_are_those_of_the_second_program_or_explained() -> None:
    problems, explained = [], set()
    ours_of_all = theirs_of_all = Decimal(0)
    for exchange, ours, theirs in compared():
        model = f"{vendor_of(exchange)} {exchange.model}"
        # Ours is rounded to a nano-USD.
        near = ours is not None and abs(ours - theirs) <= MOST_OFF * theirs + 1 / NANO
        if ours is not None and near:
            ours_of_all, theirs_of_all = ours_of_all + ours, theirs_of_all + theirs
        elif exchange.id in KNOWN["exchanges"] or model in KNOWN["models"]:
            explained |= {exchange.id, model}
        else:
            problems.append(f"{exchange.id} ({model}): {ours} instead of {theirs}")
    assert not problems, "\n".join([*problems[:SHOWN], f"{len(problems)} in all"])
    assert abs(ours_of_all - theirs_of_all) <= MOST_OFF * theirs_of_all
    if EVERYTHING:
        unused = {*KNOWN["exchanges"], *KNOWN["models"]} - explained
        assert not unused, "explained, and no difference any more"


def test_tokens_are_those_of_the_second_program() -> None:
    problems = []
    for exchange, used in billed():
        row = second_program().get(exchange.id)
        if row is None:
            continue
        found = (
            sum(getattr(used, name) for name in used.__struct_fields__ if name.startswith("in_")),
            sum(getattr(used, name) for name in used.__struct_fields__ if name.startswith("out_")),
            used.in_cache_read,
        )
        # Some say more was read from the cache than came in; that is no credit (PV-34).
        asked, read = int(row["input_tokens_total_incl_cache"]), int(row["cache_read_tokens"])
        wanted = (asked, int(row["output_tokens"]), min(asked, read))
        if found != wanted:
            problems.append(f"{exchange.id}: {found} instead of {wanted}")
    assert not problems, "\n".join([*problems[:SHOWN], f"{len(problems)} in all"])


def test_most_recorded_exchanges_are_priced() -> None:
    priced = sum(price_of(exchange) is not None for exchange, _ in billed())
    assert priced >= (LEAST_PRICED if EVERYTHING else LEAST_PRICED // (ONE_OF + 1))


def test_every_dialect_with_tokens_is_read() -> None:
    unread = {
        api
        for api in apis()
        if any(row.observed.usage and usage_of(row) is None for row in records(api))
    }
    assert unread <= NOT_ANSWERS
    assert len(READERS) < len(apis())


# Counts, caches, rankings, older ways and local ones: nothing of it is forwarded or priced.
NOT_ANSWERS: Final = frozenset(
    {
        "anthropic.count_tokens", "bedrock.apply_guardrail", "bedrock.count_tokens",
        "cohere.v1_chat", "cohere.v1_embed", "cohere.v1_generate", "cohere.v1_rerank",
        "cohere.v2_rerank", "gemini.batchEmbedContents", "gemini.cachedContents",
        "gemini.countTokens", "gemini.interactions", "llamacpp.rerank", "ollama.native_chat",
        "ollama.native_generate", "openai.responses_compact", "openai.responses_get",
        "openai.responses_input_tokens", "openrouter.rerank", "vertex.cachedContents",
        "vertex.countTokens", "vertex.embedContent", "voyage.rerank",
    }
)  # fmt: skip
