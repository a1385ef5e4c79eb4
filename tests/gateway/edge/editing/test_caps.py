"""How many tools and answers a request may ask for, wherever its dialect puts them."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from gateway.edge.editing.caps import MAX_CHOICES, MAX_TOOLS, check_counts
from gateway.edge.errors import GatewayError
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import (
    CHAT,
    CHAT_OF_RESPONSES,
    CONVERSE,
    GENERATE,
    MESSAGES,
    RESPONSES,
)
from protocols.errors import Problem


def tools(count: int) -> list[dict[str, str]]:
    return [{"name": f"f{number}"} for number in range(count)]


def split(count: int) -> list[dict[str, Any]]:
    """Google's tools may hold any number, or be one that is none of the client's."""
    first, second = tools(count // 2), tools(count - count // 2 - 1)
    return [
        {"functionDeclarations": first},
        {"google_search": {}},
        {"function_declarations": second},
    ]


PLACES: Final[dict[str, tuple[Operation, Callable[[int], dict[str, Any]], str]]] = {
    "Chat": (CHAT, lambda n: {"tools": tools(n)}, "tools"),
    "Chat, as it was": (CHAT, lambda n: {"functions": tools(n)}, "functions"),
    "Messages": (MESSAGES, lambda n: {"tools": tools(n)}, "tools"),
    "Responses": (RESPONSES, lambda n: {"tools": tools(n)}, "tools"),
    "a name space": (
        RESPONSES,
        lambda n: {"tools": [{"type": "namespace", "tools": tools(n - 1)}, {"type": "x"}]},
        "tools",
    ),
    "a name space, for Cursor": (
        CHAT_OF_RESPONSES,
        lambda n: {"tools": [{"type": "namespace", "tools": tools(n)}]},
        "tools",
    ),
    "Gemini": (GENERATE, lambda n: {"tools": [{"functionDeclarations": tools(n)}]}, "tools"),
    "Gemini, in several": (GENERATE, lambda n: {"tools": split(n)}, "tools"),
    "Converse": (CONVERSE, lambda n: {"toolConfig": {"tools": tools(n)}}, "toolConfig"),
}


def refused(body: dict[str, Any], operation: Operation) -> Problem | None:
    top = msgspec.json.decode(msgspec.json.encode(body), type=dict[str, msgspec.Raw])
    try:
        check_counts(top, operation)
    except GatewayError as error:
        return error.problem
    return None


@pytest.mark.parametrize("place", PLACES)
def test_tools_are_counted_wherever_they_are(place: str) -> None:
    operation, body, field = PLACES[place]
    assert refused(body(MAX_TOOLS), operation) is None
    problem = refused(body(MAX_TOOLS + 1), operation)
    assert problem is not None
    assert (problem.http_status, problem.param) == (400, field)
    assert "has 2049 entries; at most 2048" in problem.message


def test_a_group_that_cannot_be_read_hides_no_other() -> None:
    functions = [{"name": "f"}] * (MAX_TOOLS + 1)
    body = {"tools": [{"functionDeclarations": functions}, {"functionDeclarations": None}]}
    problem = refused(body, GENERATE)
    assert problem is not None
    assert "has 2050 entries" in problem.message


@pytest.mark.parametrize("config", ["generationConfig", "generation_config"])
@pytest.mark.parametrize("name", ["candidateCount", "candidate_count"])
@pytest.mark.parametrize("spelled", [str, int, float])
def test_so_are_the_answers_that_gemini_is_asked_for(
    config: str, name: str, spelled: Callable[[int], object]
) -> None:
    assert refused({config: {name: spelled(MAX_CHOICES)}}, GENERATE) is None
    problem = refused({config: {name: spelled(MAX_CHOICES + 1)}}, GENERATE)
    assert problem is not None
    assert problem.param == f"{config}.{name}"
    assert "is 129; at most 128" in problem.message


@pytest.mark.parametrize(
    "body",
    [
        {"tools": "x" * 5_000},
        {"tools": [{"functionDeclarations": "x" * 5_000}]},
        {"tools": [["x" * 5_000]]},
        {"toolConfig": ["x" * 5_000]},
        {"toolConfig": {"tools": "x" * 5_000}},
        {"generationConfig": []},
        {"generationConfig": None},
        {"generationConfig": {"candidateCount": "many"}},
        {"generationConfig": {"candidateCount": None}},
        {"n": "many"},
    ],
)
@pytest.mark.parametrize("operation", [GENERATE, CONVERSE, RESPONSES, CHAT])
def test_what_has_another_form_is_the_vendors_to_judge(
    body: dict[str, Any], operation: Operation
) -> None:
    assert refused(body, operation) is None
