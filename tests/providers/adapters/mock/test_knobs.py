"""Knobs behind the name of a mock model: failing, hanging, lying, pacing."""

import math
from typing import Any

import pytest

from tests.providers.adapters.mock.asking import (
    EMBEDDINGS,
    Heard,
    ask,
    chat,
    messages,
    said,
)


def total_s(heard: Heard) -> float:
    return math.fsum(heard.waits)


@pytest.mark.parametrize(
    ("model", "status", "message"),
    [
        ("gpt-4", 404, "The model 'gpt-4' does not exist; the mock has mock-echo, "),
        ("mock-ehco", 404, "does not exist"),
        ("mock-echo;typo=1", 400, "'typo' is no knob of the mock; it has ttft_ms, "),
        ("mock-echo;", 400, "'' is no knob"),
        ("mock-echo;tps=fast", 400, "tps=fast is not possible"),
        ("mock-echo;tps=-1", 400, "must be 0 to 1e+06"),
        ("mock-echo;ttft_ms=nan", 400, "must be 0 to"),
        ("mock-echo;out=1.5", 400, "out=1.5 is not possible"),
        ("mock-echo;fail=200", 400, "must be 400 to 599"),
        ("mock-echo;fail_at=never", 400, "must be one of started, "),
        ("mock-echo;finish=done", 400, "must be one of end_turn, "),
        ("mock-echo;usage=true", 400, "must be one of missing, lie, late"),
        ("mock-echo;retry_after=a\nb", 400, "printable"),
    ],
)
def test_a_name_that_is_misspelt_is_refused_precisely(
    model: str, status: int, message: str
) -> None:
    for heard in (chat(model), messages(model), ask(EMBEDDINGS, model=model, input="a")):
        assert heard.status == status
        assert message in heard.json["error"]["message"]


@pytest.mark.parametrize(
    ("status", "openai", "anthropic"),
    [
        (400, "invalid_request_error", "invalid_request_error"),
        (401, "invalid_request_error", "authentication_error"),
        (418, "invalid_request_error", "invalid_request_error"),
        (429, "requests", "rate_limit_error"),
        (500, "server_error", "api_error"),
        (503, "server_error", "overloaded_error"),
        (529, "server_error", "overloaded_error"),
        (599, "server_error", "api_error"),
    ],
)
def test_a_failure_has_its_status_and_the_dialects_own_form(
    status: int, openai: str, anthropic: str
) -> None:
    for stream in (False, True):
        for ask_in, kind in ((chat, openai), (messages, anthropic)):
            heard = ask_in(f"mock-echo;fail={status}", stream=stream)
            assert heard.status == status
            assert heard.json["error"]["type"] == kind
            assert "retry-after" not in heard.headers


@pytest.mark.parametrize("word", ["7", "soon", "Fri, 20 Nov 2026 08:00:00 GMT"])
def test_a_failure_may_say_when_to_come_again(word: str) -> None:
    heard = chat(f"mock-echo;fail=429;retry_after={word}")
    assert heard.headers["retry-after"] == word


def test_a_share_of_requests_fails_and_each_always_fares_the_same() -> None:
    model = "mock-echo;fail=503;fail_rate=0.3"
    failed = [at for at in range(400) if chat(model, f"request {at}").status == 503]
    assert 90 <= len(failed) <= 150
    assert all(chat(model, f"request {at}").status == 503 for at in failed)
    assert chat("mock-echo;fail_rate=1").status == 500
    assert chat("mock-echo;fail=503;fail_rate=0").status == 200


@pytest.mark.parametrize(
    ("event", "told"),
    [("started", ""), ("text_delta", ""), ("finished", "hello big World")],
)
def test_a_stream_fails_where_it_is_told_to(event: str, told: str) -> None:
    heard = chat(f"mock-echo;fail=503;fail_at={event}", stream=True)
    *before, last = heard.events
    assert heard.status == 200
    assert last["error"]["code"] == "overloaded"
    deltas = [chunk["choices"][0]["delta"].get("content", "") for chunk in before]
    assert "".join(deltas) == told
    *_, shaped = messages(f"mock-echo;fail_at={event}", stream=True).events
    assert shaped["type"] == "error"
    # A whole answer fails at once.
    assert chat(f"mock-echo;fail_at={event}").status == 500


def test_a_call_hangs_before_its_headers_or_at_an_event() -> None:
    assert chat("mock-echo;hang=headers").hangs
    assert chat("mock-echo;hang=headers", stream=True).waits[0] == math.inf
    assert chat("mock-echo;hang=headers;fail=500").hangs
    assert ask(EMBEDDINGS, model="mock-embed;hang=headers", input="a").hangs
    heard = chat("mock-echo;hang=finished", stream=True)
    assert heard.hangs
    assert b"World" in heard.body
    assert b'finish_reason":"stop' not in heard.body
    assert chat("mock-echo;hang=finished").hangs
    assert not chat("mock-echo").hangs


def test_time_is_that_of_the_first_token_and_of_every_further_one() -> None:
    for ask_in in (chat, messages):
        whole = ask_in("mock-lorem;ttft_ms=500;tps=10")
        streamed = ask_in("mock-lorem;ttft_ms=500;tps=10", stream=True)
        usage = whole.json["usage"]
        said_tokens = usage.get("completion_tokens", usage.get("output_tokens"))
        assert said_tokens >= 60
        assert total_s(whole) == pytest.approx(0.5 + (said_tokens - 1) / 10)
        assert total_s(streamed) == pytest.approx(total_s(whole))
        assert streamed.waits[0] == 0
        assert max(streamed.waits) == 0.5
    assert total_s(chat("mock-echo")) == pytest.approx(0.03 + 0.02)
    assert total_s(chat("mock-lorem;ttft_ms=0;tps=0")) == 0
    assert total_s(ask(EMBEDDINGS, model="mock-embed;ttft_ms=70", input="a")) == 0.07


def test_an_answer_is_as_long_as_the_name_says() -> None:
    for out in (0, 2, 7):
        heard = chat(f"mock-echo;out={out}")
        assert heard.json["usage"]["completion_tokens"] == out
    assert said(chat("mock-echo;out=4")) == "hello big World hello "
    assert said(chat("mock-echo;out=1", "a\n")) == "a\n"


def test_a_finish_can_be_made_up() -> None:
    assert chat("mock-echo;finish=content_filter").json["choices"][0]["finish_reason"] == (
        "content_filter"
    )
    assert messages("mock-echo;finish=pause").json["stop_reason"] == "pause_turn"


def test_usage_can_be_missing_a_lie_or_late() -> None:
    assert "usage" not in chat("mock-echo;usage=missing").json
    assert "usage" not in ask(EMBEDDINGS, model="mock-embed;usage=missing", input="a").json
    asked: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
    assert all("usage" not in e for e in chat("mock-echo;usage=missing", **asked).events[:-1])
    lie = chat("mock-echo;usage=lie").json["usage"]
    assert lie["completion_tokens"] == 1_030
    assert lie["prompt_tokens_details"]["cached_tokens"] > lie["prompt_tokens"]
    late = messages("mock-echo;usage=late", stream=True)
    assert max(late.waits) == 1
    assert late.events[0]["message"]["usage"]["input_tokens"] == 0
    assert late.events[-2]["usage"]["input_tokens"] == 6
