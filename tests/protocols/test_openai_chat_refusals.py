import msgspec
import pytest

from protocols.codec import Head
from protocols.errors import DecodeError, Unsupported
from protocols.openai_chat.codec import ChatCodec

CODEC = ChatCodec()
USER = {"role": "user", "content": "hi"}


def with_part(**said: object) -> dict[str, object]:
    return {"messages": [USER, USER, {"role": "user", "content": [said]}]}


def with_call(**said: object) -> dict[str, object]:
    return {"messages": [{"role": "assistant", "tool_calls": [said]}]}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (with_part(type="refusal"), "messages[2].content[0].refusal is missing; expected a string"),
        (with_part(type=5), "messages[2].content[0].type is 5; expected a string"),
        (with_part(text="a"), "messages[2].content[0].type is missing; expected a string"),
        (with_part(type="text"), "messages[2].content[0].text is missing; expected a string"),
        (with_part(type="image_url"), "messages[2].content[0].image_url is missing"),
        (
            with_part(type="image_url", image_url={"url": "u", "detail": "huge"}),
            (
                "messages[2].content[0].image_url.detail is 'huge'; "
                "expected low, high, auto or original"
            ),
        ),
        (
            with_part(type="file", file={}),
            "messages[2].content[0].file has neither file_id nor file_data; expected one of them",
        ),
        ({"messages": None}, "messages is missing; expected a list of messages"),
        ({"messages": {}}, "messages is an object; expected a list"),
        ({"messages": ["hi"]}, "messages[0] is 'hi'; expected an object"),
        ({"messages": [{"content": "a"}]}, "messages[0].role is missing; expected a string"),
        (
            {"messages": [{"role": "clown", "content": "a"}]},
            (
                "messages[0].role is 'clown'; "
                "expected system, developer, user, assistant, tool or function"
            ),
        ),
        (
            {"messages": [{"role": "user"}]},
            "messages[0].content is missing; expected a string or a list of parts",
        ),
        (
            {"messages": [{"role": "user", "content": 5}]},
            "messages[0].content is 5; expected a list",
        ),
        (
            {"messages": [{"role": "tool", "content": "a"}]},
            "messages[0].tool_call_id is missing; expected a string",
        ),
        (
            with_call(type="magic"),
            "messages[0].tool_calls[0].type is 'magic'; expected function or custom",
        ),
        (
            with_call(type="custom"),
            "messages[0].tool_calls[0].custom is missing; expected an object",
        ),
        ({"tools": [{"type": "function"}]}, "tools[0].function is missing; expected an object"),
        (
            {"tools": [{"type": "custom", "custom": {}}]},
            "tools[0].custom.name is missing; expected a string",
        ),
        ({"model": None}, "model is missing; expected a string"),
        ({"temperature": "hot"}, "temperature is 'hot'; expected a number"),
        ({"modalities": ["smell"]}, "modalities[0] is 'smell'; expected text, audio or image"),
        ({"metadata": {"a": 1}}, "metadata.a is 1; expected a string"),
        ({"stop": [1]}, "stop[0] is 1; expected a string"),
        ({"tool_choice": 5}, "tool_choice is 5; expected an object"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(said: dict[str, object], message: str) -> None:
    body = msgspec.json.encode({"model": "m", "messages": [USER], **said})
    with pytest.raises(DecodeError) as caught:
        CODEC.decode_request(body, Head())
    assert str(caught.value) == message


def test_more_answers_than_anybody_gives_are_refused() -> None:
    assert (
        CODEC.decode_request(b'{"model":"m","messages":[],"n":128}', Head()).sampling.candidates
        == 128
    )
    with pytest.raises(Unsupported, match=r"^n is 129; at most 128 answers are given$") as caught:
        CODEC.decode_request(b'{"model":"m","messages":[],"n":129}', Head())
    assert caught.value.feature == "n"
