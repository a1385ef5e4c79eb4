"""Where an answer's words come from: grounding and citations, read and written.

Law: places are those of characters in the text; the dialect counts bytes of its UTF-8.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any, Final

from protocols.ir import Citation
from protocols.lenient import as_object, whole, words

SOURCES: Final = ("web", "retrievedContext", "maps")


def citations_of(candidate: Mapping[str, Any], text: str) -> list[Citation]:
    """Of `groundingMetadata` and `citationMetadata`, as far as they name a source."""
    grounding = as_object(candidate.get("groundingMetadata"))
    cited = as_object(candidate.get("citationMetadata"))
    ruler = Ruler(text)
    return [*_grounded(grounding, ruler), *_cited(cited, ruler)]


class Ruler:
    """Places in a text, by character and by byte."""

    def __init__(self, text: str) -> None:
        sizes = () if text.isascii() else (len(each.encode(errors="replace")) for each in text)
        self._ends = [*accumulate(sizes)]  # of each character; nothing where both are the same
        self.size = self._ends[-1] if self._ends else len(text)

    def character(self, byte: int) -> int:
        return bisect_left(self._ends, byte + 1) if self._ends else byte

    def byte(self, character: int) -> int:
        if not self._ends:
            return character
        return self._ends[character - 1] if 0 < character <= len(self._ends) else 0


def _grounded(grounding: Mapping[str, Any], ruler: Ruler) -> Iterator[Citation]:
    chunks = [_source(as_object(each)) for each in _list(grounding.get("groundingChunks"))]
    used: set[int] = set()
    for each in _list(grounding.get("groundingSupports")):
        support = as_object(each)
        segment = as_object(support.get("segment"))
        said = words(segment.get("text"))
        start, end = _place(segment, ruler)
        for number in map(whole, _list(support.get("groundingChunkIndices"))):
            if number is not None and 0 <= number < len(chunks):
                used.add(number)
                yield _citation(chunks[number], said, start, end)
    for number, chunk in enumerate(chunks):
        if number not in used:
            yield _citation(chunk, None, None, None)


def _cited(cited: Mapping[str, Any], ruler: Ruler) -> Iterator[Citation]:
    for each in _list(cited.get("citations")) or _list(cited.get("citationSources")):
        said = as_object(each)
        if "uri" in said:
            yield _citation(said, None, *_place(said, ruler))


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


def _place(segment: Mapping[str, Any], ruler: Ruler) -> tuple[int | None, int | None]:
    """None where the text has no such place."""
    end = whole(segment.get("endIndex"))
    start = whole(segment.get("startIndex")) or 0
    if end is None or not 0 <= start <= end <= ruler.size:
        return None, None
    return ruler.character(start), ruler.character(end)


def grounding_object(citations: Iterable[Citation], text: str) -> dict[str, Any] | None:
    """None where no citation names a source on the web."""
    chunks: dict[tuple[str, str | None], int] = {}
    supports: list[dict[str, Any]] = []
    ruler = Ruler(text)
    for citation in citations:
        if citation.url is None:
            continue
        number = chunks.setdefault((citation.url, citation.title), len(chunks))
        segment: dict[str, Any] = {} if citation.text is None else {"text": citation.text}
        if citation.unit == "web" and citation.start is not None and citation.end is not None:
            segment["startIndex"] = ruler.byte(citation.start)
            segment["endIndex"] = ruler.byte(citation.end)
        supports.append({"segment": segment, "groundingChunkIndices": [number]})
    if not chunks:
        return None
    listed = [{"web": {"uri": url, "title": title or url}} for url, title in chunks]
    return {"groundingChunks": listed, "groundingSupports": supports}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
