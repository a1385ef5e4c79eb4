"""The official google-genai SDK, whatever dialect the model speaks."""

import base64
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.clients.foreign import CITIES, GREETING, PICTURE, limited, others, vendors
from tests.clients.google_sdk import errors, genai, types
from tests.clients.stack import Stack
from tests.clients.tools import SCHEMA, WEATHER

__all__ = ["vendors"]

VENDORS: Final = others("gemini")
NOBODY: Final = "sy-live-" + "A" * 43
TIME: Final[Any] = {"name": "get_time", "description": "The time in a city.", "parameters": SCHEMA}


def client_of(stack: Stack, key: str) -> genai.Client:
    retry = types.HttpRetryOptions(attempts=1)
    options = types.HttpOptions(base_url=stack.url, retry_options=retry)
    return genai.Client(api_key=key, http_options=options)


@pytest.fixture
def gemini(vendors: Stack) -> Iterator[genai.Client]:
    with client_of(vendors, vendors.key.value) as client:
        yield client


def tools() -> list[Any]:
    declared = [
        types.FunctionDeclaration(
            name=tool["name"],
            description=tool["description"],
            parameters_json_schema=tool["parameters"],
        )
        for tool in (WEATHER, TIME)
    ]
    return [types.Tool(function_declarations=declared)]


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_answer(gemini: genai.Client, vendor: str) -> None:
    answer = gemini.models.generate_content(model=f"{vendor}.mock-echo", contents=GREETING)
    assert answer.text == GREETING
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    usage = answer.usage_metadata
    assert usage is not None
    assert usage.total_token_count == (usage.prompt_token_count or 0) + (
        usage.candidates_token_count or 0
    )


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_stream(gemini: genai.Client, vendor: str) -> None:
    chunks = list(
        gemini.models.generate_content_stream(model=f"{vendor}.mock-lorem", contents=GREETING)
    )
    assert len(chunks) > 3
    assert len("".join(chunk.text or "" for chunk in chunks).split()) == 60
    assert chunks[-1].usage_metadata is not None


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_two_tools_in_two_turns(gemini: genai.Client, vendor: str, *, stream: bool) -> None:
    model = f"{vendor}.mock-tools"
    config = types.GenerateContentConfig(
        tools=tools(),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    said: list[Any] = [types.UserContent(CITIES)]
    asked: Any = {"model": model, "config": config}
    if stream:
        chunks = list(gemini.models.generate_content_stream(contents=said, **asked))
        parts = [part for chunk in chunks for part in parts_of(chunk)]
    else:
        parts = parts_of(gemini.models.generate_content(contents=said, **asked))
    calls = [part.function_call for part in parts if part.function_call is not None]
    assert {call.name for call in calls} == {"get_weather", "get_time"}
    said.append(types.ModelContent(parts=parts))
    results = [
        types.Part.from_function_response(
            name=str(call.name), response={"result": f"21 degrees in {(call.args or {})['city']}"}
        )
        for call in calls
    ]
    said.append(types.UserContent(parts=results))
    second = gemini.models.generate_content(contents=said, **asked)
    assert "21 degrees" in str(second.text)


def parts_of(answer: types.GenerateContentResponse) -> list[types.Part]:
    assert answer.candidates is not None
    content = answer.candidates[0].content
    return [] if content is None else list(content.parts or ())


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_picture(gemini: genai.Client, vendor: str) -> None:
    picture = types.Part.from_bytes(data=base64.b64decode(PICTURE), mime_type="image/png")
    answer = gemini.models.generate_content(
        model=f"{vendor}.mock-vision", contents=["What is this?", picture]
    )
    assert "image/png" in str(answer.text)


@pytest.mark.parametrize("vendor", VENDORS)
def test_tokens_are_counted_for_any_model(gemini: genai.Client, vendor: str) -> None:
    counted = gemini.models.count_tokens(model=f"{vendor}.mock-echo", contents=GREETING)
    assert (counted.total_tokens or 0) > 4
    told = counted.sdk_http_response
    assert told is not None
    assert ("x-switchyard-estimated" in (told.headers or {})) == (vendor == "chat")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_limit_is_told_as_google_tells_it(
    gemini: genai.Client, vendors: Stack, mock_url: str, vendor: str
) -> None:
    model = limited(vendors, mock_url, vendor=vendor, name="gemini")
    with pytest.raises(errors.ClientError) as raised:
        gemini.models.generate_content(model=model, contents=GREETING)
    assert (raised.value.code, raised.value.status) == (429, "RESOURCE_EXHAUSTED")


def test_models_are_listed_and_one_can_be_asked_for(gemini: genai.Client, stack: Stack) -> None:
    names = {model.name for model in gemini.models.list()}
    assert "models/mock.mock-echo" in names
    one = gemini.models.get(model="mock.mock-echo")
    assert "generateContent" in (one.supported_actions or ())


def test_a_wrong_key_is_not_authenticated(stack: Stack) -> None:
    with client_of(stack, NOBODY) as stranger, pytest.raises(errors.ClientError) as raised:
        stranger.models.generate_content(model="mock-echo", contents=GREETING)
    assert (raised.value.code, raised.value.status) == (401, "UNAUTHENTICATED")


def test_an_unknown_model_is_not_found(gemini: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as raised:
        gemini.models.generate_content(model="nothing-like-it", contents=GREETING)
    assert (raised.value.code, raised.value.status) == (404, "NOT_FOUND")
