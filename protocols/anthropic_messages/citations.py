"""Citations of a text, each kind with its own names for the same places."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Raw

from protocols.fields import Fields
from protocols.ir import Citation

Unit: TypeAlias = Literal["char", "page", "block", "web", "result"]


class Place(NamedTuple):
    """The names of a location's fields."""

    unit: Unit
    title: str
    document: str | None = None
    url: str | None = None
    start: str | None = None
    end: str | None = None


PLACES: Final[Mapping[str, Place]] = {
    "char_location": Place(
        unit="char",
        title="document_title",
        document="document_index",
        start="start_char_index",
        end="end_char_index",
    ),
    "page_location": Place(
        unit="page",
        title="document_title",
        document="document_index",
        start="start_page_number",
        end="end_page_number",
    ),
    "content_block_location": Place(
        unit="block",
        title="document_title",
        document="document_index",
        start="start_block_index",
        end="end_block_index",
    ),
    "search_result_location": Place(
        unit="result",
        title="title",
        document="search_result_index",
        url="source",
        start="start_block_index",
        end="end_block_index",
    ),
    "web_search_result_location": Place(unit="web", title="title", url="url"),
}
PROOF: Final = "encrypted_index"
UNPROVEN: Final = Raw(b'""')
TYPES: Final[Mapping[Unit, str]] = {place.unit: kind for kind, place in PLACES.items()}


def read_citation(fields: Fields) -> Citation:
    """What is of no known type is kept whole."""
    kind = fields.required_text("type")
    place = PLACES.get(kind)
    if place is None:
        fields.put_back("type", Raw(msgspec.json.encode(kind)))
        return Citation(text=fields.text("cited_text"), extra=fields.rest())
    return Citation(
        text=fields.text("cited_text"),
        title=fields.text(place.title),
        url=fields.text(place.url) if place.url else None,
        document=fields.whole(place.document) if place.document else None,
        unit=place.unit,
        start=fields.whole(place.start) if place.start else None,
        end=fields.whole(place.end) if place.end else None,
        extra=fields.rest(),
    )


def citation_object(citation: Citation) -> dict[str, Any] | None:
    """None for one that names no place the dialect knows."""
    extra = citation.extra or {}
    if citation.unit is None and "type" in extra:
        return {**extra, "cited_text": citation.text or ""}
    unit = citation.unit or ("web" if citation.url is not None else None)
    if unit is None:
        return None
    place = PLACES[TYPES[unit]]
    values = {
        place.document: citation.document,
        place.url: citation.url,
        place.start: citation.start,
        place.end: citation.end,
    }
    named = {key: value for key, value in values.items() if key is not None}
    if None in named.values():
        return None
    said: dict[str, Any] = {
        "type": TYPES[unit],
        "cited_text": citation.text or "",
        place.title: citation.title,
        **named,
    }
    if unit == "web":
        said[PROOF] = ""  # SDKs want it; only Anthropic can give it
    return {**said, **extra}


def is_proven(citation: Citation) -> bool:
    """Whether Anthropic takes it back: what it found in the web it has signed."""
    proof = (citation.extra or {}).get(PROOF, UNPROVEN)
    return citation.unit != "web" or proof != UNPROVEN
