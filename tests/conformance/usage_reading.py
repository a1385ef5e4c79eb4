"""What a vendor's usage object says, in every dialect there is, spoken by the gateway or not.

Read by the table of providers.md PV-33 and by nothing of ours: what the gateway's own readers make
of the same answers must agree. Where an answer says several, the later word wins, key by key.
"""

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from protocols.ir import Usage
from tests.protocols.corpus import Record

Said: TypeAlias = dict[str, Any]
SEARCHES: Final = re.compile(rb'"tool_usage":.*?"web_search": ?\{ ?"num_requests": ?(\d+)')
BY_THE_ANSWER: Final = re.compile(rb'"modelVersion":\s*"gemini-[12]')
QUERIES: Final = re.compile(rb'"webSearchQueries": ?(\[[^\]]*\])')
KINDS: Final = {1: "TEXT", 2: "IMAGE", 3: "VIDEO", 4: "AUDIO"}  # Google's numbers


def usage_of(exchange: Record) -> Usage | None:
    """None where it says nothing, or in words that nobody reads here."""
    said: Said = {}
    for one in exchange.observed.usage:
        said |= {name: value for name, value in one.items() if value is not None}
    for api, reader in READERS.items():
        if said and fnmatchcase(exchange.api, api):
            searched = searches_of(exchange)
            usage = reader(said)
            return (
                replace(usage, provider_tool_calls={"web_search": searched}) if searched else usage
            )
    return None


def searches_of(exchange: Record) -> int:
    """How often the web was searched, which OpenAI counts and Google lists beside the usage; of
    older models Google bills the answer."""
    body = exchange.response.body
    counted, listed = SEARCHES.findall(body), QUERIES.findall(body)
    if counted:
        return int(counted[-1])
    queries = len(msgspec.json.decode(listed[-1])) if listed else 0
    return min(queries, 1) if BY_THE_ANSWER.search(body) else queries


def _chat(said: Said) -> Usage:
    prompt, completion = (
        _inner(said, "prompt_tokens_details"),
        _inner(said, "completion_tokens_details"),
    )
    asked, answered = said.get("prompt_tokens", 0), said.get("completion_tokens", 0)
    thought = completion.get("reasoning_tokens") or said.get("reasoning_tokens") or 0
    # xAI has reasoning in the total only.
    if thought and asked + answered + thought == said.get("total_tokens"):
        answered += thought
    written = prompt.get("cache_write_tokens")
    return Usage(
        input_tokens=asked,
        cache_read_tokens=_first(
            prompt.get("cached_tokens"),
            said.get("prompt_cache_hit_tokens"),
            said.get("cached_tokens"),
        ),
        cache_write_tokens=None if written is None else {"30m": written},
        input_audio_tokens=prompt.get("audio_tokens"),
        input_image_tokens=prompt.get("image_tokens"),
        output_tokens=answered,
        reasoning_tokens=thought,
        output_audio_tokens=completion.get("audio_tokens"),
        output_image_tokens=completion.get("image_tokens"),
    )


def _embeddings(said: Said) -> Usage:
    return Usage(input_tokens=said.get("prompt_tokens", said.get("total_tokens")), output_tokens=0)


def _responses(said: Said) -> Usage:
    asked, answered = _inner(said, "input_tokens_details"), _inner(said, "output_tokens_details")
    split = _inner(asked, "cache_write_tokens_details")
    written = asked.get("cache_write_tokens") or 0
    longest = split.get("ttl_12h_tokens") or 0
    return Usage(
        input_tokens=said.get("input_tokens", 0),
        cache_read_tokens=asked.get("cached_tokens"),
        cache_write_tokens={"30m": written - longest, "12h": longest} if written else None,
        output_tokens=said.get("output_tokens", 0),
        reasoning_tokens=answered.get("reasoning_tokens"),
    )


