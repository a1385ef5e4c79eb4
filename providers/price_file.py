"""The catalog that every installation brings, `data/prices.json`: see `switchyard prices build`.

Laws: an offer that names several models means one row for each of them. The id of a row is made
of what it costs, whose it is and from when, so the same money has the same id in every release.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from providers.specs import PriceMatch, PriceSpec, Tier, TimeWindow

PRICES_FILE: Final = Path(__file__).parent / "data" / "prices.json"
NAMESPACE: Final = UUID("6d6f9f0e-0f0b-5c57-8f4f-7a1d1b1a5c11")


class Terms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What it costs from one day to another (UTC, the last one not included)."""

    since: str = ""  # YYYY-MM-DD; empty: nobody says since when
    till: str = ""
    rates: dict[str, str] = {}
    per_call: dict[str, str] = {}
    tiers: tuple[Tier, ...] = ()
    variants: dict[str, dict[str, str]] = {}
    time_windows: tuple[TimeWindow, ...] = ()


class Offer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    vendor: str
    source: str
    terms: tuple[Terms, ...]
    region: str = ""
    models: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


class Document(Struct, frozen=True, kw_only=True):
    version: str
    sources: dict[str, str]  # name -> version
    retirements: dict[str, dict[str, str]]  # vendor -> model -> day
    offers: tuple[Offer, ...]


class PriceFile(Struct, frozen=True):
    version: str
    prices: tuple[PriceSpec, ...]


@cache
def read_price_file() -> PriceFile:
    document = msgspec.json.decode(PRICES_FILE.read_bytes(), type=Document)
    return PriceFile(document.version, tuple(rows_of(document)))


def rows_of(document: Document) -> Iterator[PriceSpec]:
    for offer in document.offers:
        matches: Iterator[tuple[PriceMatch, str]] = chain(
            (("exact", name) for name in offer.models),
            (("prefix", name) for name in offer.prefixes),
            (("re2", name) for name in offer.patterns),
        )
        for match, name in matches:
            retired = document.retirements.get(offer.vendor, {}).get(name)
            for terms in offer.terms:
                yield _row(document, offer, terms, match, name, retired)


def _row(
    document: Document,
    offer: Offer,
    terms: Terms,
    match: PriceMatch,
    name: str,
    retired: str | None,
) -> PriceSpec:
    price = PriceSpec(
        id="",
        version="",
        scope="catalog",
        model=name,
        match=match,
        vendor=offer.vendor,
        region=offer.region,
        rates=terms.rates,
        per_call=terms.per_call,
        tiers=terms.tiers,
        variants=terms.variants,
        time_windows=terms.time_windows,
        valid_from=_moment(terms.since) if terms.since else 0.0,
    )
    return msgspec.structs.replace(
        price,
        id=str(uuid5(NAMESPACE, msgspec.json.encode(price).decode())),
        version=document.version,
        valid_to=_moment(terms.till) if terms.till else None,
        deprecated_at=_moment(retired) if retired else None,
        source=offer.source,
        source_version=document.sources[offer.source],
    )


def _moment(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
