import pytest

from gateway.edge.operations import surfaces
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.passed_operations import IMAGE_EDITS, SPEECH
from gateway.edge.operations.surfaces import (
    BEDROCK_COUNT,
    CHAT,
    CONVERSE,
    COUNT_TOKENS,
    EMBED_CONTENT,
    EMBED_CONTENTS,
    EMBEDDINGS,
    GEMINI_COUNT,
    GENERATE,
    MESSAGES,
    RESPONSES,
    RESPONSES_COUNT,
    find,
    is_client_path,
)


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1/chat/completions", CHAT),
        ("/api/v1/chat/completions", CHAT),
        ("/chat/completions", CHAT),
        ("/v1/chat/completions/", CHAT),
        ("/v1/v1/chat/completions", CHAT),
        ("/openai/v1/chat/completions", CHAT),
        ("/openai/chat/completions", CHAT),
        ("/v1/responses", RESPONSES),
        ("/responses", RESPONSES),
        ("/openai/responses", RESPONSES),
        ("/openai/v1/responses/", RESPONSES),
        ("/v1/responses/input_tokens", RESPONSES_COUNT),
        ("/v1/embeddings", EMBEDDINGS),
        ("/openai/v1/embeddings", EMBEDDINGS),
        ("/v1/messages", MESSAGES),
        ("/v1/v1/messages", MESSAGES),
        ("/messages", MESSAGES),
        ("/anthropic/v1/messages", MESSAGES),
        ("/anthropic/v1/messages/count_tokens", COUNT_TOKENS),
        ("/v1/messages/count_tokens", COUNT_TOKENS),
        ("/v1/images/edits", IMAGE_EDITS),
        ("/openai/v1/audio/speech/", SPEECH),
    ],
)
def test_a_base_url_may_be_spelled_in_many_ways(path: str, operation: Operation) -> None:
    found = find(path)

    assert found.endpoint is not None
    assert found.endpoint.operation == operation
    assert found.dialect == operation.dialect
    assert is_client_path(path)


@pytest.mark.parametrize(
    ("path", "operation", "model", "stream"),
    [
        ("/v1beta/models/m:generateContent", GENERATE, "m", False),
        ("/v1/models/m:streamGenerateContent", GENERATE, "m", True),
        ("/v1alpha/models/a/b:c:generateContent", GENERATE, "a/b:c", False),
        ("/gemini/v1beta/models/m:countTokens", GEMINI_COUNT, "m", None),
        ("/v1beta/models/m:embedContent", EMBED_CONTENT, "m", None),
        ("/v1beta/models/m:batchEmbedContents", EMBED_CONTENTS, "m", None),
        (
            "/v1beta1/projects/p/locations/l/publishers/google/models/m:generateContent",
            GENERATE,
            "m",
            False,
        ),
        (
            "/projects/p/locations/l/publishers/google/models/m:streamGenerateContent",
            GENERATE,
            "m",
            True,
        ),
        ("/v1beta1/publishers/google/models/m:countTokens", GEMINI_COUNT, "m", None),
        ("/model/m/converse", CONVERSE, "m", False),
        (
            "/bedrock/model/arn:aws:bedrock:x/y/converse-stream",
            CONVERSE,
            "arn:aws:bedrock:x/y",
            True,
        ),
        ("/model/m/count-tokens", BEDROCK_COUNT, "m", None),
    ],
)
def test_a_path_may_name_the_model_and_whether_to_stream(
    path: str, operation: Operation, model: str, *, stream: bool | None
) -> None:
    found = find(path)

    assert found.endpoint is not None
    assert (found.endpoint.operation, found.endpoint.stream) == (operation, stream)
    assert (found.model, found.dialect) == (model, operation.dialect)
    assert is_client_path(path)


PROJECT = "/projects/p/locations/l/publishers/anthropic/models"


