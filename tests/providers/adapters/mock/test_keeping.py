"""The mock keeps its answers as a vendor of Responses does."""

from typing import Any

import msgspec
import pytest

from providers.adapters.mock.answers import Answer
from providers.adapters.mock.memory import Kept, Memory
from providers.adapters.mock.serving import Call, respond


def ask(
    memory: Memory, path: str, *, method: str = "POST", id_: str = "1", **body: Any
) -> tuple[int, Any]:
    said = {"model": "mock-echo", "input": "Hi", **body} if method == "POST" else {}
    answer = respond(
        Call(
            method=method,
            path=f"/v1/responses{path}",
            headers={},
            body=msgspec.json.encode(said),
            id=id_,
            created=1,
            memory=memory,
        )
    )
    return answer.status, answer if answer.stream else read(answer)


def read(answer: Answer) -> Any:
    return msgspec.json.decode(b"".join(data for _, data in answer.pieces))


def test_an_answer_can_be_gone_on_with_read_and_deleted() -> None:
    memory = Memory()
    status, first = ask(memory, "")
    assert (status, first["store"]) == (200, True)
    status, second = ask(memory, "", id_="2", previous_response_id="resp_1", input="And?")
    assert second["output"][0]["content"][0]["text"] == "And?"
    assert second["usage"]["input_tokens"] > first["usage"]["input_tokens"]
    assert ask(memory, "/resp_1", method="GET") == (200, first)
    status, items = ask(memory, "/resp_1/input_items", method="GET")
    [item] = items["data"]
    assert item["content"] == [{"type": "input_text", "text": "Hi"}]
    assert (items["first_id"], items["last_id"], items["has_more"]) == (
        item["id"],
        item["id"],
        False,
    )
    gone = {"id": "resp_1", "object": "response", "deleted": True}
    assert ask(memory, "/resp_1", method="DELETE") == (200, gone)
    for tail, method in (("", "GET"), ("", "DELETE"), ("/input_items", "GET"), ("/cancel", "POST")):
        status, said = ask(memory, f"/resp_1{tail}", method=method)
        assert (status, said["error"]["code"]) == (404, "not_found")
    status, said = ask(memory, "", previous_response_id="resp_1")
    assert (status, said["error"]["code"]) == (400, "previous_response_not_found")


def test_a_stream_is_kept_as_well() -> None:
    memory = Memory()
    status, answer = ask(memory, "", stream=True)
    told = b"".join(data for _, data in answer.pieces)
    assert (status, b'"store":true' in told, b'"store":false' in told) == (200, True, False)
    assert ask(memory, "/resp_1", method="GET")[1]["output"][0]["content"][0]["text"] == "Hi"


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_not_to_be_kept_is_not(*, stream: bool) -> None:
    memory = Memory()
    ask(memory, "", store=False, stream=stream)
    assert ask(memory, "/resp_1", method="GET")[0] == 404


def test_items_are_listed_as_they_are_kept() -> None:
    memory = Memory()
    said = [
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": [{"type": "input_text", "text": "there"}]},
    ]
    ask(memory, "", input=said)
    _, items = ask(memory, "/resp_1/input_items", method="GET")
    assert [item["content"][0]["text"] for item in items["data"]] == ["there", "Hi"]
    assert {item["type"] for item in items["data"]} == {"message"}


def test_what_ran_in_the_foreground_cannot_be_cancelled() -> None:
    memory = Memory()
    ask(memory, "")
    assert ask(memory, "/resp_1/cancel")[0] == 400


def test_a_conversation_is_compacted() -> None:
    status, said = ask(Memory(), "/compact")
    assert (status, said["object"]) == (200, "response.compaction")
    assert said["usage"]["output_tokens"] > 0


def test_another_method_and_another_path_are_refused() -> None:
    assert ask(Memory(), "/resp_1", method="PUT")[0] == 405
    assert ask(Memory(), "/resp_1/odd", method="GET")[0] == 404


def test_the_oldest_are_forgotten() -> None:
    memory = Memory(most=2)
    for id_ in ("a", "b", "c"):
        memory.keep(id_, Kept(answer=id_.encode(), items=(), messages=()))
    assert memory.find("c").answer == b"c"
    assert ask(memory, "/a", method="GET")[0] == 404
    assert ask(memory, "/b/input_items", method="GET")[1]["first_id"] is None


def test_two_mocks_know_nothing_of_each_other() -> None:
    one, other = Memory(), Memory()
    ask(one, "")
    assert ask(other, "/resp_1", method="GET")[0] == 404
