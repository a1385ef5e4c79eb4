"""A vendor's token counts as disjoint classes, each with a price of its own. Pure.

Laws: no class is negative; the classes of a side sum to its total, and the total is the vendor's
wherever it can be believed; what cannot be is counted here and flagged; nothing is ever a credit.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Raw, Struct

from protocols import ir

# Every class once, as fields here and in the spool and as columns of the books.
IN_CLASSES: Final = (
    "in_fresh", "in_cache_read", "in_cache_write_5m", "in_cache_write_30m", "in_cache_write_1h",
    "in_cache_write_12h", "in_audio", "in_image", "in_video",
)  # fmt: skip
OUT_CLASSES: Final = ("out_text", "out_reasoning", "out_audio", "out_image")
TOKEN_CLASSES: Final = (*IN_CLASSES, *OUT_CLASSES)
CALL_CLASSES: Final = ("web_search_calls", "images", "seconds")  # billed each
CLASSES: Final = (*TOKEN_CLASSES, *CALL_CLASSES)
MOST_TOKENS: Final = 1_000_000_000
WINDOW_TOLERANCE: Final = 1.05
Source: TypeAlias = Literal["provider", "estimate", "mixed"]
Flag: TypeAlias = Literal["inconsistent", "usage_rejected", "usage_deviates"]


class UsageClasses(Struct, frozen=True, kw_only=True, omit_defaults=True):
    in_fresh: int = 0
    in_cache_read: int = 0
    in_cache_write_5m: int = 0
    in_cache_write_30m: int = 0
    in_cache_write_1h: int = 0
    in_cache_write_12h: int = 0
    in_audio: int = 0
    in_image: int = 0
    in_video: int = 0
    out_text: int = 0
    out_reasoning: int = 0
    out_audio: int = 0
    out_image: int = 0
    web_search_calls: int = 0
    images: int = 0
    seconds: int = 0
    source: Source = "provider"
    flags: frozenset[Flag] = frozenset()
    raw: Raw = ir.NOTHING  # the vendor's object


class LocalCount(Struct, frozen=True, kw_only=True):
    """What we count ourselves, for want of a better word."""

    input_tokens: int
    output_tokens: int


def classes_of(
    usage: ir.Usage, *, local: LocalCount, context_window: int | None = None
) -> UsageClasses:
    flags: set[Flag] = set()
    most = MOST_TOKENS
    if context_window is not None:
        most = min(most, int(context_window * WINDOW_TOLERANCE))
    total_in = _believed(usage.input_tokens, most, flags)
    total_out = _believed(_output(usage, local), most, flags)
    return UsageClasses(
        **_split("in_fresh", total_in, local.input_tokens, _parts_in(usage), flags),
        **_split("out_text", total_out, local.output_tokens, _parts_out(usage), flags),
        web_search_calls=_part((usage.provider_tool_calls or {}).get("web_search"), flags),
        source=_source(total_in, total_out),
        flags=frozenset(flags),
        raw=usage.raw,
    )


def _output(usage: ir.Usage, local: LocalCount) -> int | None:
    # Embeddings put out no tokens, and say nothing of them.
    said_nothing = usage.output_tokens is None and usage.input_tokens is not None
    return 0 if said_nothing and not local.output_tokens else usage.output_tokens


def _believed(total: int | None, most: int, flags: set[Flag]) -> int | None:
    if total is None or 0 <= total <= most:
        return total
    flags.add("usage_rejected")
    return None


def _parts_in(usage: ir.Usage) -> Iterator[tuple[str, int | None]]:
    # The cheapest first: where parts exceed their total, the doubt is the client's.
    written: Mapping[str, int] = usage.cache_write_tokens or {}
    yield "in_cache_read", usage.cache_read_tokens
    yield "in_cache_write_5m", written.get("5m")
    yield "in_cache_write_30m", written.get("30m")
    yield "in_cache_write_1h", written.get("1h")
    yield "in_cache_write_12h", written.get("12h")
    yield "in_image", usage.input_image_tokens
    yield "in_audio", usage.input_audio_tokens


def _parts_out(usage: ir.Usage) -> Iterator[tuple[str, int | None]]:
    yield "out_reasoning", usage.reasoning_tokens
    yield "out_image", usage.output_image_tokens
    yield "out_audio", usage.output_audio_tokens


def _split(
    rest: str,
    total: int | None,
    local: int,
    parts: Iterator[tuple[str, int | None]],
    flags: set[Flag],
) -> dict[str, int]:
    if total is None:
        return {rest: local}
    left, classes = total, {}
    for name, said in parts:
        part = _part(said, flags)
        if part > left:
            flags.add("inconsistent")
        classes[name] = min(part, left)
        left -= classes[name]
    classes[rest] = left
    return classes


def _part(said: int | None, flags: set[Flag]) -> int:
    if said is None or 0 <= said <= MOST_TOKENS:
        return said or 0
    flags.add("inconsistent")
    return 0


def _source(total_in: int | None, total_out: int | None) -> Source:
    match total_in is None, total_out is None:
        case False, False:
            return "provider"
        case True, True:
            return "estimate"
    return "mixed"
