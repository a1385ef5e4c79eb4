from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from protocols.ir import Usage
from protocols.sums import MOST, summed

COUNTS = st.none() | st.integers(-(2**63), 2**64)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_what_was_used_is_the_sum(tokens: list[int]) -> None:
    usages = [
        Usage(
            input_tokens=count,
            cache_read_tokens=count or None,
            raw=Raw(msgspec.json.encode({"prompt_tokens": count, "total_tokens": count})),
        )
        for count in tokens
    ]
    usage = summed(usages)
    total = sum(tokens)
    assert (usage.input_tokens, usage.cache_read_tokens) == (total, total or None)
    assert msgspec.json.decode(usage.raw) == {"prompt_tokens": total, "total_tokens": total}
    assert usage.output_tokens is None


def test_a_total_that_one_part_does_not_tell_is_not_told() -> None:
    told = Usage(input_tokens=3, output_tokens=0, raw=Raw(b'{"a":3}'))
    usage = summed([told, Usage()])
    assert (usage.input_tokens, usage.output_tokens, bytes(usage.raw)) == (None, None, b"")
    assert summed([]) == Usage()


def test_words_stay_and_lists_and_counts_within_are_of_all_parts() -> None:
    one: dict[str, Any] = {"n": 1, "w": "x", "l": [1], "d": {"n": 2, "w": "y"}, "b": True, "o": 1}
    other: dict[str, Any] = {"n": 2, "w": "z", "l": [2], "d": {"n": 3, "m": 4}, "b": True, "p": 5}
    usage = summed([Usage(raw=Raw(msgspec.json.encode(each))) for each in (one, other)])
    assert msgspec.json.decode(usage.raw) == {
        "n": 3, "w": "x", "l": [1, 2], "d": {"n": 5, "w": "y", "m": 4}, "b": True, "o": 1, "p": 5,
    }  # fmt: skip


@given(st.lists(st.tuples(COUNTS, COUNTS, OBJECTS), max_size=4))
def test_whatever_vendors_say_it_can_be_written(said: list[tuple[Any, Any, Any]]) -> None:
    usage = summed(
        [
            Usage(input_tokens=read, output_tokens=written, raw=Raw(msgspec.json.encode(raw)))
            for read, written, raw in said
        ]
    )
    for count in (usage.input_tokens, usage.output_tokens):
        assert count is None or len(said) < 2 or -MOST <= count <= MOST
    assert not usage.raw or isinstance(msgspec.json.decode(usage.raw), dict)


def test_details_are_summed_by_their_names() -> None:
    usage = summed(
        [
            Usage(
                cache_write_tokens={"5m": 1},
                reasoning_tokens=2,
                output_audio_tokens=3,
                output_image_tokens=4,
                provider_tool_calls={"web_search": 1},
            ),
            Usage(),
            Usage(
                cache_write_tokens={"5m": 1, "1h": 5},
                reasoning_tokens=20,
                output_audio_tokens=30,
                output_image_tokens=40,
                provider_tool_calls={"web_search": 2},
            ),
        ]
    )
    assert usage.cache_write_tokens == {"5m": 2, "1h": 5}
    assert (usage.reasoning_tokens, usage.output_audio_tokens) == (22, 33)
    assert usage.output_image_tokens == 44
    assert usage.provider_tool_calls == {"web_search": 3}
