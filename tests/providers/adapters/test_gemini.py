"""Gemini as a back-end: addresses, key, models, and what its errors mean."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from providers.adapters.base import DiscoveredModel, UnreadableModels, UpstreamCall
from providers.adapters.registry import ADAPTERS
from tests.providers.adapters.destinations import API_KEY, Shown, destination, provider

GEMINI = ADAPTERS["gemini"]
BASE = "https://generativelanguage.googleapis.com/v1beta"
TYPES = "type.googleapis.com/google.rpc."


def call(
    operation: str = "chat", *, model: str = "gemini-2.5-pro", **settings: Any
) -> UpstreamCall:
    stream = settings.pop("stream", False)
    client = settings.pop("client", {})
    made = destination("gemini", **settings)
    target = replace(made.target, upstream_name=model)
    return GEMINI.call(
        replace(made, target=target),
        operation=operation,
        body=b"{}",
        headers=client,
        stream=stream,
    )


def verdict(status: int, *details: dict[str, Any], said: str = "", message: str = "m") -> Any:
    error = {"code": status, "message": message, "status": said, "details": details}
    return GEMINI.verdict(status, {}, msgspec.json.encode({"error": error}))


def test_the_model_is_in_the_path_and_the_key_in_a_header() -> None:
    made = call()
    assert made.url == f"{BASE}/models/gemini-2.5-pro:generateContent"
    assert dict(made.headers)["x-goog-api-key"] == "sk-secret"
    assert "authorization" not in dict(made.headers)
    assert made.body == b"{}"


def test_a_stream_asks_for_events_under_a_path_of_its_own() -> None:
    made = call(stream=True)
    assert made.url == f"{BASE}/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
    assert dict(made.headers)["accept"] == "text/event-stream"


def test_tokens_are_counted_under_another_and_never_streamed() -> None:
    assert call("count_tokens", stream=True).url == f"{BASE}/models/gemini-2.5-pro:countTokens"


def test_vectors_are_asked_for_in_batches() -> None:
    assert call("embeddings").url == f"{BASE}/models/gemini-2.5-pro:batchEmbedContents"


def test_a_models_name_cannot_leave_its_place() -> None:
    made = call(model="../x?key=1#:y")
    assert made.url == f"{BASE}/models/..%2Fx%3Fkey%3D1%23%3Ay:generateContent"


@pytest.mark.parametrize("version", ["v1", "v1alpha", "v1beta"])
def test_a_base_url_may_name_a_version(version: str) -> None:
    base_url = f"https://generativelanguage.googleapis.com/{version}"
    assert call(base_url=base_url).url.startswith(f"{base_url}/models/")


def test_without_a_version_it_is_the_usual_one() -> None:
    made = call(base_url="https://generativelanguage.googleapis.com")
    assert made.url.startswith(f"{BASE}/models/")


def test_only_the_sdks_own_header_goes_along() -> None:
    made = call(client={"x-goog-api-client": "genai/3", "x-goog-api-key": "mine", "cookie": "c"})
    headers = dict(made.headers)
    assert headers["x-goog-api-client"] == "genai/3"
    assert headers["x-goog-api-key"] == "sk-secret"
    assert "cookie" not in headers


def test_models_are_listed_a_thousand_at_a_time() -> None:
    made = GEMINI.models_call(
        provider=provider(GEMINI), credential=API_KEY, secret=Shown("sk-secret")
    )
    assert made.url == f"{BASE}/models?pageSize=1000"
    assert dict(made.headers)["x-goog-api-key"] == "sk-secret"


def test_a_list_says_what_each_model_does() -> None:
    body = msgspec.json.encode(
        {
            "models": [
                {
                    "name": "models/gemini-2.5-pro",
                    "inputTokenLimit": 1048576,
                    "outputTokenLimit": 65536,
                    "supportedGenerationMethods": ["generateContent", "countTokens"],
                },
                {
                    "name": "models/gemini-embedding-001",
                    "supportedGenerationMethods": ["embedContent"],
                },
                {"name": "models/imagen", "supportedGenerationMethods": ["predict"]},
                {"name": "models/told-nothing"},
                {"displayName": "nameless"},
            ],
            "nextPageToken": "x",
        }
    )
    assert GEMINI.models(body) == (
        DiscoveredModel(name="gemini-2.5-pro", context_window=1048576, max_output_tokens=65536),
        DiscoveredModel(name="gemini-embedding-001", operations=frozenset({"embeddings"})),
        DiscoveredModel(name="imagen", operations=frozenset()),
        DiscoveredModel(name="told-nothing"),
    )


def test_what_is_no_list_of_models_is_named() -> None:
    with pytest.raises(UnreadableModels, match="models"):
        GEMINI.models(b'{"data": []}')


@pytest.mark.parametrize(
    ("status", "said", "message", "cls"),
    [
        (400, "INVALID_ARGUMENT", "bad", "client_error"),
        (400, "FAILED_PRECONDITION", "User location is not supported", "client_error"),
        (
            400,
            "INVALID_ARGUMENT",
            "The input token count (2) exceeds the maximum number of tokens allowed (1).",
            "context_window",
        ),
        (401, "UNAUTHENTICATED", "?", "auth"),
        (403, "PERMISSION_DENIED", "?", "auth"),
        (404, "NOT_FOUND", "models/x is not found for API version v1beta, or …", "model_missing"),
        (404, "NOT_FOUND", "Publisher Model `projects/p/models/x` not found.", "model_missing"),
        (404, "NOT_FOUND", "The file is gone", "client_error"),
        (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", "rate_limited"),
        (429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.", "quota"),
        (500, "INTERNAL", "?", "server_error"),
        (503, "UNAVAILABLE", "The model is overloaded.", "overloaded"),
        (504, "DEADLINE_EXCEEDED", "?", "timeout"),
    ],
)
def test_errors_are_told_apart(status: int, said: str, message: str, cls: str) -> None:
    assert verdict(status, said=said, message=message).cls == cls


def test_a_key_that_is_wrong_comes_as_a_bad_request() -> None:
    info = {"@type": f"{TYPES}ErrorInfo", "reason": "API_KEY_INVALID"}
    found = verdict(400, {"no": "reason"}, info, said="INVALID_ARGUMENT")
    assert (found.cls, found.scope) == ("auth", "credential")


def test_when_to_come_back_is_in_the_body() -> None:
    info = {"@type": f"{TYPES}RetryInfo", "retryDelay": "34.5s"}
    found = verdict(429, info, said="RESOURCE_EXHAUSTED")
    assert (found.cls, found.retry_after, found.retry_after_guessed) == (
        "rate_limited",
        34.5,
        False,
    )


def test_a_header_says_it_better() -> None:
    error = {"status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "34s"}]}
    body = msgspec.json.encode({"error": error})
    assert GEMINI.verdict(429, {"retry-after": "7"}, body).retry_after == 7
