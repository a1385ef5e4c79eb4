"""Between which bounds the usage of an answer lies, whatever tokenizer its model has. No I/O.

Laws: no right usage lies outside; what is read or written where no byte of it passes here (links,
files, tools of the vendor, reasoning that nobody shows) has no bounds; what anybody is charged does
not depend on any of it. A request is read only where its plain size leaves a doubt.
"""

from collections.abc import Iterable
from typing import Final

from gateway.edge.exchange import Exchange
from protocols import ir
from protocols.codec import Head
from protocols.errors import ProtocolError
from protocols.json_limits import MAX_PIECES
from protocols.registry import CLIENT_CODECS

# A token is a byte at least. Of what is usual it is eight at most; blanks and dashes make more.
TOKEN_BYTES: Final = 128
# Templates, and what vendors put before a prompt; names and frames of calls, ends of turns.
UNSEEN_READ: Final = 2_048
UNSEEN_WRITTEN: Final = 256
SHIFT: Final = TOKEN_BYTES.bit_length() - 1
TOLERATED: Final = 1.2  # that far beyond a bound
# Whoever ended otherwise may have kept something to itself.
ENDS: Final = frozenset(
    {
        "stop", "STOP", "completed", "end_turn", "eos", "stop_sequence", "tool_calls", "tool_call",
        "tool_use", "function_call", "length", "MAX_TOKENS", "max_tokens", "max_output_tokens",
    }
)  # fmt: skip
# Fields that let a model read and write nothing but what is in the bodies.
PLAIN_FIELDS: Final = frozenset(
    {
        "additionalModelRequestFields", "anthropic_beta", "anthropic_version", "cache_control",
        "chat_template_kwargs", "contents", "enable_thinking", "frequency_penalty", "function_call",
        "functions", "generationConfig", "generation_config", "include", "inferenceConfig",
        "input", "instructions", "keep_alive", "labels", "logit_bias", "logprobs",
        "max_completion_tokens", "max_output_tokens", "max_tokens", "messages", "metadata", "min_p",
        "model", "n", "outputConfig", "output_config", "output_format", "parallel_tool_calls",
        "performanceConfig", "presence_penalty", "prompt_cache_key", "prompt_cache_retention",
        "provider", "random_seed", "reasoning", "reasoning_effort", "reasoning_format",
        "repetition_penalty", "requestMetadata", "response_format", "safetySettings",
        "safety_identifier", "safety_settings", "seed", "serviceTier", "service_tier", "stop",
        "stop_sequences", "store", "stream", "stream_options", "system", "systemInstruction",
        "system_instruction", "temperature", "text", "thinking", "toolConfig", "tool_choice",
        "tool_config", "tools", "top_k", "top_logprobs", "top_p", "usage", "user", "verbosity",
    }
)  # fmt: skip
PLAIN_FIELDS_OF_VECTORS: Final = frozenset(
    {
        "dimensions", "encoding_format", "input", "input_type", "model", "output_dimension",
        "output_dtype", "truncation", "user",
    }
)  # fmt: skip
# Where one of these is, bytes are no letters.
MEDIA: Final = (b"base64", b'"inlineData"', b'"inline_data"', b'"bytes"', b'"input_audio"')


def deviates(exchange: Exchange) -> bool:
    """Whether a vendor that has told both totals is out of bounds."""
    usage, asked = exchange.usage, len(exchange.body)
    read, written = usage.input_tokens or 0, usage.output_tokens or 0
    shown = written - (usage.reasoning_tokens or 0)
    if (
        asked <= read << SHIFT
        and read <= asked + UNSEEN_READ
        and exchange.text_bytes <= written << SHIFT
        and shown <= (exchange.said_bytes or exchange.text_bytes) + UNSEEN_WRITTEN
    ):
        return False
    if exchange.arrival.operation.what == "embeddings":
        return _vectors_deviate(exchange, read)
    if exchange.stop not in ENDS or not exchange.top.keys() <= PLAIN_FIELDS:
        return False
    if read <= asked and any(map(exchange.body.__contains__, MEDIA)):
        return False
    request = _request(exchange)
    return (
        request is not None
        and _is_here(request)
        and (_reads_otherwise(request, read, asked) or _writes_otherwise(exchange, request, shown))
    )


def _vectors_deviate(exchange: Exchange, read: int) -> bool:
    given = exchange.top.get("input")
    if given is None or not exchange.top.keys() <= PLAIN_FIELDS_OF_VECTORS:
        return False
    text = bytes(given)
    return not text.startswith(b"[{") and _is_outside(read, least=len(text), most=len(text))


def _reads_otherwise(request: ir.Request, read: int, asked: int) -> bool:
    letters = sum(_letters(message.content) for message in request.messages)
    return _is_outside(read, least=letters, most=asked + UNSEEN_READ)


def _writes_otherwise(exchange: Exchange, request: ir.Request, shown: int) -> bool:
    usage, said = exchange.usage, exchange.said_bytes or exchange.text_bytes
    least = exchange.text_bytes
    if exchange.arrival.operation.dialect == "gemini.generate" and request.tools:
        # Arguments are objects there, which nobody counts in a stream.
        said = max(said, exchange.bytes_out)
    hides = (
        (request.reasoning is not None and usage.reasoning_tokens is None)
        or usage.output_audio_tokens
        or usage.output_image_tokens
        or not set(request.modalities) <= {"text"}
    )
    most = None if hides else said + UNSEEN_WRITTEN
    return _is_outside(shown, least=0, most=most) or _is_outside(
        usage.output_tokens or 0, least=least, most=None
    )


def _is_outside(tokens: int, *, least: int, most: int | None) -> bool:
    """`least` and `most` in bytes."""
    if most is not None and tokens > most * TOLERATED:
        return True
    return tokens * TOLERATED < -(-least // TOKEN_BYTES)


def _request(exchange: Exchange) -> ir.Request | None:
    if exchange.asked is not None:
        return exchange.asked.request
    if exchange.body.count(b"{") > MAX_PIECES:
        return None  # that would keep everybody else waiting
    operation = exchange.arrival.operation
    head = Head(model=exchange.model, stream=exchange.asked_stream)
    try:
        codec = CLIENT_CODECS[operation.body or operation.dialect]
        return codec.decode_request(exchange.body, head)
    except ProtocolError:
        return None


def _is_here(request: ir.Request) -> bool:
    """Whether all of it is letters that passed here."""
    return not any(isinstance(tool, ir.ProviderTool) for tool in request.tools) and all(
        _are_letters(message.content) for message in request.messages
    )


def _are_letters(content: Iterable[ir.Content]) -> bool:
    return all(map(_is_letters, content))


def _is_letters(block: ir.Content) -> bool:
    match block:
        case ir.ToolResult():
            return _are_letters(block.content)
        case ir.ToolCall():
            return block.executor == "client"
        case ir.Media(source=ir.InlineBlocks(content=content)):
            return _are_letters(content)
        case ir.Media():
            return isinstance(block.source, ir.InlineText)
        case ir.Opaque():
            return False
    return True


def _letters(content: Iterable[ir.Content]) -> int:
    """How many a model must read: vendors leave out what was thought before."""
    return sum(map(_letters_of, content))


def _letters_of(block: ir.Content) -> int:
    match block:
        case ir.Text():
            return len(block.text)
        case ir.ToolResult():
            return _letters(block.content)
        case ir.Media(source=ir.InlineText(text=text)):
            return len(text)
    return 0
