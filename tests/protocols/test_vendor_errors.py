import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import Kind, Problem
from protocols.ir import Dialect
from protocols.native import NativeDialect
from protocols.registry import NATIVE
from protocols.vendor_errors import LONGEST_MESSAGE, problem_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "code", "type", "param", "status", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def read(said: object, status: int = 400) -> Problem:
    return problem_of(status, msgspec.json.encode(said), None)


def openai(**said: object) -> dict[str, object]:
    return {"error": {"message": "No.", "type": None, "param": None, "code": None, **said}}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request"),
        (401, "authentication"),
        (402, "insufficient_quota"),
        (403, "permission"),
        (404, "not_found"),
        (405, "invalid_request"),
        (408, "timeout"),
        (409, "conflict"),
        (413, "too_large"),
        (422, "invalid_request"),
        (424, "upstream_error"),
        (429, "rate_limited"),
        (500, "upstream_error"),
        (502, "upstream_error"),
        (503, "overloaded"),
        (504, "timeout"),
        (529, "overloaded"),
        (599, "upstream_error"),
    ],
)
def test_the_status_decides_where_words_do_not(status: int, kind: Kind) -> None:
    problem = read(openai(type="invalid_request_error"), status)
    assert (problem.kind, problem.status) == (kind, status)


@pytest.mark.parametrize("status", [200, 204, 301, 600, 0])
def test_a_status_that_is_no_errors_counts_as_not_said(status: int) -> None:
    problem = read(openai(), status)
    assert (problem.kind, problem.status, problem.http_status) == ("upstream_error", 0, 502)
    assert read(openai(type="invalid_request_error"), status).kind == "invalid_request"


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        (openai(code="insufficient_quota", type="insufficient_quota"), 429, "insufficient_quota"),
        (openai(code="context_length_exceeded"), 400, "context_length"),
        (openai(code="content_filter"), 400, "blocked"),
        (openai(code="invalid_request_error", type="authentication_error"), 401, "authentication"),
        (openai(type="unknown_error", code="invalid_request_error"), 402, "insufficient_quota"),
        (openai(type="rate_limit_error"), 402, "insufficient_quota"),
        (openai(code="model_not_found"), 400, "not_found"),
        (openai(code="DeploymentNotFound"), 404, "not_found"),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "O"}},
            500,
            "overloaded",
        ),
        (
            {"type": "error", "error": {"type": "billing_error", "message": "O"}},
            400,
            "insufficient_quota",
        ),
        ({"type": "error", "error": {"type": "timeout_error", "message": "O"}}, 500, "timeout"),
        (openai(message="Your credit balance is too low."), 400, "insufficient_quota"),
        (openai(message="prompt is too long: 9 tokens > 8 maximum"), 400, "context_length"),
        (openai(message="This model's maximum context length is 8"), 400, "context_length"),
        (openai(message="The maximum context length is 8"), 500, "upstream_error"),
    ],
)
def test_words_that_say_one_thing_decide(said: object, status: int, kind: Kind) -> None:
    assert read(said, status).kind == kind


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("1113", 429, "insufficient_quota"),
        ("1302", 429, "rate_limited"),
        ("1000", 400, "authentication"),
        ("1214", 400, "invalid_request"),
        ("1220", 434, "permission"),
        ("1222", 400, "not_found"),
        ("1230", 500, "upstream_error"),
        ("500", 435, "upstream_error"),
        ("1301", 400, "blocked"),
    ],
)
def test_glm_speaks_in_numbers(code: str, status: int, kind: Kind) -> None:
    problem = read({"error": {"code": code, "message": "余额不足"}}, status)
    assert (problem.kind, problem.code, problem.message) == (kind, code, "余额不足")


def test_the_numbers_of_mistral_are_other_numbers() -> None:
    said = {"object": "error", "message": "No.", "type": "x", "param": None, "code": "1000"}
    assert read(said).kind == "invalid_request"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (openai(message="No."), "No."),
        ({"error": "Not found."}, "Not found."),
        ({"code": "odd", "error": "The model is gone."}, "The model is gone."),
        ({"detail": "Invalid API Key"}, "Invalid API Key"),
        ({"object": "error", "message": "No."}, "No."),
        ({"detail": [{"msg": "bad", "loc": ["x"]}]}, '[{"msg":"bad","loc":["x"]}]'),
        ([{"error": {"code": 400, "message": "No.", "status": "INVALID_ARGUMENT"}}], "No."),
        ({"error": {"msg": "No."}}, "No."),
    ],
)
def test_the_message_is_found_wherever_it_stands(said: object, message: str) -> None:
    assert read(said).message == message


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Bad gateway</body></html>",
        b"<!DOCTYPE html><p>secret",
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"error":{"message":"<html>secret</html>"}}',
        b'{"error":{"message":{"secret":1}}}',
        b"[" * 100_000,
        b'{"error":{"message":"\\ud800secret"}}<',
    ],
)
def test_without_a_message_there_is_one_of_ours(body: bytes) -> None:
    message = problem_of(502, body, None).message
    assert message == "the provider answered with status 502 and no explanation"
    message = problem_of(0, body, None).message
    assert message == "the provider answered with an error and no explanation"


