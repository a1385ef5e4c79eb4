"""The canonical representation every dialect is translated to and from.

1. Values only: no ids of ours, tenants, keys, clocks, I/O.
2. `None` (for JSON the empty `Raw`, which is falsy) means "not said"; 0, "" and () mean themselves.
3. JSON we did not author stays the bytes that arrived: key order and number spelling matter.
4. What one vendor alone understands is a `Seal`, an `Opaque` or an `extra`; a field earns a name
   when two vendors, or both OpenAI dialects, carry it.
"""

from typing import Final, Literal, TypeAlias

from msgspec import Raw

from protocols.node import Node

Dialect: TypeAlias = Literal[
    "openai.chat", "openai.responses", "openai.embeddings",
    "anthropic.messages", "gemini.generate", "bedrock.converse",
]  # fmt: skip
NOTHING: Final = Raw()  # msgspec cannot decode `Raw | None`
Extra: TypeAlias = dict[str, Raw]  # unknown fields, re-emitted to their own dialect only


class Seal(Node):
    """Vendor state that returns verbatim to `origin` and reaches nobody else."""

    origin: str  # who can verify it (a Target.vendor), not who carried it
    signature: str | None = None
    id: str | None = None  # item id the vendor wants back (`rs_...`, `fc_...`, `msg_...`)
    account: str | None = None  # digest of the minting account; set by edge/memory/seals.py


class CachePoint(Node):
    ttl: Literal["5m", "30m", "1h", "12h"] | None = None


class Inline(Node, tag="inline"):
    data: str  # base64 exactly as received


class InlineText(Node, tag="inline_text"):
    text: str


class InlineBlocks(Node, tag="inline_blocks"):
    content: tuple["Text | Media", ...]


class Link(Node, tag="link"):
    url: str  # https, gs or s3


class FileRef(Node, tag="file_ref"):
    origin: str  # file ids are not portable
    id: str


Source: TypeAlias = Inline | InlineText | InlineBlocks | Link | FileRef


class Citation(Node):
    text: str | None = None
    title: str | None = None
    url: str | None = None
    document: int | None = None  # index of the cited document
    unit: Literal["char", "page", "block", "web", "result"] | None = None
    start: int | None = None
    end: int | None = None
    extra: Extra | None = None


class Text(Node, tag="text"):
    text: str
    citations: tuple[Citation, ...] = ()
    logprobs: Raw = NOTHING  # array of {token, logprob, bytes, top_logprobs}
    cache: CachePoint | None = None
    seal: Seal | None = None
    extra: Extra | None = None


class Thinking(Node, tag="thinking"):
    text: str = ""  # "" with a seal: the vendor withheld the reasoning
    summary: bool = False
    redacted: bool = False  # redacted_thinking, redactedContent
    seal: Seal | None = None
    extra: Extra | None = None


class Media(Node, tag="media"):
    kind: Literal["image", "audio", "video", "document"]
    source: Source
    mime: str | None = None
    name: str | None = None
    detail: Literal["low", "high", "auto", "original"] | None = None
    context: str | None = None  # document context, or transcript of audio
    citable: bool = False
    cache: CachePoint | None = None
    seal: Seal | None = None
    extra: Extra | None = None


class ToolCall(Node, tag="tool_call"):
    id: str
    name: str
    arguments: str = "{}"  # as generated: JSON, cut-off JSON, or free text
    form: Literal["function", "custom"] = "function"
    executor: Literal["client", "provider"] = "client"
    cache: CachePoint | None = None
    seal: Seal | None = None
    extra: Extra | None = None


class ToolResult(Node, tag="tool_result"):
    call_id: str
    name: str | None = None  # filled from the call by the decoder (Gemini matches by name)
    content: tuple["Text | Media | Opaque", ...] = ()
    structured: Raw = NOTHING  # the result as one JSON value
    form: Literal["function", "custom"] = "function"
    is_error: bool = False
    cache: CachePoint | None = None
    extra: Extra | None = None


class Refusal(Node, tag="refusal"):
    text: str


class Opaque(Node, tag="opaque"):
    """A block we do not model. Own dialect: re-emitted. Others: `text`, else a loss."""

    dialect: str
    kind: str
    raw: Raw
    text: str | None = None


Content: TypeAlias = Text | Thinking | Media | ToolCall | ToolResult | Refusal | Opaque


class Message(Node):
    role: Literal["system", "user", "assistant"]
    content: tuple[Content, ...]
    head: bool = False  # from the top-level system/instructions field, not the list
    developer: bool = False  # OpenAI's "developer" spelling of "system"
    name: str | None = None
    extra: Extra | None = None


class FunctionTool(Node, tag="function"):
    name: str
    parameters: Raw = NOTHING  # JSON Schema, byte for byte
    description: str | None = None
    strict: bool | None = None
    cache: CachePoint | None = None
    extra: Extra | None = None


class CustomTool(Node, tag="custom"):
    """Called with free text, maybe constrained by a grammar (Codex `apply_patch`)."""

    name: str
    description: str | None = None
    format: Raw = NOTHING
    extra: Extra | None = None


class ProviderTool(Node, tag="provider"):
    """A vendor's built-in, e.g. `anthropic` + `web_search_20250305`."""

    origin: str
    kind: str
    raw: Raw


class ToolChoice(Node):
    mode: Literal["auto", "none", "required", "named"] | None = None
    name: str | None = None
    allowed: tuple[str, ...] = ()
    parallel: bool | None = None
    raw: Raw = NOTHING  # a choice we do not model


