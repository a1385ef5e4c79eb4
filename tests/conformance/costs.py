"""What recorded exchanges cost, worked out a second time and by nothing of `billing`."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final

import msgspec

from protocols.codec import Target
from protocols.ir import Usage
from protocols.registry import NATIVE
from providers.price_file import read_price_file
from providers.pricebook import PriceBook
from providers.specs import PricePageSpec, PriceSpec, ProviderSpec, TargetSpec
from providers.usage import LocalCount, UsageClasses, classes_of
from tests.conformance.usage_reading import searches_of
from tests.protocols.corpus import Record, dialect_of, frames_of

BOOK: Final = PriceBook([PricePageSpec(id="catalog", prices=read_price_file().prices)])
# A Friday at eleven in Beijing: nothing is off-peak.
AT: Final = datetime(2026, 11, 20, 3, tzinfo=UTC).timestamp()
WEEKDAY: Final = 5
CLOCKS: Final = {"UTC": "03:00", "Asia/Shanghai": "11:00"}
# Where the name of an API begins otherwise than the name of its list.
LISTS: Final[Mapping[str, str]] = {
    "bedrock": "aws",
    "bedrock_mantle": "aws",
    "gemini": "google",
    "vercel_gateway": "vercel",
    "vertex": "google",
    "voyage": "voyageai",
    "xai": "x-ai",
}
# Never needed: whoever is priced here has counted himself.
NOT_COUNTED: Final = LocalCount(input_tokens=0, output_tokens=0)
STANDS_FOR: Final = {"in_": "in_fresh", "out": "out_text"}


def vendor_of(exchange: Record) -> str:
    name = exchange.api.partition(".")[0]
    return LISTS.get(name, name)


def price_of(exchange: Record) -> PriceSpec | None:
    vendor, model = vendor_of(exchange), exchange.model or ""
    found = BOOK.cost(
        provider=ProviderSpec(
            id=vendor, slug=vendor, name=vendor, kind="openai_compatible", price_vendor=vendor
        ),
        target=TargetSpec(
            id=model, upstream_name=model, public_name=model, target=Target(model=model, vendor="v")
        ),
        at=AT,
    )
    return None if found is None else found.price


def classes(usage: Usage) -> UsageClasses:
    """Without the vendor's words, which nobody pays for."""
    return msgspec.structs.replace(classes_of(usage, local=NOT_COUNTED), raw=msgspec.Raw())


def read_by_gateway(exchange: Record) -> Usage | None:
    """What a worker makes of the bytes; None where it forwards no such dialect."""
    dialect = dialect_of(exchange.api)
    if dialect is None or dialect not in NATIVE:
        return None
    native = NATIVE[dialect]
    if not exchange.response.is_stream:
        return native.usage(exchange.response.body)[0]
    observer = native.observer(hide_usage=False)
    for frame in frames_of(dialect, [exchange.response.body]):
        observer.feed(frame.raw)
    return observer.usage


def read_unstreamed(exchange: Record) -> Usage | None:
    """What a worker makes of the same usage in an answer that is not streamed."""
    dialect = dialect_of(exchange.api)
    if dialect is None or dialect not in NATIVE:
        return None
    said: dict[str, object] = {}
    for one in exchange.observed.usage:
        said |= {name: value for name, value in one.items() if value is not None}
    searches = searches_of(exchange)
    grounded = {"groundingMetadata": {"webSearchQueries": ["query"] * searches}}
    answer: dict[str, object] = {"usage": said, "usageMetadata": said, "candidates": [grounded]}
    answer["tool_usage"] = {"web_search": {"num_requests": searches}}
    return NATIVE[dialect].usage(msgspec.json.encode(answer))[0]


def cost_again(used: UsageClasses, price: PriceSpec) -> int:
    """In fractions, by the words of providers.md PV-36, PV-37 and PV-39."""
    total_in = sum(units for name, units in _tokens(used) if name.startswith("in_"))
    rates = dict(price.rates)
    for window in price.time_windows:
        clock = CLOCKS[window.tz]
        night = window.since >= window.till
        inside = (clock >= window.since, clock < window.till)
        if WEEKDAY in window.days and (any(inside) if night else all(inside)):
            rates |= window.rates
            break
    for tier in price.tiers:
        if total_in > tier.above_input_tokens:
            rates |= tier.rates
    nano = Fraction(0)
    for name, units in _tokens(used):
        stand_in = STANDS_FOR[name[:3]]
        nano += units * Fraction(rates.get(name, rates.get(stand_in, "0"))) * 1000
    nano += used.web_search_calls * Fraction(price.per_call.get("web_search_calls", "0")) * 10**9
    nano += Fraction(price.per_call.get("requests", "0")) * 10**9
    return round(nano)


def _tokens(used: UsageClasses) -> Iterator[tuple[str, int]]:
    for name in used.__struct_fields__:
        if name.startswith(("in_", "out_")):
            yield name, getattr(used, name)
