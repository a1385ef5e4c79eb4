"""Which recorded exchanges the native lane must carry, and where a client sends them."""

from collections.abc import Mapping
from typing import Final

from protocols.ir import Dialect
from tests.protocols.corpus import CORPUS, Record, records

# How the name of an API ends, or begins: what its exchanges are.
PATHS: Final[Mapping[str, str]] = {
    ".chat": "/v1/chat/completions",
    ".openai_chat": "/v1/chat/completions",
    ".messages": "/v1/messages",
    "vertex.anthropic_": "/v1/messages",
    "anthropic.count_tokens": "/v1/messages/count_tokens",
    ".embeddings": "/v1/embeddings",
    ".responses": "/v1/responses",
    ".generateContent": "/v1beta/models/{model}:generateContent",
    ".streamGenerateContent": "/v1beta/models/{model}:streamGenerateContent",
    "bedrock.converse_stream": "/model/{model}/converse-stream",
    "bedrock.converse": "/model/{model}/converse",
    "bedrock.invoke_stream": "/model/{model}/invoke-with-response-stream",
    "bedrock.invoke": "/model/{model}/invoke",
}
DIALECTS: Final[Mapping[str, Dialect]] = {
    "/v1/chat/completions": "openai.chat",
    "/v1/messages": "anthropic.messages",
    "/v1/messages/count_tokens": "anthropic.messages",
    "/v1/embeddings": "openai.embeddings",
    "/v1/responses": "openai.responses",
    "/v1beta/models/{model}:generateContent": "gemini.generate",
    "/v1beta/models/{model}:streamGenerateContent": "gemini.generate",
    "/model/{model}/converse-stream": "bedrock.converse",
    "/model/{model}/converse": "bedrock.converse",
    "/model/{model}/invoke-with-response-stream": "anthropic.messages",
    "/model/{model}/invoke": "anthropic.messages",
}
# Where a client names the model, and whether he wants a stream, in the path.
BY_PATH: Final[frozenset[Dialect]] = frozenset({"gemini.generate", "bedrock.converse"})
CLAUDES: Final = b'"anthropic_version"'
# Ends like the others and is another shape.
OTHERS: Final = frozenset({"ollama.native_embeddings"})


def path_of(api: str) -> str | None:
    """None when it speaks something else."""
    if api in OTHERS:
        return None
    for mark, path in PATHS.items():
        if api.endswith(mark) or api.startswith(mark):
            return path
    return None


def dialect_of(exchange: Record) -> Dialect:
    return DIALECTS[path_of(exchange.api) or ""]


def is_invoked(exchange: Record) -> bool:
    """Whether Bedrock carries it in its envelope."""
    return exchange.api.startswith("bedrock.invoke")


def by_path(exchange: Record) -> bool:
    return is_invoked(exchange) or dialect_of(exchange) in BY_PATH


def failed(exchange: Record) -> bool:
    return exchange.response.status >= 400


def apis() -> list[str]:
    return sorted(path.stem for path in (CORPUS / "dev").glob("*.jsonl") if path_of(path.stem))


def exchanges(api: str) -> list[Record]:
    """Without Google's streams that are no events: we always ask for events."""
    found = [row for row in records(api) if row.response.sse or not row.response.is_array]
    # Models of others have bodies of their own, which nobody here reads.
    return [row for row in found if not is_invoked(row) or CLAUDES in row.request.body]
