"""What the dialect says about tokens, read and written.

Laws: Gemini counts the prompts of its own tools apart from the input and thoughts apart from the
output, the IR counts all of each; numbers are the vendor's, be they wrong.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.lenient import an_object, as_object, whole, words

# Vertex can be asked for numbers instead of words.
IMAGE: Final[frozenset[object]] = frozenset({"IMAGE", 2})
AUDIO: Final[frozenset[object]] = frozenset({"AUDIO", 4})
OWN: Final = ("promptTokenCount", "totalTokenCount", "candidatesTokenCount", "trafficType")

BILLED_BY_THE_ANSWER: Final = ("gemini-1", "gemini-2")


def read_usage(said: Mapping[str, Any]) -> ir.Usage | None:
    """None where it says nothing."""
    if not said:
        return None
    tools = whole(said.get("toolUsePromptTokenCount"))
    thoughts = whole(said.get("thoughtsTokenCount"))
    answers = (said.get("candidatesTokensDetails"),)
    return ir.Usage(
        input_tokens=_sum(whole(said.get("promptTokenCount")), tools),
        cache_read_tokens=whole(said.get("cachedContentTokenCount")),
        input_audio_tokens=_fresh(said, AUDIO),
        input_image_tokens=_fresh(said, IMAGE),
        output_tokens=_sum(_candidates(said, thoughts), thoughts),
        reasoning_tokens=thoughts,
        output_audio_tokens=_of_modality(answers, AUDIO),
        output_image_tokens=_of_modality(answers, IMAGE),
        raw=Raw(msgspec.json.encode(said)),
    )


def searches_of(grounding: Mapping[str, Any]) -> int | None:
    """How often the vendor searched the web, which it tells beside the answer."""
    queries = grounding.get("webSearchQueries")
    return len(queries) if isinstance(queries, list) and queries else None


def with_searches(
    usage: ir.Usage | None, searches: int | None, *, model: object
) -> ir.Usage | None:
    """Until the third generation Google bills an answer that was searched for, not each search."""
    if usage is None or searches is None:
        return usage
    if isinstance(model, str) and model.startswith(BILLED_BY_THE_ANSWER):
        searches = 1
    return replace(usage, provider_tool_calls={"web_search": searches})


def read_tier(said: Mapping[str, Any]) -> str | None:
    return words(said.get("serviceTier"))


def usage_object(usage: ir.Usage) -> dict[str, Any] | None:
    """None where nothing is known; the vendor's own where it was the dialect's."""
    own = an_object(usage.raw)
    if any(key in own for key in OWN):
        return own
    thoughts, output = usage.reasoning_tokens, usage.output_tokens
    visible = None if output is None else max(0, output - (thoughts or 0))
    said = {
        "promptTokenCount": usage.input_tokens,
        "cachedContentTokenCount": usage.cache_read_tokens,
        "candidatesTokenCount": visible,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": _sum(usage.input_tokens, output),
        "promptTokensDetails": _details(usage.input_audio_tokens, usage.input_image_tokens),
        "candidatesTokensDetails": _details(usage.output_audio_tokens, usage.output_image_tokens),
    }
    return {key: value for key, value in said.items() if value is not None} or None


def _candidates(said: Mapping[str, Any], thoughts: int | None) -> int | None:
    visible, total = (
        whole(said.get("candidatesTokenCount", "trafficType")),
        whole(said.get("totalTokenCount")),
    )
    if visible is not None or thoughts is not None or total is None:
        return visible
    # A prompt that is refused has no answer to count: the total is all of the prompt.
    prompt = (whole(said.get("promptTokenCount")), whole(said.get("toolUsePromptTokenCount")))
    return 0 if total == _sum(*prompt) else None


def _sum(*parts: int | None) -> int | None:
    told = [part for part in parts if part is not None]
    return sum(told) if told else None


def _fresh(said: Mapping[str, Any], wanted: frozenset[object]) -> int | None:
    """What of it came from the cache is told with the cache."""
    prompts = (said.get("promptTokensDetails"), said.get("toolUsePromptTokensDetails"))
    told = _of_modality(prompts, wanted)
    cached = _of_modality((said.get("cacheTokensDetails"),), wanted)
    return told if told is None or cached is None else max(0, told - cached)


def _of_modality(lists: Iterable[object], wanted: frozenset[object]) -> int | None:
    counts = [
        whole(as_object(each).get("tokenCount"))
        for listed in lists
        if isinstance(listed, list)
        for each in listed
        if _modality(each) in wanted
    ]
    return _sum(*counts)


def _modality(said: object) -> str | int | None:
    modality = as_object(said).get("modality")
    return modality if isinstance(modality, str | int) else None


def _details(audio: int | None, image: int | None) -> list[dict[str, Any]] | None:
    told = (("AUDIO", audio), ("IMAGE", image))
    said = [{"modality": kind, "tokenCount": count} for kind, count in told if count is not None]
    return said or None
