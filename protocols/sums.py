"""What several answers used, as one.

Laws: a total that one of them does not tell is not told; details are the sum of those that are;
nothing raises.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols.ir import NOTHING, Usage
from protocols.lenient import an_object

MOST: Final = 2**63 - 1  # JSON is written with no larger number


def summed(usages: Sequence[Usage]) -> Usage:
    return Usage(
        input_tokens=_total(usage.input_tokens for usage in usages),
        cache_read_tokens=_told(usage.cache_read_tokens for usage in usages),
        input_audio_tokens=_told(usage.input_audio_tokens for usage in usages),
        input_image_tokens=_told(usage.input_image_tokens for usage in usages),
        cache_write_tokens=_by_name(usage.cache_write_tokens for usage in usages),
        output_tokens=_total(usage.output_tokens for usage in usages),
        reasoning_tokens=_told(usage.reasoning_tokens for usage in usages),
        output_audio_tokens=_told(usage.output_audio_tokens for usage in usages),
        output_image_tokens=_told(usage.output_image_tokens for usage in usages),
        provider_tool_calls=_by_name(usage.provider_tool_calls for usage in usages),
        raw=_raw([an_object(usage.raw) for usage in usages]),
    )


def _total(counts: Iterable[int | None]) -> int | None:
    all_counts = list(counts)
    return None if None in all_counts else _told(all_counts)


def _told(counts: Iterable[int | None]) -> int | None:
    told = [count for count in counts if count is not None]
    return reduce(_plus, told) if told else None


def _by_name(counts: Iterable[Mapping[str, int] | None]) -> dict[str, int] | None:
    told = [each for each in counts if each is not None]
    names = dict.fromkeys(name for each in told for name in each)
    sums = {name: reduce(_plus, [each.get(name, 0) for each in told]) for name in names}
    return sums if told else None


def _raw(objects: Sequence[Mapping[str, Any]]) -> Raw:
    if not objects or not all(objects):
        return NOTHING
    return Raw(msgspec.json.encode(reduce(_added, objects)))


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    both = {name: _both(one[name], other[name]) for name in one if name in other}
    return {**one, **other, **both}


def _both(one: Any, other: Any) -> Any:
    """Counts are summed, lists of details hold those of both; of all else the first stays."""
    if _is_count(one) and _is_count(other):
        return _plus(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return one + other
    if isinstance(one, dict) and isinstance(other, dict):
        counts = [name for name in one if _is_count(one[name]) and _is_count(other.get(name))]
        return {**other, **one, **{name: _plus(one[name], other[name]) for name in counts}}
    return one


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _plus(one: int, other: int) -> int:
    return max(-MOST, min(MOST, one + other))
