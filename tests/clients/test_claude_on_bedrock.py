"""The anthropic SDK, as it is and as it talks to AWS, with Claude on Bedrock behind the gateway.

The vendor is `switchyard mock`, invoked as Bedrock is: a body in its envelope, streams in its
messages.
"""

from typing import Any, Final

import anthropic
import msgspec
import pytest
from anthropic import Anthropic, AnthropicBedrock
from botocore.exceptions import ClientError

from tests.clients.foreign import CITIES, GREETING
from tests.clients.kept import Keep
from tests.clients.management import Model
from tests.clients.stack import Stack
from tests.clients.test_boto3 import client_of
from tests.clients.tools import ANTHROPIC_WEATHER, answer_of_tool

BROKEN: Final = "mock-lorem;fail=500;fail_at=text_delta"
LIMITED: Final = "mock-echo;fail=429;retry_after=7"
MODELS: Final = ("mock-echo", "mock-lorem", "mock-tools", "mock-thinking", BROKEN)
BOTH: Final = {"dialects": ["bedrock.converse", "anthropic.messages"]}
HELLO: Final[Any] = [{"role": "user", "content": GREETING}]


@pytest.fixture(scope="module")
def invoked(stack: Stack, mock_url: str) -> Stack:
    provide(stack, "aws", *MODELS, url=mock_url)
    return stack


def provide(stack: Stack, slug: str, *names: str, url: str) -> None:
    rows = [Model(name=name, capabilities=BOTH) for name in names]
    stack.vendor(slug, url=url, kind="bedrock", models=rows, allow_unlisted_models=False)
    for name in names:
        stack.management.wait_until_callable(f"{slug}.{name}", key=stack.key)


@pytest.fixture(params=["anthropic", "bedrock"])
def client(request: pytest.FixtureRequest, invoked: Stack, keep: Keep) -> Any:
    asks: dict[str, Any] = {
        "base_url": invoked.url,
        "api_key": invoked.key.value,
        "max_retries": 0,
    }
    if request.param == "bedrock":
        return keep(AnthropicBedrock(aws_region="us-east-1", **asks))
    return keep(Anthropic(**asks))


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_an_answer_is_the_vendors_own(client: Any) -> None:
    raw = client.messages.with_raw_response.create(
        model="aws.mock-echo", max_tokens=64, messages=HELLO
    )
    answer = raw.parse()
    assert (text_of(answer), answer.stop_reason) == (GREETING, "end_turn")
    # A translated answer has the id of its request, and the name that was asked for.
    assert answer.model == "mock-echo"
    assert raw.headers["x-switchyard-target"] == "aws/mock-echo"


def test_tokens_are_counted_by_the_vendor(invoked: Stack, keep: Keep) -> None:
    client = keep(Anthropic(base_url=invoked.url, api_key=invoked.key.value, max_retries=0))
    raw = client.messages.with_raw_response.count_tokens(model="aws.mock-echo", messages=HELLO)
    assert raw.parse().input_tokens > 4
    assert "x-switchyard-estimated" not in raw.headers


def test_a_stream(client: Any) -> None:
    asked: Any = {"model": "aws.mock-lorem", "max_tokens": 500, "messages": HELLO}
    with client.messages.stream(**asked) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len("".join(pieces).split()) == 60
    assert (text_of(final), final.stop_reason) == ("".join(pieces), "end_turn")
    assert final.usage.output_tokens > 50
    assert final.model == "mock-lorem"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_tools_in_two_turns(client: Any, *, stream: bool) -> None:
    said: list[Any] = [{"role": "user", "content": CITIES}]
    asked: Any = {"model": "aws.mock-tools", "max_tokens": 500, "tools": [ANTHROPIC_WEATHER]}

    def answer() -> Any:
        if not stream:
            return client.messages.create(messages=said, **asked)
        with client.messages.stream(messages=said, **asked) as events:
            return events.get_final_message()

    first = answer()
    assert first.stop_reason == "tool_use"
    calls = [block for block in first.content if block.type == "tool_use"]
    said.append({"role": "assistant", "content": [b.model_dump() for b in first.content]})
    results = [
        {
            "type": "tool_result",
            "tool_use_id": call.id,
            "content": answer_of_tool(msgspec.json.encode(call.input).decode()),
        }
        for call in calls
    ]
    said.append({"role": "user", "content": results})
    second = answer()
    assert second.stop_reason == "end_turn"
    assert "21 degrees" in text_of(second)


