"""Model lists as vendors answer them."""

import msgspec
import pytest

from providers.adapters.base import DiscoveredModel, UnreadableModels
from providers.adapters.registry import ADAPTERS


def test_an_openai_list_says_what_each_model_is_for() -> None:
    body = msgspec.json.encode(
        {
            "object": "list",
            "data": [
                {"id": "gpt-4o", "object": "model"},
                {"id": "text-embedding-3-small"},
                {"id": "whisper-1"},
                {"id": "gpt-4o-mini-transcribe"},
                {"id": "gpt-4o-mini-tts"},
                {"id": "gpt-image-1"},
                {"id": "dall-e-3"},
                {"id": "omni-moderation-latest"},
                {"id": "rerank-v3.5"},
                {"id": "gpt-3.5-turbo-instruct"},
                {"id": "gpt-realtime"},
                {"id": "vllm", "max_model_len": 32768, "max_completion_tokens": 1024},
                {"id": "odd", "context_length": True, "context_window": -1},
                {"object": "model"},
                "text",
            ],
        }
    )
    assert ADAPTERS["openai"].models(body) == (
        DiscoveredModel(name="gpt-4o"),
        DiscoveredModel(name="text-embedding-3-small", operations=frozenset({"embeddings"})),
        *(
            DiscoveredModel(name=name, operations=frozenset(operations))
            for name, operations in (
                ("whisper-1", ("transcriptions", "translations")),
                ("gpt-4o-mini-transcribe", ("transcriptions",)),
                ("gpt-4o-mini-tts", ("speech",)),
                ("gpt-image-1", ("images", "image_edits")),
                ("dall-e-3", ("images",)),
                ("omni-moderation-latest", ("moderations",)),
                ("rerank-v3.5", ("rerank",)),
                ("gpt-3.5-turbo-instruct", ("completions",)),
                ("gpt-realtime", ()),
            )
        ),
        DiscoveredModel(name="vllm", context_window=32768, max_output_tokens=1024),
        DiscoveredModel(name="odd"),
    )


def test_a_bare_list_is_a_list() -> None:
    assert ADAPTERS["openai_compatible"].models(b'[{"id":"m"}]') == (DiscoveredModel(name="m"),)


def test_anthropics_list_says_the_windows() -> None:
    row = {"id": "claude-x", "type": "model", "max_input_tokens": 200000, "max_tokens": 64000}
    body = msgspec.json.encode({"data": [row], "has_more": False})
    assert ADAPTERS["anthropic"].models(body) == (
        DiscoveredModel(name="claude-x", context_window=200000, max_output_tokens=64000),
    )


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"data":{}}', b"3", b"[" * 9_999])
def test_what_is_no_list_of_models_is_named(kind: str, body: bytes) -> None:
    with pytest.raises(UnreadableModels):
        ADAPTERS[kind].models(body)