def _messages(said: Said) -> Usage:
    read, written = (
        said.get("cache_read_input_tokens", 0),
        said.get("cache_creation_input_tokens", 0),
    )
    hour = _inner(said, "cache_creation").get("ephemeral_1h_input_tokens") or 0
    searches = _inner(said, "server_tool_use").get("web_search_requests")
    return Usage(
        input_tokens=said.get("input_tokens", 0) + read + written,
        cache_read_tokens=read,
        cache_write_tokens={"5m": written - hour, "1h": hour} if written else None,
        output_tokens=said.get("output_tokens", 0),
        reasoning_tokens=_inner(said, "output_tokens_details").get("thinking_tokens"),
        provider_tool_calls=None if searches is None else {"web_search": searches},
    )


def _converse(said: Said) -> Usage:
    read, written = said.get("cacheReadInputTokens", 0), said.get("cacheWriteInputTokens", 0)
    kept = {one["ttl"]: one["inputTokens"] for one in said.get("cacheDetails") or ()}
    hour = kept.get("1h", 0)
    return Usage(
        input_tokens=said.get("inputTokens", 0) + read + written,
        cache_read_tokens=read,
        cache_write_tokens={"5m": written - hour, "1h": hour} if written else None,
        output_tokens=said.get("outputTokens", 0),
    )


def _generate(said: Said) -> Usage:
    cached = said.get("cachedContentTokenCount", 0)
    asked = _by_kind(said, "promptTokensDetails", "toolUsePromptTokensDetails")
    read = _by_kind(said, "cacheTokensDetails")
    answered = _by_kind(said, "candidatesTokensDetails")
    prompts = [said.get("promptTokenCount"), said.get("toolUsePromptTokenCount")]
    answers = [said.get("candidatesTokenCount"), said.get("thoughtsTokenCount")]
    return Usage(
        input_tokens=_sum(prompts),
        cache_read_tokens=cached,
        input_audio_tokens=asked.get("AUDIO", 0) - read.get("AUDIO", 0),
        input_image_tokens=asked.get("IMAGE", 0) - read.get("IMAGE", 0),
        output_tokens=_sum(answers if "totalTokenCount" not in said else [0, *answers]),
        reasoning_tokens=said.get("thoughtsTokenCount"),
        output_audio_tokens=answered.get("AUDIO"),
        output_image_tokens=answered.get("IMAGE"),
    )


def _invoke(said: Said) -> Usage:
    """Each maker's model answers in its maker's words; Bedrock adds its own to streams."""
    if "inputTokens" in said:
        return _converse(said)
    if "prompt_tokens" in said:
        return _chat(said)
    measured = said.get("amazon-bedrock-invocationMetrics", {})
    if "input_tokens" in said or not measured:
        return _messages(said)
    return _converse(
        {
            "inputTokens": measured["inputTokenCount"],
            "outputTokens": measured["outputTokenCount"],
            "cacheReadInputTokens": measured.get("cacheReadInputTokenCount", 0),
            "cacheWriteInputTokens": measured.get("cacheWriteInputTokenCount", 0),
        }
    )


def _cohere(said: Said) -> Usage:
    """It bills less than it counts."""
    billed = _inner(said, "billed_units")
    return Usage(
        input_tokens=billed.get("input_tokens"), output_tokens=billed.get("output_tokens", 0)
    )


def _inner(said: Mapping[str, Any], name: str) -> Said:
    return said.get(name) or {}


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _sum(counts: list[int | None]) -> int | None:
    """None where none is said."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _by_kind(said: Said, *names: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        for one in said.get(name) or ():
            kind = KINDS.get(one.get("modality"), one.get("modality"))
            found[kind] = found.get(kind, 0) + (one.get("tokenCount") or 0)
    return found


# Of APIs that answer with tokens; the first that fits.
READERS: Final[Mapping[str, Callable[[Said], Usage]]] = {
    "cohere.v2_chat": _cohere,
    "cohere.v2_embed": _cohere,
    "*.chat": _chat,
    "*.openai_chat": _chat,
    "*.completions": _chat,
    "*.embeddings": _embeddings,
    "*.responses": _responses,
    "*.messages": _messages,
    "vertex.anthropic_*": _messages,
    "*.generateContent": _generate,
    "*.streamGenerateContent": _generate,
    "bedrock.converse*": _converse,
    "bedrock.invoke*": _invoke,
}