@pytest.mark.parametrize(
    ("path", "operation", "model", "stream", "envelope"),
    [
        (f"/v1{PROJECT}/m@1:rawPredict", MESSAGES, "m@1", False, "vertex"),
        (f"{PROJECT}/m:streamRawPredict", MESSAGES, "m", True, "vertex"),
        (f"/v1beta1{PROJECT}/count-tokens:rawPredict", COUNT_TOKENS, "", None, None),
        ("/model/m/invoke", MESSAGES, "m", False, "bedrock"),
        ("/bedrock/model/m/invoke-with-response-stream", MESSAGES, "m", True, "bedrock"),
    ],
)
def test_clouds_carry_messages_in_envelopes(
    path: str, operation: Operation, model: str, envelope: str | None, *, stream: bool | None
) -> None:
    found = find(path)

    assert found.endpoint is not None
    assert (found.endpoint.operation, found.model) == (operation, model)
    assert (found.endpoint.stream, found.endpoint.envelope) == (stream, envelope)
    told = "bedrock.converse" if envelope == "bedrock" else "anthropic.messages"
    assert found.dialect == told


def test_azure_clients_name_the_model_in_the_path() -> None:
    chat = find("/openai/deployments/my-gpt/chat/completions")
    embeddings = find("/openai/deployments/my-embed/embeddings")

    assert chat.endpoint is not None
    assert (chat.endpoint.operation, chat.model) == (CHAT, "my-gpt")
    assert embeddings.endpoint is not None
    assert (embeddings.endpoint.operation, embeddings.model) == (EMBEDDINGS, "my-embed")


def test_a_models_page_may_have_a_slash_in_its_name() -> None:
    found = find("/v1/models/meta-llama/Llama-3")

    assert found.endpoint is not None
    assert (found.endpoint.page, found.model) == ("model", "meta-llama/Llama-3")


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1/nothing", "openai.chat"),
        ("/openai/deployments/x/audio", "openai.chat"),
        ("/v1/messages/batches", "anthropic.messages"),
        ("/anthropic/v1/nothing", "anthropic.messages"),
        ("/v1/images/variations", "openai.chat"),
        (
            "/v1/projects/p/locations/l/publishers/anthropic/models/m:predict",
            "anthropic.messages",
        ),
        ("/anthropic/v1/chat", "anthropic.messages"),
        ("/v1beta/nothing", "gemini.generate"),
        ("/gemini/v1/chat/completionz", "gemini.generate"),
        ("/model/m/invoice", "bedrock.converse"),
        ("/bedrock/nothing", "bedrock.converse"),
    ],
)
def test_an_unknown_path_still_has_a_dialect(path: str, dialect: str) -> None:
    found = find(path)

    assert found.endpoint is None
    assert found.dialect == dialect
    assert is_client_path(path)


def test_errors_below_anthropic_are_anthropics() -> None:
    assert find("/anthropic/v1/chat/completions").dialect == "anthropic.messages"
    assert find("/anthropic/v1/models").dialect == "anthropic.messages"


@pytest.mark.parametrize(
    ("path", "page", "shape"),
    [
        ("/v1/models", "models", None),
        ("/api/v1/models", "models", None),
        ("/openai/v1/models", "models", None),
        ("/anthropic/v1/models", "models", "anthropic.messages"),
        ("/gemini/v1/models/", "models", "gemini.generate"),
        ("/v1beta/models", "models", "gemini.generate"),
        ("/v1alpha/models", "models", "gemini.generate"),
        ("/v1beta/models/openai/gpt-4", "model", "gemini.generate"),
        ("/inference-profiles", "inference_profiles", "bedrock.converse"),
        ("/bedrock/foundation-models", "foundation_models", "bedrock.converse"),
    ],
)
def test_a_list_has_the_shape_of_its_path(path: str, page: str, shape: str | None) -> None:
    found = find(path)
    assert found.endpoint is not None
    assert (found.endpoint.page, found.shape) == (page, shape)
    assert is_client_path(path)


@pytest.mark.parametrize(
    "path", ["/v1/realtime", "/v1/images/variations", "/model/x", "/gemini/v1/x:y"]
)
def test_what_is_not_in_the_table_is_not_there(path: str) -> None:
    assert find(path).endpoint is None


@pytest.mark.parametrize("path", ["/", "/t/acme/keys", "/api/v1/keys", "/api/console/run", "/v1"])
def test_paths_of_the_console_are_not_the_data_planes(path: str) -> None:
    assert not is_client_path(path)


def test_long_paths_of_strangers_are_not_remembered() -> None:
    held = surfaces._remembered.cache_info().currsize  # noqa: SLF001 - nothing else shows it
    name = "x" * 60_000
    assert find(f"/v1/models/{name}").model == name
    assert surfaces._remembered.cache_info().currsize == held  # noqa: SLF001
