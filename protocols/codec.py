"""What a dialect must be able to do. Implementations hold no sockets, clocks or settings."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Raw, Struct

from protocols.efforts import BUDGETS
from protocols.ir import (
    Dialect,
    EmbeddingRequest,
    EmbeddingResponse,
    Event,
    Request,
    Response,
)


class Frame(Struct, frozen=True):
    """One SSE event, AWS event-stream message or JSON-array element."""

    data: bytes
    raw: bytes  # the exact bytes on the wire, delimiter included
    event: str | None = None  # SSE event; AWS :event-type or :exception-type
    exception: bool = False  # AWS `:message-type: exception`


class Head(Struct, frozen=True):
    """What the URL and the headers say."""

    model: str | None = None
    stream: bool | None = None
    headers: dict[str, str] = {}  # only those named in `Request.headers`


class Target(Struct, frozen=True):
    """What a candidate can do (providers.md)."""

    model: str
    vendor: str  # whose seals it verifies, whose provider tools it runs
    account: str | None = None  # only if its seals are bound to an account (OpenAI, Azure, xAI)
    refuses: frozenset[str] = frozenset()  # "temperature", "image", "tool_choice.none", ...
    betas: frozenset[str] | None = None  # None: any
    # Beta without its date -> the fields of a body it brings; said where not all betas are taken.
    beta_fields: dict[str, tuple[str, ...]] = {}
    # `origin/kind` of a tool that another vendor runs -> the equal one that this vendor runs.
    tools: dict[str, bytes] = {}
    max_tokens: int | None = None  # largest output
    effort: Literal["none", "effort", "budget", "adaptive", "level"] = "none"
    efforts: tuple[str, ...] = ()  # words it knows, weakest first
    budgets: tuple[int, ...] = BUDGETS  # tokens for each word there is
    tool_name_max: int = 64
    max_inputs: int | None = None  # of one call for embeddings
    cache: bool = False  # explicit cache points
    seal_required: bool = False  # Gemini 3
    links: frozenset[str] = frozenset()  # URL schemes it fetches itself
    # Which messages of its own it wants back with what it thought, though it signs nothing.
    reasoning_passback: Literal["never", "tool_turns", "always"] = "never"


class Loss(Struct, frozen=True):
    """Something the target dialect cannot say."""

    code: str  # stable: "temperature", "citations", "cache", "seal", "image", ...
    path: str  # "messages[3].content[0].cache"
    why: str
    content: bool = False  # something the user wrote or asked to see is gone


class Memo(Struct, frozen=True):
    """What the decoder of an answer must know of the request that was sent."""

    seed: str  # minted ids are made of it: the same answer has the same ids
    names: dict[str, str] = {}  # tool name sent -> tool name asked
    custom: frozenset[str] = frozenset()  # custom tools that were sent as functions
    schema_tool: str | None = None  # JSON schema emulated by this forced tool


class Encoded(Struct, frozen=True):
    body: bytes
    losses: tuple[Loss, ...] = ()
    headers: dict[str, str] = {}
    memo: Memo | None = None  # of requests


class EventDecoder(Protocol):
    """Frames in, events out. One per stream of a vendor."""

    def feed(self, frame: Frame) -> Sequence[Event]: ...
    def close(self) -> Sequence[Event]: ...


class EventEncoder(Protocol):
    """Events in, wire bytes out. One per client stream."""

    losses: list[Loss]

    def feed(self, event: Event) -> bytes: ...
    def close(self) -> bytes: ...


class ClientCodec(Protocol):
    """The dialect as a server speaks it."""

    dialect: Dialect
    keepalive: bytes

    def decode_request(self, body: bytes, head: Head) -> Request: ...
    def encode_response(self, response: Response, request: Request) -> Encoded: ...
    def event_encoder(self, request: Request) -> EventEncoder: ...


class EmbeddingsCodec(Protocol):
    """The same of a dialect that answers with vectors."""

    dialect: Dialect

    def decode_request(self, body: bytes, head: Head) -> EmbeddingRequest: ...
    def encode_response(
        self, response: EmbeddingResponse, request: EmbeddingRequest
    ) -> Encoded: ...


class EmbeddingsUpstream(Protocol):
    """The same as a client speaks it."""

    dialect: Dialect

    def encode_request(self, request: EmbeddingRequest, target: Target) -> Encoded:
        """Raises Unsupported for what would give other vectors than were asked for."""
        ...

    def decode_response(self, body: bytes) -> EmbeddingResponse:
        """Raises DecodeError where the body is no answer of the dialect."""
        ...


class UpstreamCodec(Protocol):
    """The dialect as a client speaks it."""

    dialect: Dialect

    def wants(self, request: Request, target: Target) -> tuple[str, ...]:
        """URLs of media that must be fetched first: the target cannot."""
        ...

    def encode_request(self, request: Request, target: Target, seed: str) -> Encoded:
        """Never raises for what the dialect cannot say: that is a loss."""
        ...

    def decode_response(self, body: bytes, memo: Memo) -> Response:
        """Raises DecodeError where the body is no answer of the dialect."""
        ...

    def event_decoder(self, memo: Memo) -> EventDecoder: ...


class CountCodec(Protocol):
    """How the dialect asks, and says, how many tokens a request has."""

    dialect: Dialect

    def request_in(self, body: bytes, top: Mapping[str, Raw]) -> tuple[Dialect, bytes]:
        """The request that a client's question is about; `top` is what the body holds.

        Raises DecodeError where there is none.
        """
        ...

    def question(self, request: bytes, *, model: str) -> bytes:
        """About a request as it was written for the vendor."""
        ...

    def tokens(self, answer: bytes) -> int:
        """Raises DecodeError where the answer says none."""
        ...

    def answer(self, tokens: int) -> bytes: ...
