"""What could not be carried over, as it is noticed."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Loss
from protocols.losses import Losses, is_silent, is_usual

EXTRA = {"beta_field": Raw(b"1"), "other": Raw(b"2")}


def test_losses_are_kept_in_order() -> None:
    losses = Losses()
    losses.add("seed", "seed", "has no seed")
    losses.add("image", "messages[0]", "takes no images", content=True)
    assert losses.found == [
        Loss(code="seed", path="seed", why="has no seed"),
        Loss(code="image", path="messages[0]", why="takes no images", content=True),
    ]


def test_each_unknown_field_is_one_loss_with_its_name() -> None:
    losses = Losses()
    losses.unknown(EXTRA, but=("other",))
    losses.unknown(EXTRA, path="tools[0]", but=("beta_field",))
    losses.unknown(None)
    found = [(loss.code, loss.path) for loss in losses.found]
    assert found == [("other:beta_field", "beta_field"), ("other:other", "tools[0].other")]


def told(name: str, value: Any, *, path: str = "") -> list[tuple[str, str, bool]]:
    losses = Losses()
    losses.unknown({name: Raw(msgspec.json.encode(value))}, path=path)
    return [(loss.code, loss.path, loss.content) for loss in losses.found]


@pytest.mark.parametrize("value", [None, {}, [], ""])
def test_what_says_nothing_is_no_loss(value: Any) -> None:
    assert told("prediction", value) == []
    assert told("annotations", value, path="messages[1]") == []


@pytest.mark.parametrize("value", [False, 0, [None], {"edits": []}, "a"])
def test_what_says_anything_is_one(value: Any) -> None:
    assert told("odd", value) == [("other:odd", "odd", False)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("truncation", "disabled"),
        ("background", False),
        ("prompt_cache_retention", "in_memory"),
        ("performanceConfig", {"latency": "standard"}),
        ("caller", {"type": "direct"}),
        ("phase", "final_answer"),
        ("defer_loading", False),
        ("eager_input_streaming", False),
        ("generationConfig", {"mediaResolution": "MEDIA_RESOLUTION_UNSPECIFIED", "odd": None}),
    ],
)
def test_what_vendors_do_anyway_is_no_loss(name: str, value: Any) -> None:
    assert told(name, value) == []
    assert is_silent(name, Raw(msgspec.json.encode(value)))


@pytest.mark.parametrize(
    ("name", "value", "lost"),
    [
        ("truncation", "auto", "other:truncation"),
        ("background", True, "other:background"),
        ("background", 0, "other:background"),
        ("caller", {"type": "code_execution_20260120"}, "other:caller"),
        ("phase", "commentary", "other:phase"),
        ("defer_loading", True, "other:defer_loading"),
        ("eager_input_streaming", True, "other:eager_input_streaming"),
        ("performanceConfig", {"latency": "optimized"}, "other:performanceConfig"),
        ("cache_control", {"type": "odd"}, "cache"),
        ("logit_bias", {"1": 2}, "logit_bias"),
    ],
)
def test_another_value_is_a_loss_under_its_code(name: str, value: Any, lost: str) -> None:
    assert told(name, value) == [(lost, name, False)]


def test_an_empty_object_may_ask_for_what_it_is_called() -> None:
    assert told("web_search_options", {}) == [
        ("other:web_search_options", "web_search_options", False)
    ]
    assert told("web_search_options", None) == []


def test_the_rest_of_an_object_is_told_field_by_field() -> None:
    value = {"mediaResolution": "MEDIA_RESOLUTION_LOW", "odd": 1, "labels": []}
    assert told("generationConfig", value) == [
        ("other:mediaResolution", "generationConfig.mediaResolution", False),
        ("other:odd", "generationConfig.odd", False),
    ]
    inner = {"json_schema": {"odd": 1}}
    assert told("response_format", inner) == [
        ("other:odd", "response_format.json_schema.odd", False)
    ]


def test_an_object_that_was_not_understood_is_told_as_a_whole() -> None:
    value = {"type": "regex", "pattern": "a"}
    assert told("response_format", value) == [("other:response_format", "response_format", False)]


@pytest.mark.parametrize("name", ["cachedContent", "container", "conversation", "mcp_servers"])
def test_what_the_answer_is_about_is_content_at_the_top_only(name: str) -> None:
    assert told(name, "x") == [(f"other:{name}", name, True)]
    assert told(name, "x", path="tools[0]") == [(f"other:{name}", f"tools[0].{name}", False)]
    assert told(name, None) == []


def test_a_number_that_nobody_can_read_says_something() -> None:
    losses = Losses()
    losses.unknown({"odd": Raw(b"1e999999")})
    assert [loss.code for loss in losses.found] == ["other:odd"]


def test_a_default_of_a_dialects_vendor_is_usual_in_that_dialect_only() -> None:
    assert is_usual("gemini.generate", "top_k", 64)
    assert not is_usual("gemini.generate", "top_k", 40)
    assert not is_usual("gemini.generate", "seed", None)
    assert not is_usual("anthropic.messages", "top_k", 64)


def test_a_block_of_another_dialect_is_content_and_a_mere_cache_point_is_not() -> None:
    losses = Losses()
    for kind in ("cachePoint", "odd"):
        losses.opaque(ir.Opaque(dialect="bedrock.converse", kind=kind, raw=Raw(b"{}")), "x", "y")
    assert [(loss.code, loss.content) for loss in losses.found] == [
        ("cache", False),
        ("opaque", True),
    ]


def test_a_block_whose_words_are_told_is_lost_but_for_them() -> None:
    losses = Losses()
    said = Raw(b'{"type":"refusal","refusal":"no","odd":1,"null":null}')
    for kind in ("refusal", "odd"):
        losses.told(ir.Opaque(dialect="openai.chat", kind=kind, raw=said, text="no"), "x")
    assert [(loss.code, loss.path) for loss in losses.found] == [("other:odd", "x.odd")]
