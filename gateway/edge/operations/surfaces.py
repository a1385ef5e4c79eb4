"""The table of client operations: what may be asked, under which path, in which dialect.

Laws: the path is the guard's, compared as it is; tolerances for base URLs are here and nowhere
else; an unknown path still has a dialect, so that its 404 can be read by the client that sent it;
a dialect without a codec has no paths.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from gateway.edge.operations.kept_operations import CANCEL, COMPACT, DELETE, INPUT_ITEMS, RETRIEVE
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.passed_operations import PASSED
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, EMBEDDINGS_CODECS, NATIVE

Envelope: TypeAlias = Literal["bedrock", "vertex"]  # in which a cloud carries Claude's Messages
Page: TypeAlias = Literal[
    "models", "model", "providers", "inference_profiles", "foundation_models", "probe", "sink"
]

CHAT: Final = Operation(
    name="chat.completions",
    what="chat",
    dialect="openai.chat",
    scope="inference",
    path="/v1/chat/completions",
    streams=True,
    input_field="messages",
)
# Cursor's way: a body of Responses to the path of Chat, of which it wants the answer.
CHAT_OF_RESPONSES: Final = Operation(
    name="chat.completions",
    what="chat",
    dialect="openai.chat",
    scope="inference",
    path="/v1/chat/completions",
    streams=True,
    input_field="input",
    input_is_list=False,
    body="openai.responses",
    forwarded=False,
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


RESPONSES: Final = Operation(
    name="responses",
    what="chat",
    dialect="openai.responses",
    scope="inference",
    path="/v1/responses",
    streams=True,
    input_field="input",
    input_is_list=False,
    instead_of_input=("prompt", "previous_response_id", "conversation"),
)
RESPONSES_COUNT: Final = Operation(
    name="responses.input_tokens",
    what="count_tokens",
    dialect="openai.responses",
    scope="inference",
    path="/v1/responses/input_tokens",
    input_field="input",
    input_is_list=False,
    instead_of_input=("previous_response_id", "conversation"),
)
GENERATE: Final = Operation(
    name="gemini.generate_content",
    what="chat",
    dialect="gemini.generate",
    scope="inference",
    path="/v1beta/models/{model}:generateContent",
    streams=True,
    input_field="contents",
)
GEMINI_COUNT: Final = Operation(
    name="gemini.count_tokens",
    what="count_tokens",
    dialect="gemini.generate",
    scope="inference",
    path="/v1beta/models/{model}:countTokens",
    input_field="contents",
    instead_of_input=("generateContentRequest", "generate_content_request"),
)
EMBED_CONTENT: Final = Operation(
    name="gemini.embed_content",
    what="embeddings",
    dialect="gemini.generate",
    scope="embeddings",
    path="/v1beta/models/{model}:embedContent",
    input_field="content",
    input_is_list=False,
    forwarded=False,
)
EMBED_CONTENTS: Final = Operation(
    name="gemini.batch_embed_contents",
    what="embeddings",
    dialect="gemini.generate",
    scope="embeddings",
    path="/v1beta/models/{model}:batchEmbedContents",
    input_field="requests",
    forwarded=False,  # each of its requests names the model
)
CONVERSE: Final = Operation(
    name="bedrock.converse",
    what="chat",
    dialect="bedrock.converse",
    scope="inference",
    path="/model/{model}/converse",
    streams=True,
    input_field="messages",
)
BEDROCK_COUNT: Final = Operation(
    name="bedrock.count_tokens",
    what="count_tokens",
    dialect="bedrock.converse",
    scope="inference",
    path="/model/{model}/count-tokens",
    input_field="input",
    input_is_list=False,
)


class Endpoint(Struct, frozen=True, kw_only=True):
    """What stands at a path: an operation or a page, and the one method it takes."""

    method: str
    operation: Operation | None = None
    page: Page | None = None
    stream: bool | None = None  # None: the body says
    envelope: Envelope | None = None
    other: "Endpoint | None" = None  # what stands there for another method


class Found(Struct, frozen=True, kw_only=True):
    """A path, read."""

    dialect: Dialect  # of errors
    is_fixed: bool = False  # by the prefix, whatever the path or the headers say
    endpoint: Endpoint | None = None  # None: nothing is there
    model: str = ""  # where the path holds it; or the id of an answer that a vendor keeps
    shape: Dialect | None = None  # of lists, where the path decides; None: headers do


def is_spoken(operation: Operation) -> bool:
    if operation.passed:
        return True
    codecs = EMBEDDINGS_CODECS if operation.what == "embeddings" else CLIENT_CODECS
    return operation.dialect in NATIVE and operation.dialect in codecs


def spoken(dialect: Dialect) -> Dialect:
    """The dialect, or the one in which strangers are told."""
    return dialect if dialect in NATIVE else "openai.chat"


def _asks(
    operation: Operation, *, stream: bool | None = None, envelope: Envelope | None = None
) -> Endpoint:
    method = operation.method
    return Endpoint(method=method, operation=operation, stream=stream, envelope=envelope)


def _reads(page: Page) -> Endpoint:
    return Endpoint(method="GET", page=page)


def _served(table: Mapping[str, Endpoint]) -> dict[str, Endpoint]:
    return {
        name: endpoint
        for name, endpoint in table.items()
        if endpoint.operation is None or is_spoken(endpoint.operation)
    }


PROBED: Final = "/"  # by agents, before they ask; for everybody else a page of the console
ENDPOINTS: Final[Mapping[str, Endpoint]] = _served(
    {
        "/v1/chat/completions": _asks(CHAT),
        "/api/v1/chat/completions": _asks(CHAT),
        "/chat/completions": _asks(CHAT),
        "/v1/responses": _asks(RESPONSES),
        "/responses": _asks(RESPONSES),
        "/v1/responses/input_tokens": _asks(RESPONSES_COUNT),
        "/responses/input_tokens": _asks(RESPONSES_COUNT),
        "/v1/responses/compact": _asks(COMPACT),
        "/responses/compact": _asks(COMPACT),
        "/v1/messages": _asks(MESSAGES),
        "/messages": _asks(MESSAGES),
        "/v1/messages/count_tokens": _asks(COUNT_TOKENS),
        "/messages/count_tokens": _asks(COUNT_TOKENS),
        "/v1/embeddings": _asks(EMBEDDINGS),
        "/embeddings": _asks(EMBEDDINGS),
        **{path: _asks(passed) for path, passed in PASSED.items()},
        "/v1/models": _reads("models"),
        "/api/v1/models": _reads("models"),
        "/models": _reads("models"),
        "/v1beta/models": _reads("models"),
        "/v1alpha/models": _reads("models"),
        "/v1/providers": _reads("providers"),
        "/inference-profiles": _reads("inference_profiles"),
        "/foundation-models": _reads("foundation_models"),
        PROBED: Endpoint(method="HEAD", page="probe"),
        "/api/hello": Endpoint(method="HEAD", page="probe"),
        "/api/event_logging/batch": Endpoint(method="POST", page="sink"),
    }
)
GEMINI_VERBS: Final[Mapping[str, Endpoint]] = _served(
    {
        "generateContent": _asks(GENERATE, stream=False),
        "streamGenerateContent": _asks(GENERATE, stream=True),
        "countTokens": _asks(GEMINI_COUNT),
        "embedContent": _asks(EMBED_CONTENT),
        "batchEmbedContents": _asks(EMBED_CONTENTS),
    }
)
BEDROCK_VERBS: Final[Mapping[str, Endpoint]] = _served(
    {
        "converse": _asks(CONVERSE, stream=False),
        "converse-stream": _asks(CONVERSE, stream=True),
        "count-tokens": _asks(BEDROCK_COUNT),
        "invoke": _asks(MESSAGES, stream=False, envelope="bedrock"),
        "invoke-with-response-stream": _asks(MESSAGES, stream=True, envelope="bedrock"),
    }
)
CLAUDE_VERBS: Final[Mapping[str, Endpoint]] = {
    "rawPredict": _asks(MESSAGES, stream=False, envelope="vertex"),
    "streamRawPredict": _asks(MESSAGES, stream=True, envelope="vertex"),
}
AZURE: Final[Mapping[str, Endpoint]] = {
    "chat/completions": _asks(CHAT),
    "embeddings": _asks(EMBEDDINGS),
}
VERTEX: Final = r"(?:/v1|/v1beta1)?(?:/projects/[^/]+/locations/[^/]+)?/publishers"
# Below an answer that a vendor keeps.
KEPT_TAILS: Final[Mapping[str, Endpoint]] = {
    "": replace(_asks(RETRIEVE), other=_asks(DELETE)),
    "input_items": _asks(INPUT_ITEMS),
    "cancel": _asks(CANCEL),
}
KEPT: Final = re.compile(r"(?:/v1)?/responses/([^/]+)(?:$|/)([^/]*)")
# Where the path names the model, which may hold slashes and colons: the verb is what comes last.
MODEL_PATHS: Final = (
    (re.compile(r"/(?:v1|v1beta|v1alpha)/models/(.+):([A-Za-z]+)", re.DOTALL), GEMINI_VERBS),
    (re.compile(rf"{VERTEX}/google/models/(.+):([A-Za-z]+)", re.DOTALL), GEMINI_VERBS),
    (re.compile(rf"{VERTEX}/anthropic/models/(.+):([A-Za-z]+)", re.DOTALL), CLAUDE_VERBS),
    (re.compile(r"/model/(.+)/([a-z-]+)", re.DOTALL), BEDROCK_VERBS),
)
# A verb in the place of the model, which the body names.
CLAUDE_COUNT: Final = re.compile(rf"{VERTEX}/anthropic/models/count-tokens:rawPredict")
DEPLOYMENT: Final = re.compile(r"/deployments/(.+?)/(chat/completions|embeddings)", re.DOTALL)
MODEL_PAGE: Final = re.compile(r"/(v1|v1beta|v1alpha)/models/(.+)", re.DOTALL)
# All that is asked for, whether by the path alone or with a model in it.
OPERATIONS: Final = tuple(
    {
        endpoint.operation.name: endpoint.operation
        for table in (ENDPOINTS, KEPT_TAILS, GEMINI_VERBS, BEDROCK_VERBS)
        for endpoint in table.values()
        if endpoint.operation is not None
    }.values()
)
# Outside the prefixes below, matched exactly before Django.
EXACT_PATHS: Final = frozenset(
    spelled
    for path in ENDPOINTS
    if path != PROBED and not path.startswith(("/v1/", "/v1beta/", "/v1alpha/"))
    for spelled in (path, f"{path}/")
)
# All that begins so belongs to the data plane, whether or not something is there.
PREFIXES: Final = (
    "/v1/", "/v1beta/", "/v1beta1/", "/v1alpha/", "/model/", "/openai/", "/anthropic/", "/gemini/",
    "/bedrock/", "/projects/",
)  # fmt: skip
OPENAI_PREFIX: Final = "/openai"
# Whoever has set such a base URL has said which errors and lists it reads.
PREFIX_DIALECTS: Final[Mapping[str, Dialect]] = {
    OPENAI_PREFIX: "openai.chat",
    "/anthropic": "anthropic.messages",
    "/gemini": "gemini.generate",
    "/bedrock": "bedrock.converse",
}
# Of a path below no prefix, by its beginning.
DIALECTS: Final[tuple[tuple[str, Dialect], ...]] = (
    ("/v1/messages", "anthropic.messages"),
    ("/v1beta1/", "gemini.generate"),
    ("/v1beta/", "gemini.generate"),
    ("/v1alpha/", "gemini.generate"),
    ("/projects/", "gemini.generate"),
    ("/model/", "bedrock.converse"),
    ("/inference-profiles", "bedrock.converse"),
    ("/foundation-models", "bedrock.converse"),
)
CLAUDE: Final = "/publishers/anthropic/"
VERSION_TWICE: Final = "/v1/v1/"
REMEMBERED_PATHS: Final = 4096
REMEMBERED_CHARS: Final = 256  # longer ones are read anew: strangers must not fill the memory


def find(path: str) -> Found:
    return _remembered(path) if len(path) <= REMEMBERED_CHARS else _read(path)


@lru_cache(maxsize=REMEMBERED_PATHS)
def _remembered(path: str) -> Found:
    return _read(path)


def _read(path: str) -> Found:
    prefix = next((one for one in PREFIX_DIALECTS if path.startswith(f"{one}/")), None)
    below_openai = prefix == OPENAI_PREFIX
    path = _plain(path.removeprefix(prefix or ""))
    # Lists below /openai are told as their clients' headers say.
    own = PREFIX_DIALECTS[prefix] if prefix and not below_openai else _dialect_of(path)
    said = "openai.chat" if below_openai or own is None else own
    found = Found(dialect=spoken(said), shape=own, is_fixed=prefix is not None)
    endpoint, model = _at(path, below_openai=below_openai)
    if endpoint is None:
        return found
    dialect = _told_in(endpoint, found)
    return replace(found, endpoint=endpoint, model=model, dialect=dialect)


def _told_in(endpoint: Endpoint, found: Found) -> Dialect:
    """A prefix counts before what is asked; OpenAI's dialects tell errors alike."""
    own = found.dialect if endpoint.operation is None else endpoint.operation.dialect
    if found.is_fixed:
        are_alike = found.dialect == "openai.chat" and own.startswith("openai.")
        return own if are_alike else found.dialect
    return spoken("bedrock.converse") if endpoint.envelope == "bedrock" else own


