"""A whole answer of a vendor, read. Law: what is not understood is kept beside what is."""

from collections.abc import Iterator

from msgspec import Raw
from msgspec.structs import replace

from protocols import custom_tools, ir
from protocols.codec import Memo
from protocols.errors import DecodeError
from protocols.ir import NOTHING, Content
from protocols.lenient import read, whole_characters
from protocols.naming import minted_id
from protocols.openai_chat.answers import (
    LISTS,
    NO_STOP,
    OBJECT_LISTS,
    Said,
    an_object_in,
    arguments_in,
    citations_in,
    google_seal_in,
    image_of,
    objects_in,
    put_back_rest,
    reasoning_in,
    rest_of,
    stop_of,
    text_in,
    thought_of,
    whole_in,
)
from protocols.openai_chat.notes import LEGACY, NULL, PART, REASONING, note
from protocols.openai_chat.usage import read_usage
from protocols.openai_chat.wire import OBJECTS


def decode_response(body: bytes, memo: Memo) -> ir.Response:
    top = read(OBJECTS, whole_characters(body))
    choices = read(OBJECT_LISTS, top.pop("choices", NOTHING)) if top is not None else None
    if top is None or choices is None:
        raise DecodeError("choices", "is missing; expected a list of answers")
    raw_usage = top.pop("usage", NOTHING)
    told = [_choice(choice, index, memo) for index, choice in enumerate(_sorted(choices))]
    content, stop = told[0] if told else ((), NO_STOP)
    top.pop("object", None)
    return ir.Response(
        id=text_in(top, "id") or "",
        model=text_in(top, "model") or "",
        created=whole_in(top, "created") or None,
        content=content,
        stop=stop,
        usage=read_usage(raw_usage) or groq_usage_in(top) or ir.Usage(),
        alternatives=tuple(ir.Alternative(content=each, stop=why) for each, why in told[1:]),
        service_tier=text_in(top, "service_tier"),
        extra=rest_of(top),
    )


def _sorted(choices: list[Said]) -> list[Said]:
    """By their indexes, where they have any."""
    indexed = [(whole_in(choice, "index") or 0, choice) for choice in choices]
    return [choice for _, choice in sorted(indexed, key=lambda each: each[0])]


def groq_usage_in(top: Said) -> ir.Usage | None:
    if "x_groq" not in top:
        return None
    groq = an_object_in(top, "x_groq")
    usage = read_usage(groq.pop("usage", NOTHING))
    put_back_rest(top, "x_groq", groq)
    return usage


def _choice(choice: Said, index: int, memo: Memo) -> tuple[tuple[Content, ...], ir.Stop]:
    message = an_object_in(choice, "message")
    logprobs = an_object_in(choice, "logprobs")
    content = _Reader(memo, index).content(message, logprobs.pop("content", NOTHING))
    put_back_rest(choice, "logprobs", logprobs)
    has_calls = any(isinstance(block, ir.ToolCall) for block in content)
    stop = stop_of(
        choice,
        has_calls=has_calls,
        has_refused=any(isinstance(block, ir.Refusal) for block in content),
    )
    put_back_rest(choice, "message", message)
    stop = stop or NO_STOP
    if memo.schema_tool and stop.reason == "tool_call" and not has_calls:
        stop = ir.Stop(reason="end_turn")
    extra = {**(stop.extra or {}), **(rest_of(choice) or {})}
    return content, ir.Stop(reason=stop.reason, raw=stop.raw, extra=extra or None)


