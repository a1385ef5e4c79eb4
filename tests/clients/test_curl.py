"""curl, as the documentation shows it."""

import subprocess
from typing import Any, Final

import msgspec
import pytest

from tests.clients.stack import Stack
from tests.faults.evil_upstream import TOKENS

CHAT: Final = '{"model":"oai.decent","messages":[{"role":"user","content":"Hi"}]%s}'


def curl(*arguments: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body."""
    done = subprocess.run(
        ["curl", "-sS", "-N", "-i", "--max-time", "20", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    return int(first.split(" ")[1]), headers, body


def post(stack: Stack, path: str, body: str, *more: str) -> tuple[int, dict[str, str], str]:
    return curl(
        f"{stack.url}{path}",
        *("-H", f"Authorization: Bearer {stack.key.value}"),
        *("-H", "Content-Type: application/json", "-d", body, *more),
    )


def test_chat(stack: Stack) -> None:
    status, headers, body = post(stack, "/v1/chat/completions", CHAT % "")
    answer: Any = msgspec.json.decode(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert answer["usage"]["completion_tokens"] == TOKENS


def test_a_stream_ends_with_done(stack: Stack) -> None:
    status, headers, body = post(stack, "/v1/chat/completions", CHAT % ',"stream":true')
    assert status == 200
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-cache"
    assert headers["x-accel-buffering"] == "no"
    assert body.endswith("data: [DONE]\n\n")
    assert body.count("tok0") == TOKENS


@pytest.mark.parametrize(
    "path",
    [
        "/chat/completions",
        "/openai/v1/chat/completions",
        "/v1/v1/chat/completions",
        "/api/v1/chat/completions",
        "/v1/chat/completions/",
    ],
)
def test_other_spellings_of_the_path(stack: Stack, path: str) -> None:
    assert post(stack, path, CHAT % "")[0] == 200


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v1/chat/completions", "openai"),
        ("/v1/messages", "anthropic"),
        ("/v1/embeddings", "openai"),
    ],
)
@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("", "empty"),
        ("{", "JSON"),
        ("[]", "object"),
        ('{"model":"decent"}', "missing"),
        ('{"messages":[],"input":"x"}', "model"),
    ],
)
def test_bad_bodies_get_a_precise_error(
    stack: Stack, path: str, shape: str, body: str, word: str
) -> None:
    status, headers, text = post(stack, path, body)
    error: Any = msgspec.json.decode(text)
    assert (status, headers["content-type"]) == (400, "application/json")
    assert word in error["error"]["message"]
    if shape == "anthropic":
        assert (error["type"], error["error"]["type"]) == ("error", "invalid_request_error")
        assert error["request_id"] == headers["request-id"]
    else:
        assert set(error["error"]) == {"message", "type", "param", "code"}
        assert isinstance(error["error"]["code"], str)


def test_of_a_name_said_twice_the_last_one_counts(stack: Stack) -> None:
    body = CHAT.replace('{"model"', '{"model":"nothing-like-it","model"') % ""
    assert post(stack, "/v1/chat/completions", body)[0] == 200


def test_a_wrong_method_names_the_right_one(stack: Stack) -> None:
    status, headers, body = curl(f"{stack.url}/v1/chat/completions")
    assert (status, headers["allow"]) == (405, "post")
    assert "error" in msgspec.json.decode(body)


def test_an_unknown_path_is_told_in_the_dialect(stack: Stack) -> None:
    status, _, body = post(stack, "/v1/nothing", "{}")
    assert status == 404
    assert "/v1/nothing" in msgspec.json.decode(body)["error"]["message"]


def test_without_a_key_nothing_is_served(stack: Stack) -> None:
    status, headers, body = curl(f"{stack.url}/v1/models")
    assert (status, headers["x-should-retry"]) == (401, "false")
    assert "Authorization" in msgspec.json.decode(body)["error"]["message"]


def test_a_revoked_key_is_refused_on_the_next_request(stack: Stack) -> None:
    key = stack.management.key(name="short-lived")
    stack.management.wait_until_callable("oai.decent", key=key)
    stack.management.revoke(key)
    status, _, body = curl(f"{stack.url}/v1/models", "-H", f"Authorization: Bearer {key.value}")
    assert status == 401
    assert "revoked" in msgspec.json.decode(body)["error"]["message"]


def test_who_asks_with_anthropic_s_header_gets_anthropic_s_list(stack: Stack) -> None:
    status, _, body = curl(
        f"{stack.url}/v1/models?limit=1",
        *("-H", f"x-api-key: {stack.key.value}", "-H", "anthropic-version: 2023-06-01"),
    )
    page: Any = msgspec.json.decode(body)
    assert (status, page["has_more"], len(page["data"])) == (200, True, 1)
    assert page["first_id"] == page["last_id"] == page["data"][0]["id"]
