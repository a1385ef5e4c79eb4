import msgspec
import pytest
from msgspec import structs

from gateway.edge.errors import ClientLeft, GatewayError
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import (
    BEDROCK_COUNT,
    CHAT,
    COUNT_TOKENS,
    EMBEDDINGS,
    GEMINI_COUNT,
    GENERATE,
    RESPONSES,
)
from gateway.edge.stages.decode import decode
from protocols.errors import Problem
from tests.gateway.edge.plane import exchange, plane

RUNTIME = plane()
MESSAGES = '"messages": [{"role": "user", "content": "hi"}]'


async def refused(body: bytes, *, operation: Operation = CHAT) -> Problem:
    with pytest.raises(GatewayError) as raised:
        await decode(exchange(RUNTIME, body=body, operation=operation), RUNTIME)
    return raised.value.problem


async def test_only_the_top_level_is_read() -> None:
    body = b'{"model": "gpt-4", "stream": true, "messages": [ 1, 2.50 ], "x": {"deep": [1e5]}}'
    made = exchange(RUNTIME, body=body)

    await decode(made, RUNTIME)

    assert (made.model, made.asked_stream, made.body) == ("gpt-4", True, body)
    assert bytes(made.top["messages"]) == b"[ 1, 2.50 ]"


@pytest.mark.parametrize(
    ("body", "param", "says"),
    [
        (b"", None, "empty"),
        (b"[]", None, "[]; expected a JSON object"),
        (b'"text"', None, "expected a JSON object"),
        (b"{", None, "not JSON"),
        (b'{"model": NaN}', None, "not JSON"),
        (b'{"model": "\xff"}', None, "not UTF-8 (byte 11)"),
        (b"{%s}" % MESSAGES.encode(), "model", "model is missing"),
        (b'{"model": 7, %s}' % MESSAGES.encode(), "model", "model is 7; expected"),
        (b'{"model": "", %s}' % MESSAGES.encode(), "model", 'model is ""; expected'),
        (b'{"model": null, %s}' % MESSAGES.encode(), "model", "model is null; expected"),
        (b'{"model": "m"}', "messages", "messages is missing; expected a list"),
        (b'{"model": "m", "messages": "hi"}', "messages", 'messages is "hi"; expected a list'),
        (b'{"model": "m", "stream": "yes", %s}' % MESSAGES.encode(), "stream", "true or false"),
        (b'{"model": "m", "n": 129, %s}' % MESSAGES.encode(), "n", "n is 129; at most 128"),
        (b'{"model": "m", "n": "129", %s}' % MESSAGES.encode(), "n", "n is 129; at most 128"),
        (b'{"model": "m", "api_base": "http://x", %s}' % MESSAGES.encode(), "api_base", "gateway"),
        (b'{"model": "m", "x": %s}' % (b"[" * 65 + b"]" * 65), None, "64 deep"),
        (b'{"model": "m", "x": %s}' % (b"1" * 401), None, "400 characters"),
    ],
)
async def test_bad_input_is_told_what_and_where(body: bytes, param: str | None, says: str) -> None:
    problem = await refused(body)

    assert problem.http_status == 400
    assert problem.param == param
    assert says in problem.message


@pytest.mark.parametrize(
    ("body", "operation", "accepted"),
    [
        (b'{"model": "m", "input": "hi"}', RESPONSES, True),
        (b'{"model": "m", "previous_response_id": "resp_1"}', RESPONSES, True),
        (b'{"model": "m"}', RESPONSES, False),
        (b'{"model": "m", "contents": [1]}', GENERATE, True),
        (b'{"model": "m", "contents": "hi"}', GENERATE, False),
        (b'{"model": "m", "generateContentRequest": {}}', GEMINI_COUNT, True),
        (b'{"model": "m", "input": {"converse": {}}}', BEDROCK_COUNT, True),
    ],
)
async def test_every_operation_has_its_own_input(
    body: bytes, operation: Operation, *, accepted: bool
) -> None:
    if accepted:
        await decode(exchange(RUNTIME, body=body, operation=operation), RUNTIME)
    else:
        assert (await refused(body, operation=operation)).param == operation.input_field