class _Reader:
    """Reads one choice."""

    __slots__ = ("_choice", "_memo")

    def __init__(self, memo: Memo, choice: int) -> None:
        self._memo = memo
        self._choice = choice

    def content(self, message: Said, logprobs: Raw) -> tuple[Content, ...]:
        message.pop("role", None)
        key, thought = reasoning_in(message)
        blocks: list[Content] = []
        if thought:
            # The vendor's own spelling, for clients that look for it.
            blocks.append(ir.Thinking(text=thought, extra=spelling(key)))
        texts = list(self._texts(message))
        blocks += texts
        citations = tuple(citations_in(message))
        if (citations or (logprobs and logprobs != NULL)) and not any(map(_is_text, texts)):
            blocks.append(ir.Text(text=""))
        self._attach(blocks, citations, NOTHING if logprobs == NULL else logprobs)
        refusal = text_in(message, "refusal")
        if refusal:
            blocks.append(ir.Refusal(text=refusal))
        blocks += self._media(message)
        blocks += self._calls(message)
        return tuple(blocks)

    def _attach(
        self, blocks: list[Content], citations: tuple[ir.Citation, ...], logprobs: Raw
    ) -> None:
        for position, block in enumerate(blocks):
            if isinstance(block, ir.Text):
                blocks[position] = ir.Text(
                    text=block.text, citations=citations, logprobs=logprobs, extra=block.extra
                )
                return

    def _texts(self, message: Said) -> Iterator[Content]:
        raw = message.get("content", NOTHING)
        parts = read(LISTS, raw) if raw else None
        if parts is None:
            text = text_in(message, "content")
            if text:
                yield ir.Text(text=text)
            return
        del message["content"]
        for part in parts:
            yield _part(part)

    def _media(self, message: Said) -> Iterator[ir.Media]:
        for item in objects_in(message, "images"):
            image = image_of(item)
            if image is not None:
                yield image
        audio = an_object_in(message, "audio")
        data = text_in(audio, "data")
        transcript = text_in(audio, "transcript") or None
        if data:
            yield ir.Media(
                kind="audio", source=ir.Inline(data=data), context=transcript, extra=rest_of(audio)
            )
        else:
            put_back_rest(message, "audio", audio)

    def _calls(self, message: Said) -> Iterator[Content]:
        for position, item in enumerate(objects_in(message, "tool_calls")):
            yield self._call(item, position)
        legacy = an_object_in(message, "function_call")
        name = text_in(legacy, "name")
        if name:
            yield self._named(
                name,
                arguments_in(legacy, "arguments"),
                id_=minted_id(self._memo.seed, self._choice, "function_call"),
                extra={LEGACY: NULL},
            )

    def _call(self, item: Said, position: int) -> Content:
        is_custom = text_in(item, "type") == "custom"
        form = "custom" if is_custom else "function"
        inner = an_object_in(item, form)
        name = text_in(inner, "name") or ""
        arguments = arguments_in(inner, "input" if is_custom else "arguments")
        put_back_rest(item, form, inner)
        id_ = text_in(item, "id") or minted_id(self._memo.seed, self._choice, position)
        seal = google_seal_in(item)
        call = self._named(name, arguments, id_=id_, extra=rest_of(item))
        if not isinstance(call, ir.ToolCall):
            return call
        return replace(call, form="custom" if is_custom else call.form, seal=seal)

    def _named(
        self, name: str, arguments: str, *, id_: str, extra: ir.Extra | None
    ) -> ir.Text | ir.ToolCall:
        memo = self._memo
        if name == memo.schema_tool:
            return ir.Text(text=arguments)
        asked = memo.names.get(name, name)
        if asked in memo.custom:
            text = custom_tools.input_of(arguments)
            return ir.ToolCall(id=id_, name=asked, arguments=text, form="custom", extra=extra)
        return ir.ToolCall(id=id_, name=asked, arguments=arguments, extra=extra)


def spelling(key: str) -> ir.Extra | None:
    return note(None, REASONING) if key == "reasoning" else None


def _is_text(block: Content) -> bool:
    return isinstance(block, ir.Text)


def _part(raw: Raw) -> Content:
    part = read(OBJECTS, raw) or {}
    match text_in(dict(part), "type"):
        case "text":
            del part["type"]
            return ir.Text(text=text_in(part, "text") or "", extra=rest_of(part))
        case "thinking":
            del part["type"]
            text, whole = thought_of(part), part.pop("thinking", NULL)
            return ir.Thinking(text=text, extra={PART: whole, **(rest_of(part) or {})})
        case kind:
            return ir.Opaque(dialect="openai.chat", kind=kind or "part", raw=raw)
