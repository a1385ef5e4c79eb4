"""What an attempt used, whether or not its vendor came to say so.

Laws: the vendor's last word counts where it has had one; of an answer that was cut short the output
is what has passed through here, by its events and its letters; what may have been done and was
never answered is counted as asked, and only as possible.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from billing.pricing import FREE
from gateway.edge.accounting.bounds import SHIFT, deviates
from gateway.edge.accounting.passed_counting import used
from gateway.edge.exchange import Attempt, Exchange, Parts
from gateway.spool.frames import MAX_RAW_BYTES, Certainty, Tokens
from protocols.ir import Dialect
from protocols.sums import summed
from providers.usage import Flag, LocalCount, UsageClasses, classes_of

BYTES_PER_TOKEN: Final = 4
USUAL_BYTES: Final = 4  # of an answer in one piece, with its frame: mostly thirty
DEVIATES: Final[frozenset[Flag]] = frozenset({"usage_deviates"})
NOTHING: Final = UsageClasses()
NO_TOKENS: Final = Tokens()
ANSWERED_BADLY: Final = 300
VECTORS: Final = "embeddings"
WRITTEN: Final = frozenset({"chat", "completions"})
# What an event adds to an answer. Vendors repeat themselves beside the delta: Perplexity all that
# was said before, in every chunk.
SAID: Final = re.compile(
    rb'(?:"delta"\s*+:\s*+\{[^{}]*?"(?:content|text|thinking|reasoning_content|reasoning|refusal'
    rb'|partial_json)"|"(?:arguments|input)"|"type"\s*+:\s*+"text"\s*+,\s*+"text")\s*+:\s*+'
    rb'"((?:[^"\\]++|\\.)++)"',
    re.DOTALL,
)
SAID_BY: Final[Mapping[Dialect, "re.Pattern[bytes]"]] = {
    "openai.responses": re.compile(rb'"delta"\s*+:\s*+"((?:[^"\\]++|\\.)++)"', re.DOTALL),
    "gemini.generate": re.compile(rb'"text"\s*+:\s*+"((?:[^"\\]++|\\.)++)"', re.DOTALL),
    "bedrock.converse": re.compile(rb'"(?:text|input)"\s*+:\s*+"((?:[^"\\]++|\\.)++)"', re.DOTALL),
}
SAID_AT_ONCE: Final = re.compile(
    rb'"(?:content|text|thinking|reasoning_content|reasoning|refusal|arguments)"\s*+:\s*+'
    rb'"((?:[^"\\]++|\\.)++)"',
    re.DOTALL,
)
# Arguments that are objects, not strings.
CALLED: Final = re.compile(rb'"(?:input|args)"\s*+:')
# What PostgreSQL takes in no JSON: NUL, halves of characters, numbers of more digits than it has.
UNFIT: Final = re.compile(rb"\\u0000|\\u[dD][89a-fA-F]|[0-9][eE][+-]?[0-9]{3}")


def note_event(exchange: Exchange, data: bytes) -> None:
    """Of a stream, as much of it as went through at once."""
    found = SAID_BY.get(exchange.arrival.operation.dialect, SAID).findall(data)
    exchange.events += len(found)
    exchange.text_bytes += sum(map(len, found))


def note_answer(exchange: Exchange, body: bytes, *, window: int | None) -> None:
    """Of an answer in one piece; letters, where what its vendor says of its output is unusual."""
    output, most = exchange.usage.output_tokens, len(body)
    exchange.said_bytes = most
    usual = min(most // USUAL_BYTES, window or most)
    if output is None or not most <= output << SHIFT or not output <= usual:
        exchange.text_bytes += sum(map(len, SAID_AT_ONCE.findall(body)))
        if not CALLED.search(body):
            exchange.said_bytes = exchange.text_bytes


def counted(exchange: Exchange, made: Attempt) -> tuple[UsageClasses, Certainty]:
    operation = exchange.arrival.operation.what
    if made.parts is not None and made.parts.usages and exchange.delivered is not made:
        return _of_parts(made.parts)
    if operation in FREE or made.status >= ANSWERED_BADLY or not may_have_been_sent(made):
        return NOTHING, "exact"
    if exchange.arrival.operation.passed and operation not in WRITTEN:
        return _passed(exchange, made)
    asked = len(exchange.body) // BYTES_PER_TOKEN
    # A batch holds many inputs, each of which the model reads by itself.
    window = None if operation == VECTORS else made.candidate.target.context_window
    if exchange.delivered is not made:
        if made.parts is not None:
            asked = made.parts.open_bytes // BYTES_PER_TOKEN
        if made.usage is not None:
            local = LocalCount(input_tokens=asked, output_tokens=0)
            classes = classes_of(made.usage, local=local, context_window=window)
            return classes, "exact" if classes.source == "provider" else "estimated"
        # The client left, or the answer was none: whether that is billed only the vendor knows.
        is_accepted = made.status != 0 and made.verdict is None
        empty = UsageClasses(in_fresh=asked, source="estimate")
        return empty, "estimated" if is_accepted else "possible"
    local = LocalCount(
        input_tokens=asked, output_tokens=produced(exchange) if operation in WRITTEN else 0
    )
    usage = exchange.usage
    is_told = exchange.whole or (exchange.stop is not None and usage.output_tokens is not None)
    if is_told:
        classes = classes_of(usage, local=local, context_window=window)
        if classes.source != "provider":
            return classes, "estimated"
        if deviates(exchange):
            classes = replace(classes, flags=classes.flags | DEVIATES)
        return classes, "exact"
    # What Anthropic says at the beginning is no count of what follows.
    cut = replace(
        usage,
        output_tokens=max(local.output_tokens, usage.output_tokens or 0),
        reasoning_tokens=None,
        output_audio_tokens=None,
        output_image_tokens=None,
    )
    classes = classes_of(cut, local=local, context_window=window)
    source = "estimate" if usage.input_tokens is None else "mixed"
    return replace(classes, source=source), "estimated"


def _of_parts(parts: Parts) -> tuple[UsageClasses, Certainty]:
    """Of those that were answered; whether another one is billed only the vendor knows."""
    asked = parts.answered_bytes // BYTES_PER_TOKEN
    local = LocalCount(input_tokens=asked, output_tokens=0)
    classes = classes_of(summed(parts.usages), local=local)
    is_exact = classes.source == "provider" and not parts.open_bytes
    return classes, "exact" if is_exact else "estimated"


def _passed(exchange: Exchange, made: Attempt) -> tuple[UsageClasses, Certainty]:
    classes = used(exchange, made)
    if exchange.delivered is made:
        is_exact = exchange.whole and classes.source == "provider"
        return classes, "exact" if is_exact else "estimated"
    is_accepted = made.status != 0 and made.verdict is None
    return classes, "estimated" if is_accepted else "possible"


def may_have_been_sent(made: Attempt) -> bool:
    """Whoever was interrupted while it asked does not know."""
    return made.sent or (made.called and made.verdict is None)


def produced(exchange: Exchange) -> int:
    """Vendors send a token or more with each event; letters tell where they send more."""
    return max(exchange.events, -(-exchange.text_bytes // BYTES_PER_TOKEN))


def tokens_of(classes: UsageClasses) -> Tokens:
    if classes is NOTHING:
        return NO_TOKENS
    return Tokens(
        classes.in_fresh,
        classes.in_cache_read,
        classes.in_cache_write_5m,
        classes.in_cache_write_30m,
        classes.in_cache_write_1h,
        classes.in_cache_write_12h,
        classes.in_audio,
        classes.in_image,
        classes.in_video,
        classes.out_text,
        classes.out_reasoning,
        classes.out_audio,
        classes.out_image,
        classes.web_search_calls,
        classes.images,
        classes.seconds,
        classes.source,
        tuple(sorted(classes.flags)) if classes.flags else (),
        kept_raw(bytes(classes.raw)),
    )


def kept_raw(raw: bytes) -> bytes:
    """As long as a column takes it."""
    if len(raw) > MAX_RAW_BYTES or UNFIT.search(raw):
        return b""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return b""
    return raw