def test_thoughts_go_back_with_their_signature(client: Any) -> None:
    asked: Any = {
        "model": "aws.mock-thinking",
        "max_tokens": 2000,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    }
    first = client.messages.create(messages=HELLO, **asked)
    assert first.content[0].signature
    turn: Any = {"role": "assistant", "content": [b.model_dump() for b in first.content]}
    second = client.messages.create(messages=[*HELLO, turn, *HELLO], **asked)
    assert (second.stop_reason, second.model) == ("end_turn", "mock-thinking")
    # What the vendor refuses it is asked once more without, and that answer is translated.
    turn["content"][0]["signature"] = "forged"
    third = client.messages.create(messages=[*HELLO, turn, *HELLO], **asked)
    assert third.model == "aws.mock-thinking"


def test_betas_that_bedrock_lacks_are_left_here(client: Any) -> None:
    raw = client.beta.messages.with_raw_response.create(
        model="aws.mock-echo",
        max_tokens=64,
        messages=HELLO,
        betas=["interleaved-thinking-2025-05-14", "mcp-client-2025-11-20"],
        mcp_servers=[{"type": "url", "name": "s", "url": "https://mcp.example"}],
    )
    assert text_of(raw.parse()) == GREETING
    lost = "other:mcp-client-2025-11-20,other:mcp_servers"
    assert raw.headers["x-switchyard-degraded"] == lost


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_limit_is_told_as_one(
    client: Any, invoked: Stack, mock_url: str, *, stream: bool
) -> None:
    # A provider is paused after it, so each test has its own.
    slug = f"limited-{type(client).__name__}-{stream}".lower()
    provide(invoked, slug, LIMITED, url=mock_url)
    with pytest.raises(anthropic.RateLimitError) as raised:
        client.messages.create(
            model=f"{slug}.{LIMITED}", max_tokens=9, messages=HELLO, stream=stream
        )
    assert raised.value.response.headers["retry-after"] == "7"


def test_a_stream_that_breaks_off_is_heard(client: Any) -> None:
    with pytest.raises(anthropic.APIStatusError):
        list(
            client.messages.create(
                model=f"aws.{BROKEN}", max_tokens=500, messages=HELLO, stream=True
            )
        )


# --- AWS's own SDK --------------------------------------------------------------------------------


@pytest.fixture
def boto(invoked: Stack, keep: Keep) -> Any:
    return keep(client_of(invoked, invoked.key.value))


def in_envelope(**said: Any) -> bytes:
    told = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 500, "messages": HELLO}
    return msgspec.json.encode({**told, **said})


def test_the_sdk_of_aws_invokes_a_model(boto: Any) -> None:
    answer = boto.invoke_model(modelId="aws.mock-echo", body=in_envelope())
    said: Any = msgspec.json.decode(answer["body"].read())
    assert (said["content"][0]["text"], said["model"]) == (GREETING, "mock-echo")


def test_the_sdk_of_aws_reads_a_stream(boto: Any) -> None:
    answer = boto.invoke_model_with_response_stream(modelId="aws.mock-lorem", body=in_envelope())
    events: Any = [msgspec.json.decode(event["chunk"]["bytes"]) for event in answer["body"]]
    assert (events[0]["type"], events[-1]["type"]) == ("message_start", "message_stop")
    assert events[0]["message"]["model"] == "mock-lorem"
    deltas = [each["delta"] for each in events if each["type"] == "content_block_delta"]
    pieces = [delta["text"] for delta in deltas]
    assert len("".join(pieces).split()) == 60


def test_the_sdk_of_aws_hears_what_is_wrong(boto: Any) -> None:
    with pytest.raises(ClientError) as raised:
        boto.invoke_model(modelId="aws.mock-echo", body=in_envelope(max_tokens="many"))
    assert raised.value.response["Error"]["Code"] == "ValidationException"
    assert "max_tokens" in raised.value.response["Error"]["Message"]


def test_by_converse_the_same_model_is_asked_by_converse(boto: Any) -> None:
    said: Any = [{"role": "user", "content": [{"text": GREETING}]}]
    answer = boto.converse(modelId="aws.mock-echo", messages=said)
    assert answer["output"]["message"]["content"] == [{"text": GREETING}]
