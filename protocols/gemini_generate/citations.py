"""Where an answer's words come from: grounding and citations, read and written.

Law: places are those of characters in the text; the dialect counts bytes of its UTF-8.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from protocols.ir import Citation
from protocols.lenient import as_object, whole, words

SOURCES: Final = ("web", "retrievedContext", "maps")


def citations_of(candidate: Mapping[str, Any], text: str) -> list[Citation]:
    """Of `groundingMetadata` and `citationMetadata`, as far as they name a source."""
    grounding = as_object(candidate.get("groundingMetadata"))
    cited = as_object(candidate.get("citationMetadata"))
    return [*_grounded(grounding, text), *_cited(cited, text)]


def _grounded(grounding: Mapping[str, Any], text: str) -> Iterator[Citation]:
    chunks = [_source(as_object(each)) for each in _list(grounding.get("groundingChunks"))]
    used: set[int] = set()
    for each in _list(grounding.get("groundingSupports")):
        support = as_object(each)
        segment = as_object(support.get("segment"))
        said = words(segment.get("text"))
        start, end = _place(segment, text)
        for number in map(whole, _list(support.get("groundingChunkIndices"))):
            if number is not None and 0 <= number < len(chunks):
                used.add(number)
                yield _citation(chunks[number], said, start, end)
    for number, chunk in enumerate(chunks):
        if number not in used:
            yield _citation(chunk, None, None, None)


def _cited(cited: Mapping[str, Any], text: str) -> Iterator[Citation]:
    for each in _list(cited.get("citations")) or _list(cited.get("citationSources")):
        said = as_object(each)
        if "uri" in said:
            yield _citation(said, None, *_place(said, text))


def _source(chunk: Mapping[str, Any]) -> dict[str, Any]:
    return next((as_object(chunk[key]) for key in SOURCES if key in chunk), {})


def _citation(
    source: Mapping[str, Any], said: str | None, start: int | None, end: int | None
) -> Citation:
    return Citation(
        text=said,
        title=words(source.get("title")),
        url=words(source.get("uri")),
        unit="web",
        start=start,
        end=end,
    )


def _place(segment: Mapping[str, Any], text: str) -> tuple[int | None, int | None]:
    """None where the text has no such place, or it is cut within a character."""
    end = whole(segment.get("endIndex"))
    start = whole(segment.get("startIndex")) or 0
    encoded = text.encode(errors="replace")
    if end is None or not 0 <= start <= end <= len(encoded):
        return None, None
    before, within = encoded[:start], encoded[start:end]
    first = len(before.decode(errors="ignore"))
    return first, first + len(within.decode(errors="ignore"))


def grounding_object(citations: Iterable[Citation], text: str) -> dict[str, Any] | None:
    """None where no citation names a source on the web."""
    chunks: dict[tuple[str, str | None], int] = {}
    supports: list[dict[str, Any]] = []
    for citation in citations:
        if citation.url is None:
            continue
        number = chunks.setdefault((citation.url, citation.title), len(chunks))
        segment: dict[str, Any] = {} if citation.text is None else {"text": citation.text}
        if citation.unit == "web" and citation.start is not None and citation.end is not None:
            segment["startIndex"] = len(text[: citation.start].encode(errors="replace"))
            segment["endIndex"] = len(text[: citation.end].encode(errors="replace"))
        supports.append({"segment": segment, "groundingChunkIndices": [number]})
    if not chunks:
        return None
    listed = [{"web": {"uri": url, "title": title or url}} for url, title in chunks]
    return {"groundingChunks": listed, "groundingSupports": supports}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
