"""An error beside a reason to stop is a remark; an error that is the reason breaks off."""

import msgspec
import pytest

from protocols.openai_chat.native import OpenAiChat


def chunk(finish_reason: str | None) -> bytes:
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": finish_reason}
    error = {"message": "Provider returned error", "code": 502}
    return b"data: %b\n\n" % msgspec.json.encode({"choices": [choice], "error": error})


@pytest.mark.parametrize(("reason", "failed"), [("stop", False), ("error", True), (None, True)])
def test_only_an_error_that_ends_the_answer_is_its_failure(
    reason: str | None, *, failed: bool
) -> None:
    observer = OpenAiChat().observer(hide_usage=False)
    assert observer.feed(chunk(reason))
    assert (observer.failure is not None) == failed
    observer.feed(b'data: {"choices":[],"usage":{"prompt_tokens":41,"completion_tokens":243}}\n\n')
    assert observer.usage is not None
    assert observer.usage.output_tokens == 243
