"""A tool that models may call, and what it answers."""

from typing import Any, Final

import msgspec

SCHEMA: Final[Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
WEATHER: Final[Any] = {
    "name": "get_weather",
    "description": "The temperature in a city.",
    "parameters": SCHEMA,
}
ANTHROPIC_WEATHER: Final[Any] = {
    "name": "get_weather",
    "description": "The temperature in a city.",
    "input_schema": SCHEMA,
}


def answer_of_tool(arguments: str) -> str:
    """Fails when what the model made up does not fit the schema."""
    city = msgspec.json.decode(arguments)["city"]
    assert isinstance(city, str)
    return f"21 degrees in {city}"
