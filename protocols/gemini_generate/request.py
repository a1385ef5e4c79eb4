"""A generateContent request, read: the model and whether to stream are in its path."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.codec import Head
from protocols.errors import DecodeError, Unsupported
from protocols.fields import Fields, Item, read_body
from protocols.gemini_generate.ids import Calls
from protocols.gemini_generate.parts import DIALECT, NULL, read_part
from protocols.gemini_generate.reading import camelled, each, inner, note
from protocols.gemini_generate.schema import json_schema
from protocols.gemini_generate.tools import read_choice, read_tools
from protocols.ir import Message, OutputFormat, Reasoning, Text

Role: TypeAlias = Literal["user", "assistant"]
Modality: TypeAlias = Literal["text", "audio", "image"]
ROLES: Final[Mapping[str, Role]] = {
    "user": "user",
    "model": "assistant",
    "function": "user",  # as Vertex had it first
    "tool": "user",
}
NAMES_OF_ROLES: Final[Mapping[str, str]] = {"system": "user", "user": "user", "assistant": "model"}
MODALITIES: Final[Mapping[str, Modality]] = {
    "TEXT": "text",
    "AUDIO": "audio",
    "IMAGE": "image",
}
JSON: Final = "application/json"
PLAIN: Final = "text/plain"
DYNAMIC: Final = -1
MAX_CANDIDATES: Final = 128


def decode_request(body: bytes, head: Head) -> ir.Request:
    fields = camelled(read_body(body))
    model = (fields.text("model") or "") if head.model is None else head.model
    if not model:
        raise DecodeError("model", "is missing; expected in the path")
    fields.raw("model")  # said once more in the body, where the path counts
    if not fields.has("contents"):
        raise DecodeError("contents", "is missing; expected a list of contents")
    config = inner(fields, "generationConfig") or Fields(b"{}", "generationConfig")
    tool_config = inner(fields, "toolConfig")
    choice = None if tool_config is None else read_choice(tool_config, fields)
    messages = (*_system(fields), *_messages(fields))
    output = _output(config, fields)
    reasoning = _reasoning(config)
    sampling = _sampling(config)
    modalities = _modalities(config, fields)
    for key, rest in (("toolConfig", tool_config), ("generationConfig", config)):
        if rest is not None:
            fields.put_back_rest(key, rest)
    return ir.Request(
        dialect=DIALECT,
        model=model,
        stream=head.stream or False,
        messages=messages,
        sampling=sampling,
        tools=tuple(tool for item in each(fields, "tools") for tool in read_tools(item)),
        tool_choice=choice,
        output=output,
        reasoning=reasoning,
        modalities=modalities,
        service_tier=fields.text("serviceTier"),
        headers=head.headers or None,
        extra=fields.rest(),
    )


def _system(fields: Fields) -> Iterator[Message]:
    item = fields.item("systemInstruction")
    if item is None:
        return
    if item.is_text():
        yield Message(role="system", content=(Text(text=item.text()),), head=True)
        return
    said = camelled(item.fields())
    said.raw("role")  # has no meaning here
    calls = Calls("system")
    content = tuple(read_part(part, calls) for part in each(said, "parts"))
    yield Message(role="system", content=content, head=True, extra=said.rest())


def _messages(fields: Fields) -> Iterator[Message]:
    calls = Calls("request")
    for item in each(fields, "contents"):
        said = camelled(item.fields())
        raw = said.raw("role")
        role: Role = "user"
        if raw:
            place = Item(raw, said.at("role"))
            role = place.choice(ROLES)
            if place.text() != NAMES_OF_ROLES[role]:
                note(said, "role", raw)
        content = tuple(read_part(part, calls) for part in each(said, "parts"))
        yield Message(role=role, content=content, extra=said.rest())


def _sampling(config: Fields) -> ir.Sampling:
    candidates = config.whole("candidateCount")
    if candidates is not None and candidates > MAX_CANDIDATES:
        why = f"is {candidates}; at most {MAX_CANDIDATES} answers are given"
        raise Unsupported("candidateCount", why)
    return ir.Sampling(
        max_tokens=config.whole("maxOutputTokens"),
        temperature=config.number("temperature"),
        top_p=config.number("topP"),
        top_k=config.whole("topK"),
        stop=tuple(item.text() for item in config.items("stopSequences")),
        seed=config.whole("seed"),
        presence_penalty=config.number("presencePenalty"),
        frequency_penalty=config.number("frequencyPenalty"),
        candidates=candidates,
        logprobs=config.flag("responseLogprobs"),
        top_logprobs=config.whole("logprobs"),
    )


def _modalities(config: Fields, fields: Fields) -> tuple[Modality, ...]:
    """In any case of letters; a list with one we do not know stays with the rest."""
    item = config.item("responseModalities")
    words = [] if item is None else [each.text() for each in item.items()]
    if item is not None and not MODALITIES.keys() >= {word.upper() for word in words}:
        config.put_back("responseModalities", item.raw)
        return ()
    if item is not None and not MODALITIES.keys() >= {*words}:
        note(fields, "responseModalities", item.raw)
    return tuple(MODALITIES[word.upper()] for word in words)


def _output(config: Fields, fields: Fields) -> OutputFormat | None:
    """A schema of the dialect's own kind is noted beside the JSON Schema it means."""
    raw = config.raw("responseMimeType")
    mime = None if not raw else Item(raw, config.at("responseMimeType")).text()
    if mime not in {None, JSON, PLAIN}:
        config.put_back("responseMimeType", raw)
        return None
    schema = config.raw("responseJsonSchema")
    if not schema:
        own = config.raw("responseSchema")
        if own:
            note(fields, "responseSchema", own)
            schema = json_schema(own)
    if schema:
        if mime != JSON:
            note(fields, "responseMimeType", raw or NULL)
        return OutputFormat(kind="json_schema", schema=schema)
    return None if mime is None else OutputFormat(kind="json" if mime == JSON else "text")


def _reasoning(config: Fields) -> Reasoning | None:
    said = inner(config, "thinkingConfig")
    if said is None:
        return None
    budget, level = said.whole("thinkingBudget"), said.text("thinkingLevel")
    if level is not None and not level.isupper():
        note(said, "thinkingLevel", Raw(msgspec.json.encode(level)))
    shown = said.flag("includeThoughts")
    mode: Literal["off", "on", "adaptive"] | None = None
    if budget is not None:
        mode = "adaptive" if budget == DYNAMIC else "on" if budget > 0 else "off"
    return Reasoning(
        mode=mode,
        effort=None if level is None else level.lower(),
        budget_tokens=None if budget == DYNAMIC else budget,
        show=None if shown is None else "summary" if shown else "none",
        extra=said.rest(),
    )
