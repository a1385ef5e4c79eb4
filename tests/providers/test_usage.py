"""Vendors' token counts as disjoint classes (providers.md PV-33 to PV-35)."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import ir
from protocols.framing.sse import SseSplitter
from protocols.native import NativeDialect
from protocols.registry import NATIVE
from providers.usage import LocalCount, UsageClasses, classes_of
from tests.protocols.corpus import Record, needs_corpus, records

LOCAL: Final = LocalCount(input_tokens=7, output_tokens=3)
IN: Final = tuple(name for name in UsageClasses.__struct_fields__ if name.startswith("in_"))
OUT: Final = tuple(name for name in UsageClasses.__struct_fields__ if name.startswith("out_"))


def total(classes: UsageClasses, names: tuple[str, ...]) -> int:
    return sum(getattr(classes, name) for name in names)


def split(**usage: Any) -> UsageClasses:
    return classes_of(ir.Usage(**usage), local=LOCAL)


def test_parts_leave_the_fresh_input_and_the_text() -> None:
    raw = msgspec.Raw(b'{"prompt_tokens":100}')
    assert split(
        input_tokens=100,
        cache_read_tokens=40,
        cache_write_tokens={"5m": 10, "30m": 9, "1h": 8, "12h": 7},
        input_audio_tokens=6,
        input_image_tokens=5,
        output_tokens=50,
        reasoning_tokens=20,
        output_audio_tokens=10,
        output_image_tokens=5,
        provider_tool_calls={"web_search": 2, "web_fetch": 1},
        raw=raw,
    ) == UsageClasses(
        in_fresh=15,
        in_cache_read=40,
        in_cache_write_5m=10,
        in_cache_write_30m=9,
        in_cache_write_1h=8,
        in_cache_write_12h=7,
        in_audio=6,
        in_image=5,
        out_text=15,
        out_reasoning=20,
        out_audio=10,
        out_image=5,
        web_search_calls=2,
        raw=raw,
    )


def test_more_read_from_the_cache_than_came_in_is_inconsistent_and_never_negative() -> None:
    classes = split(input_tokens=56_322, cache_read_tokens=72_960, output_tokens=1)
    assert (classes.in_fresh, classes.in_cache_read) == (0, 56_322)
    assert classes.flags == {"inconsistent"}


@pytest.mark.parametrize("part", [-1, 1_000_000_001])
def test_a_part_that_cannot_be_is_left_out(part: int) -> None:
    classes = split(input_tokens=10, cache_read_tokens=part, output_tokens=1)
    assert (classes.in_fresh, classes.in_cache_read) == (10, 0)
    assert classes.flags == {"inconsistent"}


@pytest.mark.parametrize(
    ("usage", "source", "sums"),
    [
        ({"input_tokens": 10, "output_tokens": 5}, "provider", (10, 5)),
        ({"input_tokens": 10}, "mixed", (10, 3)),
        ({"output_tokens": 5}, "mixed", (7, 5)),
        ({}, "estimate", (7, 3)),
    ],
)
def test_what_is_missing_is_counted_here(
    usage: dict[str, int], source: str, sums: tuple[int, int]
) -> None:
    classes = split(**usage)
    assert classes.source == source
    assert (total(classes, IN), total(classes, OUT)) == sums
    assert not classes.flags


def test_embeddings_put_out_nothing_and_are_not_estimated() -> None:
    local = LocalCount(input_tokens=9, output_tokens=0)
    assert classes_of(ir.Usage(input_tokens=8), local=local) == UsageClasses(in_fresh=8)


@pytest.mark.parametrize("lie", [-5, 1_000_000_001, 106])
def test_what_cannot_be_believed_is_rejected(lie: int) -> None:
    usage = ir.Usage(input_tokens=lie, cache_read_tokens=2, output_tokens=105)
    classes = classes_of(usage, local=LOCAL, context_window=100)
    assert (classes.in_fresh, classes.in_cache_read, classes.out_text) == (7, 0, 105)
    assert classes.source == "mixed"
    assert classes.flags == {"usage_rejected"}


tokens = st.none() | st.integers(-5, 2_000) | st.integers()


@given(
    usage=st.builds(
        ir.Usage,
        input_tokens=tokens,
        cache_read_tokens=tokens,
        cache_write_tokens=st.none()
        | st.dictionaries(st.sampled_from(["5m", "30m", "1h", "12h", "7d"]), st.integers()),
        input_audio_tokens=tokens,
        input_image_tokens=tokens,
        output_tokens=tokens,
        reasoning_tokens=tokens,
        output_audio_tokens=tokens,
        output_image_tokens=tokens,
        provider_tool_calls=st.none()
        | st.dictionaries(st.just("web_search"), st.integers(), max_size=1),
    ),
    window=st.none() | st.integers(1, 5_000),
)
def test_whatever_a_vendor_says_no_class_is_negative_and_each_side_sums_to_its_total(
    usage: ir.Usage, window: int | None
) -> None:
    classes = classes_of(usage, local=LOCAL, context_window=window)
    most = min(1_000_000_000, int((window or 10**9) * 1.05))
    for said, here, names in (
        (usage.input_tokens, 7, IN),
        (usage.output_tokens, 3, OUT),
    ):
        believed = said is not None and 0 <= said <= most
        assert total(classes, names) == (said if believed else here)
        assert all(getattr(classes, name) >= 0 for name in names)
    assert classes.web_search_calls >= 0


DIALECTS: Final = {
    "*.chat": "openai.chat",
    "*.messages": "anthropic.messages",
    "*.embeddings": "openai.embeddings",
}


def seen(native: NativeDialect, record: Record) -> ir.Usage | None:
    if record.response.sse is None:
        return native.usage(record.response.body)[0]
    observer = native.observer(hide_usage=False)
    splitter = SseSplitter(cap=1 << 24)
    for event in splitter.feed(record.response.body):
        observer.feed(event)
    if rest := splitter.close():
        observer.feed(rest)
    return observer.usage


def said_in(record: Record) -> Iterator[int]:
    """The totals by the vendor's own arithmetic, from somebody else's reading."""
    merged: dict[str, Any] = {}
    for usage in record.observed.usage:
        merged |= {key: value for key, value in usage.items() if value is not None}
    if "input_tokens" in merged:
        parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        yield sum(merged.get(part, 0) for part in parts)
        yield merged["output_tokens"]
        return
    prompt = merged.get("prompt_tokens", merged.get("total_tokens", 0))
    completion = merged.get("completion_tokens", 0)
    reasoning = (merged.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
    yield prompt
    # xAI counts reasoning beside the completion.
    apart = merged.get("total_tokens") == prompt + completion + reasoning
    yield completion + reasoning if apart else completion


@needs_corpus
@pytest.mark.parametrize("api", DIALECTS)
def test_every_recorded_usage_sums_to_what_the_vendor_said(api: str) -> None:
    native = NATIVE[DIALECTS[api]]  # type: ignore[index]
    checked = 0
    for record in records(api):
        usage = seen(native, record)
        if not record.observed.usage or record.response.status != 200:
            continue
        assert usage is not None, record.id
        local = LocalCount(input_tokens=1, output_tokens=0)
        classes = classes_of(usage, local=local)
        assert [total(classes, IN), total(classes, OUT)] == [*said_in(record)], record.id
        assert classes.source == "provider", record.id
        assert "usage_rejected" not in classes.flags, record.id
        checked += 1
    assert checked
