"""Objects of a schema, asked for by the SDKs that have a word of their own for it; those of OpenAI
are asked where the rest of them is.
"""

from typing import Any, Final

import msgspec
import pytest

from tests.clients.foreign import GREETING, KINDS, vendors
from tests.clients.google_sdk import types
from tests.clients.kept import Keep
from tests.clients.speakers import Where, anthropic_of, bedrock_of, google_of
from tests.clients.stack import Stack
from tests.clients.tools import SCHEMA

__all__ = ["vendors"]

PLACE: Final[Any] = {**SCHEMA, "additionalProperties": False}


@pytest.fixture
def where(vendors: Stack) -> Where:
    return Where(url=vendors.url, key=vendors.key.value)


def city_in(text: str | None) -> str:
    place = msgspec.json.decode(text or "")
    assert set(place) == {"city"}
    return str(place["city"])


@pytest.mark.parametrize("vendor", KINDS)
def test_messages_have_objects_of_a_schema(where: Where, keep: Keep, vendor: str) -> None:
    client = keep(anthropic_of(where))
    said: Any = [{"role": "user", "content": GREETING}]
    answer = client.messages.create(
        model=f"{vendor}.mock-json",
        max_tokens=500,
        messages=said,
        output_config={"format": {"type": "json_schema", "schema": PLACE}},
    )
    assert city_in("".join(block.text for block in answer.content if block.type == "text"))


@pytest.mark.parametrize("vendor", KINDS)
def test_gemini_has_objects_of_a_schema(where: Where, vendor: str) -> None:
    config = types.GenerateContentConfig(
        response_mime_type="application/json", response_json_schema=PLACE
    )
    with google_of(where) as client:
        answer = client.models.generate_content(
            model=f"{vendor}.mock-json", contents=GREETING, config=config
        )
    assert city_in(answer.text)


@pytest.mark.parametrize("vendor", KINDS)
def test_converse_has_objects_of_a_schema(where: Where, keep: Keep, vendor: str) -> None:
    told = {"name": "place", "schema": msgspec.json.encode(PLACE).decode()}
    answer = keep(bedrock_of(where)).converse(
        modelId=f"{vendor}.mock-json",
        messages=[{"role": "user", "content": [{"text": GREETING}]}],
        outputConfig={"textFormat": {"type": "json_schema", "structure": {"jsonSchema": told}}},
    )
    content = answer["output"]["message"]["content"]
    assert city_in("".join(block.get("text", "") for block in content))