class OutputFormat(Node):
    kind: Literal["text", "json", "json_schema"] = "text"
    name: str | None = None
    description: str | None = None
    schema: Raw = NOTHING
    strict: bool | None = None


class Reasoning(Node):
    mode: Literal["off", "on", "adaptive"] | None = None
    effort: str | None = None  # "none", "minimal" .. "max"
    budget_tokens: int | None = None
    show: Literal["none", "summary", "full"] | None = None
    extra: Extra | None = None


class Sampling(Node):
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    candidates: int | None = None  # chat `n`, Gemini `candidateCount`
    logprobs: bool | None = None
    top_logprobs: int | None = None


class Request(Node):
    dialect: Dialect  # of the body, `extra` and `headers`
    model: str  # as the client asked
    messages: tuple[Message, ...]
    stream: bool = False
    sampling: Sampling = Sampling()
    tools: tuple[FunctionTool | CustomTool | ProviderTool, ...] = ()
    tool_choice: ToolChoice | None = None
    output: OutputFormat | None = None
    reasoning: Reasoning | None = None
    modalities: tuple[Literal["text", "audio", "image"], ...] = ()
    verbosity: str | None = None
    service_tier: str | None = None
    cache_key: str | None = None
    end_user: str | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    previous_response_id: str | None = None
    headers: dict[str, str] | None = None  # anthropic-version, -beta
    extra: Extra | None = None


class Usage(Node):
    """Totals include their parts; disjoint pricing classes are derived elsewhere."""

    input_tokens: int | None = None  # fresh + cache reads + writes + tool prompts
    cache_read_tokens: int | None = None
    cache_write_tokens: dict[str, int] | None = None  # ttl -> tokens: {"5m": 900, "1h": 0}
    input_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_tokens: int | None = None  # incl. reasoning
    reasoning_tokens: int | None = None
    output_audio_tokens: int | None = None
    output_image_tokens: int | None = None
    provider_tool_calls: dict[str, int] | None = None  # {"web_search": 2}
    raw: Raw = NOTHING  # the vendor's object


StopReason: TypeAlias = Literal[
    "end_turn", "max_tokens", "stop_sequence", "tool_call", "pause", "refusal",
    "content_filter", "context_window", "malformed", "error", "other",
]  # fmt: skip


class Stop(Node):
    reason: StopReason
    raw: str | None = None
    sequence: str | None = None
    extra: Extra | None = None


class Alternative(Node):
    """A candidate after the first."""

    content: tuple[Content, ...]
    stop: Stop
    extra: Extra | None = None


class Response(Node):
    id: str
    model: str
    content: tuple[Content, ...]
    stop: Stop
    usage: Usage
    alternatives: tuple[Alternative, ...] = ()
    created: int | None = None
    service_tier: str | None = None
    extra: Extra | None = None


# Started (BlockStarted Delta* BlockEnded | UsageUpdated | AlternativeEnded | Foreign)*
# (Finished | Failed); Failed alone is legal. Blocks may interleave; `index` is unique in the
# stream and contiguous from 0.
class Started(Node, tag="started"):
    id: str
    model: str
    created: int | None = None
    usage: Usage | None = None
    extra: Extra | None = None


class BlockStarted(Node, tag="block_started"):
    index: int
    block: Content  # with empty text / arguments
    choice: int = 0


class TextDelta(Node, tag="text_delta"):
    index: int
    text: str  # Text, Thinking, Refusal
    logprobs: Raw = NOTHING
    extra: Extra | None = None


class ArgumentsDelta(Node, tag="arguments_delta"):
    index: int
    text: str


class MediaDelta(Node, tag="media_delta"):
    index: int
    data: str
    transcript: str | None = None


class CitationAdded(Node, tag="citation_added"):
    index: int
    citation: Citation


class Sealed(Node, tag="sealed"):
    index: int
    seal: Seal


class BlockEnded(Node, tag="block_ended"):
    index: int
    block: Content | None = None  # the final value, where repeated (Opaque)


class UsageUpdated(Node, tag="usage_updated"):
    usage: Usage  # cumulative


class AlternativeEnded(Node, tag="alternative_ended"):
    choice: int
    stop: Stop
    extra: Extra | None = None


class Finished(Node, tag="finished"):
    stop: Stop
    usage: Usage
    service_tier: str | None = None  # as which it was served
    extra: Extra | None = None


class Failed(Node, tag="failed"):
    kind: str  # Problem.kind
    message: str
    raw: Raw = NOTHING
    usage: Usage | None = None


class Foreign(Node, tag="foreign"):
    """An event we do not model: re-emitted to its own dialect, counted otherwise."""

    dialect: str
    event: str
    raw: Raw


Event: TypeAlias = (
    Started | BlockStarted | TextDelta | ArgumentsDelta | MediaDelta | CitationAdded | Sealed
    | BlockEnded | UsageUpdated | AlternativeEnded | Finished | Failed | Foreign
)  # fmt: skip


class EmbeddingRequest(Node):
    dialect: Dialect
    model: str
    inputs: tuple[str | tuple[int, ...], ...]
    dimensions: int | None = None
    encoding: Literal["float", "base64"] | None = None
    task: str | None = None
    end_user: str | None = None
    extra: Extra | None = None


class EmbeddingResponse(Node):
    model: str
    vectors: tuple[Raw, ...]  # never parsed
    usage: Usage
    extra: Extra | None = None
