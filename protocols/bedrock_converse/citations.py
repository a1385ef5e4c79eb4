"""Citations: what was cited, and where it stands."""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from protocols.bedrock_converse.rests import with_rest
from protocols.fields import Fields
from protocols.ir import Citation

Unit: TypeAlias = Literal["char", "page", "block", "result"]
# Location -> what it counts, and the name of the index of what is cited.
PLACES: Final[Mapping[str, tuple[Unit, str]]] = {
    "documentChar": ("char", "documentIndex"),
    "documentPage": ("page", "documentIndex"),
    "documentChunk": ("block", "documentIndex"),
    "searchResultLocation": ("result", "searchResultIndex"),
}
NAMES: Final = {unit: (name, index) for name, (unit, index) in PLACES.items()}
WEB: Final = "web"


def read_citation(fields: Fields) -> Citation:
    """A location we do not know stays with the rest."""
    title, text = fields.text("title"), _cited(fields)
    raw = fields.raw("location")
    if not raw:
        return Citation(title=title, text=text, url=fields.text("source"), extra=fields.rest())
    said = Fields(raw, fields.at("location"))
    names = said.names()
    name = names[0] if len(names) == 1 else ""
    place = said.object(name)
    if place is None or (name != WEB and name not in PLACES):
        fields.put_back("location", raw)
        return Citation(title=title, text=text, url=fields.text("source"), extra=fields.rest())
    if name == WEB:
        url = place.text("url")
        _put_back(fields, said, name, place)
        return Citation(title=title, text=text, url=url, unit="web", extra=fields.rest())
    unit, index = PLACES[name]
    document, start, end = place.whole(index), place.whole("start"), place.whole("end")
    _put_back(fields, said, name, place)
    return Citation(
        title=title,
        text=text,
        url=fields.text("source"),
        unit=unit,
        document=document,
        start=start,
        end=end,
        extra=fields.rest(),
    )


def _put_back(fields: Fields, location: Fields, name: str, place: Fields) -> None:
    location.put_back_rest(name, place)
    fields.put_back_rest("location", location)


def _cited(fields: Fields) -> str | None:
    """One text has a place in a citation; several stay with the rest."""
    raw = fields.raw("sourceContent")
    if not raw:
        return None
    fields.put_back("sourceContent", raw)
    parts = [item.fields() for item in fields.items("sourceContent")]
    if len(parts) == 1 and parts[0].names() == ["text"]:
        return parts[0].text("text")
    if parts:
        fields.put_back("sourceContent", raw)
    return None


def citation_object(citation: Citation) -> dict[str, Any]:
    said: dict[str, Any] = {"title": citation.title}
    if citation.unit == WEB:
        said["location"] = {WEB: _known({"url": citation.url})}
    else:
        said["source"] = citation.url
        if citation.unit is not None:
            name, index = NAMES[citation.unit]
            place = {index: citation.document, "start": citation.start, "end": citation.end}
            said["location"] = {name: _known(place)}
    if citation.text is not None:
        said["sourceContent"] = [{"text": citation.text}]
    return with_rest(_known(said), citation.extra)


def _known(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value is not None}
