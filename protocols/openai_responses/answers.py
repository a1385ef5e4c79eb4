"""What a vendor's whole answers and streams both say.

Law: what is looked at is taken out; what is left is kept. Nothing raises.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.errors import Problem
from protocols.fields import NULL
from protocols.ir import NOTHING, Citation, Extra, StopReason
from protocols.lenient import VALUES, as_object, read, whole, words
from protocols.openai_responses.usage import read_usage
from protocols.vendor_errors import problem_of

OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])
LISTS: Final = msgspec.json.Decoder(list[Raw])
OBJECT_LISTS: Final = msgspec.json.Decoder(list[dict[str, Raw]])
EMPTY: Final = frozenset({b"", b"[]", b"null", b'""'})
REASONS: Final[Mapping[str | None, StopReason]] = {
    "max_output_tokens": "max_tokens",
    "content_filter": "content_filter",
}


class Said:
    """What is left of an object."""

    __slots__ = ("left",)

    def __init__(self, raw: bytes | Raw | dict[str, Raw]) -> None:
        self.left: dict[str, Raw] = {}
        if isinstance(raw, dict):
            self.left.update(raw)
        elif raw:
            found = read(OBJECTS, raw)
            self.left.update(found or {})

    def raw(self, key: str) -> Raw:
        """The empty Raw for null, too."""
        found = self.left.pop(key, NOTHING)
        return NOTHING if found == NULL else found

    def value(self, key: str) -> Any:
        raw = self.left.pop(key, NOTHING)
        return read(VALUES, raw) if raw else None

    def text(self, key: str) -> str:
        value = self.value(key)
        return value if isinstance(value, str) else ""

    def whole(self, key: str) -> int | None:
        return whole(self.value(key))

    def inner(self, key: str) -> "Said":
        return Said(self.raw(key))

    def each(self, key: str) -> "list[Said]":
        raw = self.raw(key)
        return [Said(each) for each in (read(OBJECT_LISTS, raw) if raw else None) or ()]

    def rest(self, *, but: tuple[str, ...] = ()) -> Extra:
        return {key: raw for key, raw in self.left.items() if key not in but and raw != NULL}


def filled(raw: Raw) -> Raw:
    """An empty list says no more than none."""
    return NOTHING if bytes(raw) in EMPTY else raw


def citation_of(said: Said) -> Citation:
    """What is not of the web is kept whole."""
    if said.left.get("type") != Raw(b'"url_citation"'):
        return Citation(extra=said.rest())
    said.text("type")
    return Citation(
        url=said.text("url"),
        title=said.text("title"),
        start=said.whole("start_index"),
        end=said.whole("end_index"),
        unit="web",
        extra=said.rest() or None,
    )


class Head:
    """An answer without its output."""

    __slots__ = (
        "_details",
        "_error",
        "_status",
        "created",
        "extra",
        "id",
        "model",
        "tier",
        "usage",
    )

    def __init__(self, said: Said) -> None:
        """Takes from `said` all but its output."""
        self.id = said.text("id")
        self.model = said.text("model")
        created = said.left.get("created_at", NOTHING)
        # Some say it to the microsecond: that stays as it is.
        self.created = whole(read(VALUES, created)) if created else None
        if self.created is not None:
            said.raw("created_at")
        said.raw("object")
        self._status = said.text("status")
        self._details = said.raw("incomplete_details")
        self._error = said.raw("error")
        self.tier = said.text("service_tier") or None
        usage = said.raw("usage")
        tools = read(VALUES, said.left.get("tool_usage", NULL))
        self.usage = read_usage(usage, tools) if usage else None
        self.extra: Extra | None = said.left or None

    def stop(self, *, has_calls: bool, has_refused: bool) -> ir.Stop:
        if self._status in {"completed", ""}:
            reason: StopReason = "end_turn"
            if has_refused:
                reason = "refusal"
            elif has_calls:
                reason = "tool_call"
            return ir.Stop(reason=reason, raw=self._status or None)
        if self._status == "failed":
            return ir.Stop(reason="error", raw=self._problem().message, extra=self._odd())
        word = words(as_object(read(VALUES, self._details or NULL)).get("reason"))
        reason = REASONS.get(word, "other")
        extra = None if word in REASONS else self._odd()
        return ir.Stop(reason=reason, raw=word or self._status, extra=extra)

    def failed(self) -> ir.Failed:
        problem = self._problem()
        return ir.Failed(
            kind=problem.kind, message=problem.message, raw=self._error, usage=self.usage
        )

    def _problem(self) -> Problem:
        return problem_of(0, b'{"error":' + bytes(self._error or NULL) + b"}", None)

    def _odd(self) -> Extra:
        """Of what the IR has no words for, the vendor's."""
        said = {
            "status": Raw(msgspec.json.encode(self._status)),
            "incomplete_details": self._details,
            "error": self._error,
        }
        return {key: raw for key, raw in said.items() if raw}
