"""The table of client operations: what may be asked, under which path, in which dialect.

Laws: the path is the guard's, compared as it is; tolerances for base URLs are here and nowhere
else; an unknown path still has a dialect, so that its 404 can be read by the client that sent it.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from protocols.ir import Dialect

What: TypeAlias = Literal["chat", "embeddings", "count_tokens"]
Page: TypeAlias = Literal["models", "model", "providers", "probe", "sink"]


class Operation(Struct, frozen=True, kw_only=True):
    """One thing a client can ask a model for."""

    name: str  # stable; records say it
    what: What
    dialect: Dialect
    scope: str  # a key needs it
    path: str  # the plain one, which `allowed_paths` of keys means
    streams: bool = False
    input_field: str  # the array or value without which there is nothing to ask
    input_is_list: bool = True


CHAT: Final = Operation(
    name="chat.completions",
    what="chat",
    dialect="openai.chat",
    scope="inference",
    path="/v1/chat/completions",
    streams=True,
    input_field="messages",
)
MESSAGES: Final = Operation(
    name="messages",
    what="chat",
    dialect="anthropic.messages",
    scope="inference",
    path="/v1/messages",
    streams=True,
    input_field="messages",
)
COUNT_TOKENS: Final = Operation(
    name="messages.count_tokens",
    what="count_tokens",
    dialect="anthropic.messages",
    scope="inference",
    path="/v1/messages/count_tokens",
    input_field="messages",
)
EMBEDDINGS: Final = Operation(
    name="embeddings",
    what="embeddings",
    dialect="openai.embeddings",
    scope="embeddings",
    path="/v1/embeddings",
    input_field="input",
    input_is_list=False,
)


class Endpoint(Struct, frozen=True, kw_only=True):
    """What stands at a path: an operation or a page, and the one method it takes."""

    method: str
    operation: Operation | None = None
    page: Page | None = None


class Found(Struct, frozen=True, kw_only=True):
    """A path, read."""

    dialect: Dialect  # of errors
    endpoint: Endpoint | None = None  # None: nothing is there
    model: str = ""  # where the path holds it
    anthropic: bool = False  # below /anthropic, which decides the shape of lists


def _asks(operation: Operation) -> Endpoint:
    return Endpoint(method="POST", operation=operation)


def _reads(page: Page) -> Endpoint:
    return Endpoint(method="GET", page=page)


ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    "/v1/chat/completions": _asks(CHAT),
    "/api/v1/chat/completions": _asks(CHAT),
    "/chat/completions": _asks(CHAT),
    "/v1/messages": _asks(MESSAGES),
    "/messages": _asks(MESSAGES),
    "/v1/messages/count_tokens": _asks(COUNT_TOKENS),
    "/messages/count_tokens": _asks(COUNT_TOKENS),
    "/v1/embeddings": _asks(EMBEDDINGS),
    "/embeddings": _asks(EMBEDDINGS),
    "/v1/models": _reads("models"),
    "/api/v1/models": _reads("models"),
    "/models": _reads("models"),
    "/v1/providers": _reads("providers"),
    "/api/hello": Endpoint(method="HEAD", page="probe"),
    "/api/event_logging/batch": Endpoint(method="POST", page="sink"),
}
# Outside the prefixes below, matched exactly before Django.
EXACT_PATHS: Final = frozenset(
    path for path in ENDPOINTS if not path.startswith("/v1/")
) | frozenset(f"{path}/" for path in ENDPOINTS if not path.startswith("/v1/"))
# All that begins so belongs to the data plane, whether or not something is there.
PREFIXES: Final = (
    "/v1/", "/v1beta/", "/v1beta1/", "/v1alpha/", "/model/", "/openai/", "/anthropic/", "/gemini/",
    "/bedrock/", "/projects/",
)  # fmt: skip
OPENAI_PREFIX: Final = "/openai"
ANTHROPIC_PREFIX: Final = "/anthropic"
DEPLOYMENTS: Final = "/deployments/"
MODEL_PAGE: Final = "/v1/models/"
AZURE: Final[Mapping[str, Endpoint]] = {
    "chat/completions": _asks(CHAT),
    "embeddings": _asks(EMBEDDINGS),
}
REMEMBERED_PATHS: Final = 4096
REMEMBERED_CHARS: Final = 256  # longer ones are read anew: strangers must not fill the memory


def find(path: str) -> Found:
    return _remembered(path) if len(path) <= REMEMBERED_CHARS else _read(path)


@lru_cache(maxsize=REMEMBERED_PATHS)
def _remembered(path: str) -> Found:
    return _read(path)


def _read(path: str) -> Found:
    below_openai = path.startswith(f"{OPENAI_PREFIX}/")
    below_anthropic = path.startswith(f"{ANTHROPIC_PREFIX}/")
    if below_openai:
        path = path.removeprefix(OPENAI_PREFIX)
    elif below_anthropic:
        path = path.removeprefix(ANTHROPIC_PREFIX)
    path = _plain(path)
    dialect: Dialect = "anthropic.messages" if below_anthropic else "openai.chat"
    endpoint = ENDPOINTS.get(path)
    if endpoint is not None:
        operation = endpoint.operation
        own = dialect if operation is None or below_anthropic else operation.dialect
        return Found(dialect=own, endpoint=endpoint, anthropic=below_anthropic)
    if path.startswith(MODEL_PAGE) and len(path) > len(MODEL_PAGE):
        return Found(
            dialect=dialect,
            endpoint=_reads("model"),
            model=path.removeprefix(MODEL_PAGE),
            anthropic=below_anthropic,
        )
    if below_openai and path.startswith(DEPLOYMENTS):
        model, _, rest = path.removeprefix(DEPLOYMENTS).partition("/")
        endpoint = AZURE.get(rest)
        if endpoint is not None and endpoint.operation is not None:
            return Found(dialect=endpoint.operation.dialect, endpoint=endpoint, model=model)
    if path.startswith("/v1/messages"):
        dialect = "anthropic.messages"
    return Found(dialect=dialect)


def _plain(path: str) -> str:
    """Without what base URLs add by mistake: a version twice, one slash at the end."""
    if path.startswith("/v1/v1/"):
        path = path[3:]
    return path[:-1] if path.endswith("/") and len(path) > 1 else path


def is_client_path(path: str) -> bool:
    return path.startswith(PREFIXES) or path in EXACT_PATHS
