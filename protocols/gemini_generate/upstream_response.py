"""A whole answer of a vendor, read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.codec import Memo
from protocols.custom_tools import input_of
from protocols.errors import DecodeError
from protocols.fields import Item
from protocols.gemini_generate.citations import citations_of
from protocols.gemini_generate.ids import Calls
from protocols.gemini_generate.logprobs import read_logprobs
from protocols.gemini_generate.parts import DIALECT, NULL, TRUE, read_part
from protocols.gemini_generate.reading import camel
from protocols.gemini_generate.usage import read_tier, read_usage, searches_of, with_searches
from protocols.gemini_generate.wire import OBJECTS, STOP_REASONS, stop_of
from protocols.ir import Content, Extra
from protocols.lenient import VALUES, an_object, read, whole, whole_characters, words
from protocols.losses import NOTE

LISTS: Final = msgspec.json.Decoder(list[Raw])
TAKEN: Final = ("candidates", "modelVersion", "responseId", "usageMetadata")
TAKEN_OF_CANDIDATES: Final = ("content", "finishReason", "index")
TAKEN_OF_CONTENTS: Final = ("parts", "role")
CITING: Final = ("groundingMetadata", "citationMetadata")
MARKS: Final = frozenset({"candidates", "promptFeedback", "usageMetadata"})


def decode_response(body: bytes, memo: Memo) -> ir.Response:
    answer = camel_object(whole_characters(body))
    if not answer.keys() & MARKS:
        raise DecodeError("", "is no answer of generateContent")
    usage = an_object(answer.get("usageMetadata", NULL))
    candidates = [camel_object(raw) for raw in listed(answer.get("candidates"))]
    searches = last_searches(candidates, None)
    first, *others = [_candidate(said, memo, number) for number, said in enumerate(candidates)] or [
        ir.Alternative(content=(), stop=blocked(answer))
    ]
    model = text_of(answer.get("modelVersion")) or ""
    return ir.Response(
        id=text_of(answer.get("responseId")) or "",
        model=model,
        content=first.content,
        stop=first.stop,
        usage=with_searches(read_usage(usage), searches, model=model) or ir.Usage(),
        alternatives=tuple(others),
        service_tier=read_tier(usage),
        extra=without(answer, TAKEN),
    )


def _candidate(said: Mapping[str, Raw], memo: Memo, number: int) -> ir.Alternative:
    calls = Calls(memo.seed, number)
    parts = parts_of(said)
    content = [block_of(part, calls, memo, at) for at, part in enumerate(parts)]
    for at in reversed(range(len(content))):
        block = content[at]
        if isinstance(block, ir.Text):
            content[at] = _told_of(block, said)
            break
    return ir.Alternative(content=tuple(content), stop=read_stop(said, content))


def _told_of(text: ir.Text, said: Mapping[str, Raw]) -> ir.Text:
    """With what the candidate says beside its parts."""
    cited = tuple(citations_of(values_of(said, CITING), text.text))
    return replace(text, citations=cited, logprobs=read_logprobs(said.get("logprobsResult", NULL)))


def read_stop(said: Mapping[str, Raw], content: Sequence[Content]) -> ir.Stop:
    word = read(VALUES, said["finishReason"]) if "finishReason" in said else None
    has_calls = any(isinstance(block, ir.ToolCall) for block in content)
    reason, raw = stop_of(word, has_calls=has_calls)
    extra = without(said, TAKEN_OF_CANDIDATES) or {}
    beside = beside_parts(said)
    if beside:
        extra["content"] = Raw(msgspec.json.encode(beside))
    if not isinstance(word, str) or word not in STOP_REASONS:
        extra[f"{NOTE}finishReason"] = said.get("finishReason", NULL).copy()
    return ir.Stop(reason=reason, raw=raw, extra=extra or None)


def blocked(answer: Mapping[str, Raw]) -> ir.Stop:
    """Of an answer without candidates: the prompt was refused, or nobody says why."""
    said = an_object(answer.get("promptFeedback", NULL)).get("blockReason")
    reason: ir.StopReason = "other" if said is None else "content_filter"
    raw = None if said is None else str(said)
    return ir.Stop(reason=reason, raw=raw, extra={f"{NOTE}blocked": TRUE})


def last_searches(candidates: Iterable[Mapping[str, Raw]], known: int | None) -> int | None:
    for said in candidates:
        if "groundingMetadata" in said:
            known = searches_of(an_object(said["groundingMetadata"])) or known
    return known


def block_of(part: Raw, calls: Calls, memo: Memo, at: int) -> Content:
    """What cannot be read is kept; what we had renamed for the vendor is named as it was."""
    try:
        block = read_part(Item(part, f"parts[{at}]"), calls)
    except DecodeError:
        return ir.Opaque(dialect=DIALECT, kind="part", raw=part.copy())
    if not isinstance(block, ir.ToolCall):
        return block
    if block.name == memo.schema_tool:
        return ir.Text(text=block.arguments, seal=block.seal)
    name = memo.names.get(block.name, block.name)
    if name in memo.custom:
        return replace(block, name=name, arguments=input_of(block.arguments), form="custom")
    return replace(block, name=name)


def camel_object(data: bytes | Raw) -> dict[str, Raw]:
    """Without what is null."""
    found = read(OBJECTS, data) or {}
    return {camel(key): raw for key, raw in found.items() if raw != NULL}


def listed(raw: Raw | None) -> list[Raw]:
    return (read(LISTS, raw) if raw is not None else None) or []


def parts_of(candidate: Mapping[str, Raw]) -> list[Raw]:
    content = camel_object(candidate.get("content", NULL))
    return listed(content.get("parts"))


def beside_parts(candidate: Mapping[str, Raw]) -> Extra:
    """What a content says more than its parts, and that they are the model's."""
    return without(camel_object(candidate.get("content", NULL)), TAKEN_OF_CONTENTS) or {}


def text_of(raw: Raw | None) -> str | None:
    return None if raw is None else words(read(VALUES, raw))


def number_of(raw: Raw | None) -> int:
    return (None if raw is None else whole(read(VALUES, raw))) or 0


def without(said: Mapping[str, Raw], taken: Sequence[str]) -> Extra | None:
    # A part of a buffer would keep all of it.
    return {key: raw.copy() for key, raw in said.items() if key not in taken} or None


def values_of(said: Mapping[str, Raw], keys: Sequence[str]) -> dict[str, Any]:
    return {key: read(VALUES, said[key]) for key in keys if key in said}
