"""The vendors' own SDKs are the clients: they read what the codecs write."""

from collections.abc import Iterator, Sequence

import anthropic
import httpx2
import openai
import pytest
from anthropic.types import MessageParam
from openai.types.chat import ChatCompletionMessageParam

from protocols import ir
from protocols.codec import Head
from protocols.errors import Problem
from protocols.ir import Dialect, Event
from protocols.registry import CLIENT_CODECS, NATIVE

SEAL = ir.Seal(origin="anthropic", signature="sealed")
STOP = ir.Stop(reason="tool_call")
USAGE = ir.Usage(
    input_tokens=100,
    cache_read_tokens=30,
    cache_write_tokens={"5m": 10},
    output_tokens=20,
    reasoning_tokens=5,
)
CALLS = (
    ir.ToolCall(id="call_1", name="weather", arguments='{"city":"Rome"}'),
    ir.ToolCall(id="call_2", name="time", arguments="{}"),
)
RESPONSE = ir.Response(
    id="answer_1",
    model="m",
    content=(ir.Thinking(text="hm", seal=SEAL), ir.Text(text="Let me see."), *CALLS),
    stop=STOP,
    usage=USAGE,
)
EVENTS: Sequence[Event] = (
    ir.Started(id="answer_1", model="m"),
    ir.BlockStarted(index=0, block=ir.Thinking()),
    ir.TextDelta(index=0, text="hm"),
    ir.Sealed(index=0, seal=SEAL),
    ir.BlockEnded(index=0),
    ir.BlockStarted(index=1, block=ir.Text(text="")),
    ir.TextDelta(index=1, text="Let me "),
    ir.TextDelta(index=1, text="see."),
    ir.BlockEnded(index=1),
    ir.BlockStarted(index=2, block=ir.ToolCall(id="call_1", name="weather", arguments="")),
    ir.ArgumentsDelta(index=2, text='{"city":'),
    ir.BlockStarted(index=3, block=ir.ToolCall(id="call_2", name="time", arguments="")),
    ir.ArgumentsDelta(index=3, text="{}"),
    ir.ArgumentsDelta(index=2, text='"Rome"}'),
    ir.BlockEnded(index=2),
    ir.BlockEnded(index=3),
    ir.Finished(stop=STOP, usage=USAGE),
)
BROKEN: Sequence[Event] = (*EVENTS[:3], ir.Failed(kind="overloaded", message="Too many guests."))
PROBLEM = Problem(kind="insufficient_quota", message="The budget is spent.")
CHAT: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hi"}]
MESSAGES: list[MessageParam] = [{"role": "user", "content": "hi"}]


class Server:
    """Answers in the dialect it is asked in, as the model's name demands."""

    def __init__(self) -> None:
        self.asked = 0

    def answer(self, dialect: Dialect, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        self.asked += 1
        codec = CLIENT_CODECS[dialect]
        request = codec.decode_request(body, Head())
        if request.model == "poor":
            error = NATIVE[dialect].encode_error(PROBLEM, "req_1")
            return error.status, list(error.headers), error.body
        if not request.stream:
            body = codec.encode_response(RESPONSE, request).body
            return 200, [("content-type", "application/json")], body
        encoder = codec.event_encoder(request)
        told = map(encoder.feed, BROKEN if request.model == "broken" else EVENTS)
        stream = b": keepalive\n\n" + b"".join(told) + encoder.close()
        return 200, [("content-type", "text/event-stream")], stream

    def chat(self, request: httpx2.Request) -> httpx2.Response:
        status, headers, content = self.answer("openai.chat", request.content)
        return httpx2.Response(status, headers=headers, content=content)

    def messages(self, request: httpx2.Request) -> httpx2.Response:
        status, headers, content = self.answer("anthropic.messages", request.content)
        return httpx2.Response(status, headers=headers, content=content)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def chat(server: Server) -> Iterator[openai.OpenAI]:
    transport = httpx2.MockTransport(server.chat)
    with httpx2.Client(transport=transport) as http:
        yield openai.OpenAI(api_key="k", base_url="http://mock/v1", http_client=http)


@pytest.fixture
def messages(server: Server) -> Iterator[anthropic.Anthropic]:
    transport = httpx2.MockTransport(server.messages)
    with httpx2.Client(transport=transport) as http:
        yield anthropic.Anthropic(api_key="k", base_url="http://mock", http_client=http)


def test_openai_reads_a_whole_answer(chat: openai.OpenAI) -> None:
    answer = chat.chat.completions.create(model="m", messages=CHAT)
    message = answer.choices[0].message
    assert message.content == "Let me see."
    calls = [call for call in message.tool_calls or () if call.type == "function"]
    read = [(call.id, call.function.name, call.function.arguments) for call in calls]
    assert read == [(call.id, call.name, call.arguments) for call in CALLS]
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (100, 20)


def test_openai_reads_a_stream(chat: openai.OpenAI) -> None:
    with chat.chat.completions.stream(
        model="m", messages=CHAT, stream_options={"include_usage": True}
    ) as stream:
        answer = stream.get_final_completion()
    message = answer.choices[0].message
    assert message.content == "Let me see."
    read = [
        (call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()
    ]
    assert read == [(call.id, call.name, call.arguments) for call in CALLS]
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 120


def test_anthropic_reads_a_whole_answer_and_a_stream(messages: anthropic.Anthropic) -> None:
    whole = messages.messages.create(model="m", messages=MESSAGES, max_tokens=9)
    with messages.messages.stream(model="m", messages=MESSAGES, max_tokens=9) as stream:
        streamed = stream.get_final_message()
    for answer in (whole, streamed):
        told = [block.to_dict() for block in answer.content]
        assert told[0] == {"type": "thinking", "thinking": "hm", "signature": "sealed"}
        assert (told[1]["type"], told[1]["text"]) == ("text", "Let me see.")
        read = [(block["id"], block["name"], block["input"]) for block in told[2:]]
        assert read == [("call_1", "weather", {"city": "Rome"}), ("call_2", "time", {})]
        assert answer.stop_reason == "tool_use"
        usage = answer.usage
        assert (usage.input_tokens, usage.cache_read_input_tokens) == (60, 30)
        assert (usage.cache_creation_input_tokens, usage.output_tokens) == (10, 20)


def test_sdks_do_not_ask_again_for_what_they_cannot_pay(
    server: Server, chat: openai.OpenAI, messages: anthropic.Anthropic
) -> None:
    with pytest.raises(openai.RateLimitError, match=r"The budget is spent\."):
        chat.chat.completions.create(model="poor", messages=CHAT)
    assert server.asked == 1
    with pytest.raises(anthropic.RateLimitError, match=r"The budget is spent\.") as caught:
        messages.messages.create(model="poor", messages=MESSAGES, max_tokens=9)
    assert server.asked == 2
    assert caught.value.request_id == "req_1"


def test_sdks_raise_when_a_stream_breaks(
    chat: openai.OpenAI, messages: anthropic.Anthropic
) -> None:
    with pytest.raises(openai.APIError, match=r"Too many guests\."):
        list(chat.chat.completions.create(model="broken", messages=CHAT, stream=True))
    stream = messages.messages.create(model="broken", messages=MESSAGES, max_tokens=9, stream=True)
    with pytest.raises(anthropic.APIStatusError, match=r"Too many guests\."):
        list(stream)
