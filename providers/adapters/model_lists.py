"""Model lists as vendors answer them. Pure."""

import re
from typing import Any, Final

import msgspec

from providers.adapters.base import DiscoveredModel, UnreadableModels

WINDOWS: Final = ("context_window", "context_length", "max_model_len", "max_context_length")
OUTPUTS: Final = ("max_completion_tokens", "max_output_tokens", "max_output_length")
EMBEDS: Final = re.compile(r"embed", re.IGNORECASE)
GEMINI_PREFIX: Final = "models/"
GEMINI_METHODS: Final = {"generateContent": "chat", "embedContent": "embeddings"}
# What lists of models also hold, by their names; the first that fits. Some nobody here serves.
OTHERS: Final[tuple[tuple["re.Pattern[str]", frozenset[str]], ...]] = tuple(
    (re.compile(names, re.IGNORECASE), frozenset(operations))
    for names, operations in (
        ("realtime|sora", ()),
        ("whisper", ("transcriptions", "translations")),
        ("transcri", ("transcriptions",)),
        ("tts", ("speech",)),
        ("gpt-image|dall-e-2", ("images", "image_edits")),
        ("dall-e", ("images",)),
        ("moderation", ("moderations",)),
        ("rerank", ("rerank",)),
        ("davinci|babbage|turbo-instruct", ("completions",)),
    )
)
CHAT: Final = frozenset({"chat"})


def rows(body: bytes, *, under: str = "data", named: str = "id") -> list[dict[str, Any]]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UnreadableModels("the model list is not JSON") from None
    # Together answers with the bare list.
    listed = value.get(under) if isinstance(value, dict) else value
    if not isinstance(listed, list):
        raise UnreadableModels(f"the answer holds no list of models under `{under}`")
    return [row for row in listed if isinstance(row, dict) and isinstance(row.get(named), str)]


def openai_models(body: bytes) -> tuple[DiscoveredModel, ...]:
    return tuple(
        DiscoveredModel(
            name=row["id"],
            operations=_operations(row["id"]),
            context_window=_first(row, WINDOWS),
            max_output_tokens=_first(row, OUTPUTS),
        )
        for row in rows(body)
    )


def anthropic_models(body: bytes) -> tuple[DiscoveredModel, ...]:
    return tuple(
        DiscoveredModel(
            name=row["id"],
            context_window=_first(row, ("max_input_tokens",)),
            max_output_tokens=_first(row, ("max_tokens",)),
        )
        for row in rows(body)
    )


def gemini_models(body: bytes) -> tuple[DiscoveredModel, ...]:
    return tuple(
        DiscoveredModel(
            name=row["name"].removeprefix(GEMINI_PREFIX),
            operations=_gemini_operations(row),
            context_window=_first(row, ("inputTokenLimit",)),
            max_output_tokens=_first(row, ("outputTokenLimit",)),
        )
        for row in rows(body, under="models", named="name")
    )


def bedrock_models(body: bytes) -> tuple[DiscoveredModel, ...]:
    return tuple(
        DiscoveredModel(name=row["modelId"], operations=_bedrock_operations(row))
        for row in rows(body, under="modelSummaries", named="modelId")
    )


def _bedrock_operations(row: dict[str, Any]) -> frozenset[str]:
    outputs = row.get("outputModalities")
    return frozenset({"chat"} if isinstance(outputs, list) and "TEXT" in outputs else ())


def _gemini_operations(row: dict[str, Any]) -> frozenset[str]:
    methods = row.get("supportedGenerationMethods")
    if not isinstance(methods, list):
        return _operations(row["name"])
    return frozenset(what for method, what in GEMINI_METHODS.items() if method in methods)


def _operations(name: str) -> frozenset[str]:
    if EMBEDS.search(name):
        return frozenset({"embeddings"})
    return next((does for names, does in OTHERS if names.search(name)), CHAT)


def _first(row: dict[str, Any], names: tuple[str, ...]) -> int | None:
    for name in names:
        value = row.get(name)
        if type(value) is int and value > 0:
            return value
    return None
