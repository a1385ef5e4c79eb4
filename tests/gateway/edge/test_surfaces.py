import pytest

from gateway.edge import surfaces
from gateway.edge.surfaces import (
    CHAT,
    COUNT_TOKENS,
    EMBEDDINGS,
    MESSAGES,
    Operation,
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
        ("/v1/embeddings", EMBEDDINGS),
        ("/openai/v1/embeddings", EMBEDDINGS),
        ("/v1/messages", MESSAGES),
        ("/v1/v1/messages", MESSAGES),
        ("/messages", MESSAGES),
        ("/anthropic/v1/messages", MESSAGES),
        ("/anthropic/v1/messages/count_tokens", COUNT_TOKENS),
        ("/v1/messages/count_tokens", COUNT_TOKENS),
    ],
)
def test_a_base_url_may_be_spelled_in_many_ways(path: str, operation: Operation) -> None:
    found = find(path)

    assert found.endpoint is not None
    assert found.endpoint.operation == operation
    assert found.dialect == operation.dialect
    assert is_client_path(path)


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
        ("/v1beta/models", "openai.chat"),
    ],
)
def test_an_unknown_path_still_has_a_dialect(path: str, dialect: str) -> None:
    found = find(path)

    assert found.endpoint is None
    assert found.dialect == dialect
    assert is_client_path(path)


def test_errors_below_anthropic_are_anthropics() -> None:
    assert find("/anthropic/v1/chat/completions").dialect == "anthropic.messages"
    assert find("/anthropic/v1/models").anthropic


@pytest.mark.parametrize("path", ["/", "/t/acme/keys", "/api/v1/keys", "/api/console/run", "/v1"])
def test_paths_of_the_console_are_not_the_data_planes(path: str) -> None:
    assert not is_client_path(path)


def test_long_paths_of_strangers_are_not_remembered() -> None:
    held = surfaces._remembered.cache_info().currsize  # noqa: SLF001 - nothing else shows it
    name = "x" * 60_000
    assert find(f"/v1/models/{name}").model == name
    assert surfaces._remembered.cache_info().currsize == held  # noqa: SLF001