def test_plain_text_is_a_message() -> None:
    assert problem_of(503, b" upstream connect error \n", None).message == "upstream connect error"


def test_a_message_is_not_carried_along_for_ever() -> None:
    assert len(read(openai(message="x" * 100_000)).message) == LONGEST_MESSAGE


def test_facts_beside_the_message_are_kept() -> None:
    body = msgspec.json.encode(openai(param="tools[0]", code="odd"))
    problem = problem_of(422, body, 3.5)
    assert (problem.param, problem.code, problem.retry_after) == ("tools[0]", "odd", 3.5)
    assert read(openai(code=404, param=7)).code == ""


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"error":{"message":"m","code":502}}', "upstream_error", 502),
        (b'{"error":{"message":"m","status_code":400}}', "invalid_request", 400),
        (b'{"error":{"message":"m","type":"rate_limit_error"}}', "rate_limited", 429),
        (b'{"object":"error","message":"m","code":429}', "rate_limited", 429),
        (b'{"error":"m"}', "upstream_error", 502),
    ],
)
@pytest.mark.parametrize("dialect", ["openai.chat", "openai.embeddings"])
def test_an_error_in_a_success_is_one(
    dialect: Dialect, body: bytes, kind: Kind, status: int
) -> None:
    problem = NATIVE[dialect].error_in_success(body)
    assert problem is not None
    assert (problem.kind, problem.http_status, problem.message) == (kind, status, "m")


def test_an_error_in_a_success_of_anthropic_is_one() -> None:
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"m"}}'
    problem = NATIVE["anthropic.messages"].error_in_success(body)
    assert problem is not None
    assert problem.kind == "overloaded"
    assert NATIVE["anthropic.messages"].error_in_success(b'{"type":"error"}') is not None


@pytest.mark.parametrize("dialect", NATIVE.values())
@pytest.mark.parametrize(
    "body",
    [b'{"error":null}', b'{"error":{}}', b'{"error":""}', b'{"id":"a"}', b"[1]", b"", b"\xff"],
)
def test_what_is_no_error_is_none(dialect: NativeDialect, body: bytes) -> None:
    assert dialect.error_in_success(body) is None


@given(JSON, st.sampled_from([200, 400, 401, 429, 500, 529]))
def test_no_error_makes_us_fail(said: object, status: int) -> None:
    problem = problem_of(status, msgspec.json.encode(said), None)
    assert problem.message
    for dialect in NATIVE.values():
        msgspec.json.decode(dialect.encode_error(problem, "req").body)


@given(st.binary(max_size=200))
def test_no_bytes_make_us_fail(body: bytes) -> None:
    for dialect in NATIVE.values():
        assert dialect.problem(500, body, None).message
        dialect.error_in_success(body)
        dialect.usage(body)
        dialect.observer(hide_usage=True).feed(b"data: " + body + b"\n\n")


@pytest.mark.parametrize(
    ("said", "status", "kind", "code"),
    [
        # DeepSeek's, whose account is empty.
        (openai(code="invalid_request_error"), 402, "insufficient_quota", ""),
        (openai(code="Rate_Limit_Exceeded", type="insufficient_quota"), 429, "rate_limited", None),
        (openai(code="invalid_argument"), 503, "overloaded", ""),
        (openai(code="invalid_request_error"), 400, "invalid_request", None),
        (openai(code="invalid_value"), 400, "invalid_request", None),
        (openai(code="invalid_api_key"), 401, "authentication", None),
    ],
)
def test_a_code_that_says_something_else_is_not_told(
    said: dict[str, dict[str, str]], status: int, kind: Kind, code: str | None
) -> None:
    problem = read(said, status)
    assert problem.kind == kind
    assert problem.code == (said["error"]["code"] if code is None else code)