async def test_a_body_of_responses_may_come_by_the_path_of_chat() -> None:
    made = exchange(RUNTIME, body=b'{"model": "m", "input": "hi"}')
    await decode(made, RUNTIME)
    operation = made.arrival.operation
    assert (operation.dialect, operation.body) == ("openai.chat", "openai.responses")
    both = exchange(RUNTIME, body=b'{"model": "m", "input": "hi", "messages": []}')
    await decode(both, RUNTIME)
    assert both.arrival.operation is CHAT


@pytest.mark.parametrize("said", [True, False])
async def test_a_path_that_says_whether_to_stream_counts(*, said: bool) -> None:
    made = exchange(RUNTIME, body=b'{"contents": [], "stream": 7}', operation=GENERATE)
    made.arrival = structs.replace(made.arrival, path_model="m", path_stream=said)

    await decode(made, RUNTIME)

    assert (made.model, made.asked_stream) == ("m", said)


async def test_a_destination_in_the_body_has_its_own_code() -> None:
    body = b'{"model": "m", "base_url": "http://attacker.example", "messages": []}'

    assert (await refused(body)).code == "unknown_parameter"


async def test_embeddings_need_an_input_of_any_form() -> None:
    problem = await refused(b'{"model": "m"}', operation=EMBEDDINGS)
    made = exchange(RUNTIME, body=b'{"model": "m", "input": "text"}', operation=EMBEDDINGS)

    await decode(made, RUNTIME)

    assert problem.param == "input"
    assert made.model == "m"


@pytest.mark.parametrize(("field", "most"), [("tools", 2_048), ("messages", 100_000)])
async def test_lists_are_bounded(field: str, most: int) -> None:
    others: dict[str, list[int]] = {} if field == "messages" else {"messages": []}
    fine = msgspec.json.encode({"model": "m", field: [0] * most, **others})
    made = exchange(RUNTIME, body=fine)

    await decode(made, RUNTIME)
    problem = await refused(msgspec.json.encode({"model": "m", field: [0] * (most + 1), **others}))

    assert problem.param == field
    assert f"at most {most}" in problem.message


async def test_a_path_may_name_the_model() -> None:
    made = exchange(RUNTIME, body=b'{"messages": []}', path_model="my-gpt")

    await decode(made, RUNTIME)

    assert made.model == "my-gpt"


async def test_counting_never_streams() -> None:
    body = b'{"model": "m", "stream": true, "messages": []}'
    made = exchange(RUNTIME, body=body, operation=COUNT_TOKENS)

    await decode(made, RUNTIME)

    assert not made.asked_stream


@pytest.mark.parametrize("n", [b"null", b"1", b"128", b'"many"'])
async def test_a_sensible_number_of_choices_is_the_vendors_to_judge(n: bytes) -> None:
    made = exchange(RUNTIME, body=b'{"model": "m", "n": %s, "messages": []}' % n)

    await decode(made, RUNTIME)

    assert bytes(made.top["n"]) == n


async def test_a_body_may_come_in_parts() -> None:
    parts = [
        {"type": "http.request", "body": b'{"model": "m", ', "more_body": True},
        {"type": "http.request", "body": b'"messages": ', "more_body": True},
        {"type": "http.request", "body": b"[]}", "more_body": False},
    ]
    made = exchange(RUNTIME)

    async def receive() -> dict[str, object]:
        return parts.pop(0)

    made.receive = receive
    await decode(made, RUNTIME)

    assert made.body == b'{"model": "m", "messages": []}'


@pytest.mark.parametrize("parts_before", [0, 1])
async def test_a_client_that_leaves_inside_its_body_is_gone(parts_before: int) -> None:
    parts = [{"type": "http.request", "body": b"{", "more_body": True}] * parts_before
    made = exchange(RUNTIME)

    async def receive() -> dict[str, object]:
        return parts.pop() if parts else {"type": "http.disconnect"}

    made.receive = receive

    with pytest.raises(ClientLeft):
        await decode(made, RUNTIME)
