"""What is heard of answers that are forwarded as they came."""

import msgspec
import pytest

from protocols.errors import Problem
from protocols.openai_responses.native import OpenAiResponses

NATIVE = OpenAiResponses()
USED = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


def event(kind: str, **said: object) -> bytes:
    data = msgspec.json.encode({"type": kind, **said})
    return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"


def answer(**said: object) -> bytes:
    return msgspec.json.encode({"object": "response", "status": "completed", **said})


def ended(kind: str, **said: object) -> bytes:
    return event(f"response.{kind}", response={"status": kind, **said})


def test_a_stream_is_watched() -> None:
    observer = NATIVE.observer(hide_usage=True)
    for frame in (
        event("response.created", response={"status": "in_progress"}),
        event("response.output_item.added", item={"type": "message"}),
        event("response.content_part.added", part={"type": "output_text", "text": ""}),
        event("response.output_text.delta", delta=""),
        b": keepalive\n\n",
    ):
        assert observer.feed(frame)
        assert not observer.content
    observer.feed(event("response.output_text.delta", delta="a"))
    for words in ("b", "no error"):
        observer.feed(event("response.output_text.delta", delta=words))
    assert (observer.content, observer.stopped, observer.terminal) == (True, False, False)
    observer.feed(ended("completed", usage=USED, service_tier="flex"))
    assert (observer.stopped, observer.terminal) == (True, True)
    assert (observer.stop, observer.tier, observer.failure) == ("completed", "flex", None)
    assert observer.usage is not None
    assert observer.usage.output_tokens == 2


@pytest.mark.parametrize(
    ("frame", "content"),
    [
        (event("response.output_item.added", item={"type": "function_call"}), True),
        (event("response.output_item.added", item={"type": "reasoning"}), False),
        (event("response.output_item.added", item={"type": []}), True),
        (event("response.output_item.done", item={"type": "reasoning"}), True),
        (event("response.function_call_arguments.delta", delta="{"), True),
        (ended("completed", output=[{"type": "message"}]), True),
        (ended("completed", output=[]), False),
        (event("response.in_progress"), False),
        (b"data: {}\n\n", False),
    ],
)
def test_what_is_content(frame: bytes, content: bool) -> None:  # noqa: FBT001
    observer = NATIVE.observer(hide_usage=False)
    observer.feed(frame)
    assert observer.content == content


def test_an_incomplete_answer_says_why() -> None:
    observer = NATIVE.observer(hide_usage=False)
    observer.feed(ended("incomplete", incomplete_details={"reason": "max_output_tokens"}))
    assert (observer.stop, observer.stopped) == ("max_output_tokens", True)
    bare = NATIVE.observer(hide_usage=False)
    bare.feed(event("response.completed"))
    assert (bare.stop, bare.usage, bare.content) == ("completed", None, False)


def test_a_failure_is_heard_once() -> None:
    observer = NATIVE.observer(hide_usage=False)
    observer.feed(event("error", code="server_is_overloaded", message="Busy."))
    assert not observer.terminal
    observer.feed(ended("failed", error={"code": "server_error", "message": "Failed."}))
    assert observer.failure is not None
    assert (observer.failure.kind, observer.failure.message) == ("overloaded", "Busy.")
    assert (observer.terminal, observer.stopped) == (True, False)
    observer.feed(event("error", message="Again."))
    assert observer.failure.message == "Busy."


def test_a_failed_answer_is_a_failure() -> None:
    observer = NATIVE.observer(hide_usage=False)
    observer.feed(ended("failed", error={"code": "server_error", "message": "Oh."}, usage=USED))
    assert observer.failure is not None
    assert (observer.failure.kind, observer.failure.message) == ("upstream_error", "Oh.")
    assert observer.usage is not None
    unexplained = NATIVE.observer(hide_usage=False)
    unexplained.feed(ended("failed"))
    assert unexplained.failure is not None


def test_whole_answers_are_read() -> None:
    usage, stop = NATIVE.usage(answer(usage=USED, tool_usage={"web_search": {"num_requests": 1}}))
    assert usage is not None
    assert (usage.input_tokens, usage.provider_tool_calls) == (1, {"web_search": 1})
    assert stop == "completed"
    assert NATIVE.usage(b"no") == (None, None)
    assert NATIVE.usage(answer(incomplete_details={"reason": "content_filter"}))[1] == (
        "content_filter"
    )


def test_the_tier_is_read() -> None:
    assert NATIVE.tier(answer(service_tier="flex")) == "flex"
    assert NATIVE.tier(answer()) is None
    assert NATIVE.tier(b'{"service_tier"') is None


def test_an_error_in_a_success_is_found() -> None:
    assert NATIVE.error_in_success(answer(error=None)) is None
    assert NATIVE.error_in_success(b"no") is None
    problem = NATIVE.error_in_success(answer(error={"code": "server_error", "message": "Oh."}))
    assert problem is not None
    assert problem.message == "Oh."


def test_errors_are_read_and_told() -> None:
    body = b'{"error":{"message":"Oh.","type":"invalid_request_error","param":null,"code":null}}'
    problem = NATIVE.problem(400, body, None)
    assert problem == Problem(kind="invalid_request", message="Oh.", status=400)
    assert msgspec.json.decode(NATIVE.encode_error(problem, "req_1").body)["error"]["code"] == (
        "invalid_request"
    )


def test_a_broken_stream_ends_as_sdks_understand_it() -> None:
    told = NATIVE.error_event(Problem(kind="timeout", message="Too long."), "req_1")
    error, failed, rest = told.split(b"\n\n")
    assert rest == b""
    assert error.startswith(b'event: error\ndata: {"type":"error",')
    said = msgspec.json.decode(failed.partition(b"data: ")[2])
    assert (said["type"], said["sequence_number"]) == ("response.failed", 1)
    assert said["response"]["id"] == "resp_1"
    assert said["response"]["error"] == {"code": "timeout", "message": "Too long."}


def test_usage_of_nothing_is_unknown() -> None:
    assert NATIVE.observer(hide_usage=False).usage is None