def _at(path: str, *, below_openai: bool) -> tuple[Endpoint | None, str]:
    """What is there, and the model that the path names."""
    endpoint = ENDPOINTS.get(path)
    if endpoint is not None:
        return endpoint, ""
    if CLAUDE_COUNT.fullmatch(path) is not None:
        return _asks(COUNT_TOKENS), ""
    for pattern, verbs in MODEL_PATHS:
        named = pattern.fullmatch(path)
        if named is not None and named[2] in verbs:
            return verbs[named[2]], named[1]
    page = MODEL_PAGE.fullmatch(path)
    if page is not None:
        return _reads("model"), page[2]
    kept = KEPT.fullmatch(path)
    if kept is not None and kept[2] in KEPT_TAILS:
        return KEPT_TAILS[kept[2]], kept[1]
    deployment = DEPLOYMENT.fullmatch(path) if below_openai else None
    return (None, "") if deployment is None else (AZURE[deployment[2]], deployment[1])


def _dialect_of(path: str) -> Dialect | None:
    if CLAUDE in path:
        return "anthropic.messages"
    return next((dialect for start, dialect in DIALECTS if path.startswith(start)), None)


def _plain(path: str) -> str:
    """Without what base URLs add by mistake: a version twice, one slash at the end."""
    if path.startswith(VERSION_TWICE):
        path = path[3:]
    return path[:-1] if path.endswith("/") and len(path) > 1 else path


def is_client_path(path: str) -> bool:
    return path.startswith(PREFIXES) or path in EXACT_PATHS
