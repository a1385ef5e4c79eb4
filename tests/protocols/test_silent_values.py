"""What says nothing, and what vendors do anyway, is no loss in any other dialect (PR-38)."""

from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from protocols.codec import Encoded, Head
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from tests.protocols.corpus.exchanges import target_of

HEAD: Final = Head(model="m")
TURN: Final = {"role": "user", "content": "hi"}
TOOL: Final = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
BODIES: Final[dict[Dialect, dict[str, Any]]] = {
    "openai.chat": {"messages": [TURN]},
    "openai.responses": {"input": "hi"},
    "anthropic.messages": {"max_tokens": 99, "messages": [TURN]},
    "gemini.generate": {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
    "bedrock.converse": {"messages": [{"role": "user", "content": [{"text": "hi"}]}]},
}
ECHO: Final[dict[str, Any]] = {
    "role": "assistant", "content": "x", "annotations": [], "refusal": None, "audio": None,
    "function_call": None, "tool_calls": None,
}  # fmt: skip
UNDEFERRED: Final = {
    "name": "f", "input_schema": {"type": "object"}, "defer_loading": False,
    "eager_input_streaming": False,
}  # fmt: skip
CALLED: Final = {
    "role": "assistant",
    "content": [
        {"type": "tool_use", "id": "c", "name": "f", "input": {}, "caller": {"type": "direct"}}
    ],
}
RESULT: Final = {
    "role": "user",
    "content": [{"type": "tool_result", "tool_use_id": "c", "content": "1"}],
}
SILENT: Final[dict[Dialect, tuple[dict[str, Any], ...]]] = {
    "openai.chat": (
        {"temperature": 1, "top_p": 1, "n": 1, "presence_penalty": 0, "frequency_penalty": 0},
        {"logprobs": False, "top_logprobs": 0, "logit_bias": {}, "prediction": None},
        {"store": False, "stop": [], "metadata": {}, "user": "", "web_search_options": None},
        {"service_tier": "auto", "verbosity": "medium", "modalities": ["text"]},
        {"response_format": {"type": "text"}, "prompt_cache_retention": "in_memory"},
        {"tools": [TOOL], "tool_choice": "auto", "parallel_tool_calls": True},
        {"tools": [], "tool_choice": "none", "parallel_tool_calls": False},
        {"messages": [TURN, ECHO, TURN]},
    ),
    "openai.responses": (
        {"truncation": "disabled", "background": False, "max_tool_calls": None, "metadata": {}},
        {"conversation": None, "prompt": None, "include": [], "store": False, "tools": []},
        {"text": {"format": {"type": "text"}, "verbosity": "medium"}, "client_metadata": {}},
        {"reasoning": {"effort": None, "summary": None}, "parallel_tool_calls": False},
        {"input": [TURN, {"role": "assistant", "content": "x", "phase": "final_answer"}, TURN]},
    ),
    "anthropic.messages": (
        {"mcp_servers": [], "container": None, "stop_sequences": [], "service_tier": "auto"},
        {"temperature": 1, "metadata": {"user_id": None}, "thinking": {"type": "disabled"}},
        {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}, "system": []},
        {"output_config": {"effort": None}, "cache_control": None, "inference_geo": "global"},
        {"messages": [TURN, CALLED, RESULT], "tools": [UNDEFERRED]},
    ),
    "gemini.generate": (
        {"safetySettings": [], "labels": {}, "tools": [], "cachedContent": ""},
        {"generationConfig": {"temperature": 1, "topP": 0.95, "topK": 64, "candidateCount": 1}},
        {"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_UNSPECIFIED"}},
        {"generationConfig": {"responseMimeType": "text/plain", "responseModalities": ["TEXT"]}},
        {"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}, "retrievalConfig": {}}},
    ),
    "bedrock.converse": (
        {"performanceConfig": {"latency": "standard"}, "promptVariables": {}},
        {"inferenceConfig": {"stopSequences": []}, "additionalModelRequestFields": {}},
        {"additionalModelResponseFieldPaths": [], "requestMetadata": {}},
        {"serviceTier": {"type": "default"}},
    ),
}
CASES: Final = [(dialect, said) for dialect, all_said in SILENT.items() for said in all_said]


def sent(
    dialect: Dialect, said: dict[str, Any], other: Dialect, *refuses: str, vendor: str | None = None
) -> Encoded:
    body = msgspec.json.encode({**BODIES[dialect], **said})
    target = replace(target_of(other), refuses=frozenset(refuses))
    target = target if vendor is None else replace(target, vendor=vendor)
    return UPSTREAM_CODECS[other].encode_request(
        CLIENT_CODECS[dialect].decode_request(body, HEAD), target, "attempt"
    )


@pytest.mark.parametrize("other", UPSTREAM_CODECS)
@pytest.mark.parametrize(("dialect", "said"), CASES)
def test_what_says_nothing_is_no_loss_in_any_dialect(
    dialect: Dialect, said: dict[str, Any], other: Dialect
) -> None:
    assert sent(dialect, said, other).losses == ()
    # Nor where less is known than by the vendors of OpenAI's dialects.
    assert sent(dialect, said, other, vendor="somebody").losses == ()


@pytest.mark.parametrize("other", UPSTREAM_CODECS)
def test_what_gemini_does_anyway_is_no_loss_where_it_is_refused(other: Dialect) -> None:
    said = {"generationConfig": {"temperature": 0.7, "topP": 0.95, "topK": 64}}
    refuses = ("top_p", "top_k")
    if other != "gemini.generate":
        assert sent("gemini.generate", said, other, *refuses).losses == ()
        assert sent("gemini.generate", said, other, "temperature+top_p").losses == ()


@pytest.mark.parametrize("other", ["openai.chat", "openai.responses"])
def test_what_is_another_value_is_a_loss(other: Dialect) -> None:
    said = {"generationConfig": {"topP": 0.9, "topK": 40, "mediaResolution": "LOW"}}
    lost = [loss.code for loss in sent("gemini.generate", said, other, "top_p").losses]
    assert lost == ["top_p", "top_k", "other:mediaResolution"]


def test_a_refused_field_of_the_dialect_itself_is_a_loss_where_it_says_something() -> None:
    refuses = ("logit_bias", "prediction", "metadata")
    silent: dict[str, Any] = {"logit_bias": {}, "prediction": None, "metadata": {}}
    assert sent("openai.chat", silent, "openai.chat", *refuses).losses == ()
    said = {"logit_bias": {"1": 2}, "prediction": {"type": "content"}, "metadata": {"a": "b"}}
    lost = [loss.code for loss in sent("openai.chat", said, "openai.chat", *refuses).losses]
    assert lost == ["metadata", "logit_bias", "other:prediction"]
