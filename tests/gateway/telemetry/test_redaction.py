import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.telemetry.redaction import (
    HIDDEN,
    MAX_DEPTH,
    SECRET_VALUES,
    may_hold_secret,
    redacted,
    redacted_fields,
    redacted_line,
    redacted_text,
)

CANARY = "c4n4ry-5ecret-Value"


SECRET_NAMES = [
    "password",
    "new_password",
    "Authorization",
    "authorization",
    "x-api-key",
    "api_key",
    "apikey",
    "MASTER_API_KEY",
    "SECRET_KEY",
    "client_secret",
    "access_token",
    "token",
    "Cookie",
    "set-cookie",
    "DATABASE_URL",
    "redis_url",
    "EMAIL_URL",
    "sessionid",
    "session_key",
    "X-CSRFToken",
    "csrftoken",
    "recovery_codes",
    "totp_secret",
    "SWITCHYARD_KEK",
    "pepper",
    "dsn",
    "credential",
    "credentials",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_field_named_like_a_secret_is_hidden(name: str) -> None:
    assert redacted_fields({name: CANARY}) == {name: HIDDEN}
    assert redacted_fields({"headers": {name: [CANARY]}}) == {"headers": {name: HIDDEN}}


@pytest.mark.parametrize(
    "name",
    ["key_id", "tokens", "max_tokens", "token_count", "sessions", "tenant", "path", "keyboard"],
)
def test_an_innocent_field_is_kept(name: str) -> None:
    assert redacted_fields({name: "value"}) == {name: "value"}


@pytest.mark.parametrize(
    "text",
    [
        f"key sy-live-{CANARY} refused",
        f"sy-test-{CANARY}",
        f"Authorization: Bearer {CANARY}",
        f"got basic {CANARY}== from client",
        f"postgresql://switchyard_app:{CANARY}@db:5432/x",
        f"redis://:{CANARY}@127.0.0.1:6379/0",
        f"GET /v1beta/models?key={CANARY}&alt=sse",
        f"/accept-invite?token={CANARY}",
        f"password={CANARY}",
        f"password: '{CANARY}'",
        f"sk-{CANARY}",
        f"https://user:{CANARY}@proxy/",
    ],
)
def test_a_value_that_looks_like_a_secret_is_hidden(text: str) -> None:
    assert CANARY not in redacted_text(text)
    assert CANARY not in str(redacted({"event": [text, {"inner": text.encode()}]}))


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=20,
    )
)
def test_whatever_is_logged_can_be_redacted(value: object) -> None:
    redacted({"value": value})


def test_what_lies_too_deep_is_hidden_whole() -> None:
    deep: object = CANARY
    for _ in range(MAX_DEPTH + 2):
        deep = [deep]
    assert CANARY not in str(redacted(deep))
    nested: object = CANARY
    for _ in range(MAX_DEPTH + 2):
        nested = {"inner": nested}
    assert CANARY not in str(redacted(nested))


def test_an_object_is_written_as_its_text_without_secrets() -> None:
    assert redacted(ValueError(f"Bearer {CANARY}")) == "Bearer ***"


@given(st.data())
def test_what_a_pattern_would_hide_is_never_passed_over(data: st.DataObject) -> None:
    pattern, shown = data.draw(st.sampled_from(SECRET_VALUES))
    text = data.draw(st.from_regex(pattern))

    assert may_hold_secret(text) or pattern.sub(shown, text) == text


def test_a_line_is_searched_as_a_whole() -> None:
    clean = {"request_id": "req_1", "status": 200, "path": "/v1/models"}
    dirty = {**clean, "model": "sy-live-abcdefghijkl-0123456789"}

    assert redacted_line(clean) is clean
    assert redacted_line(dirty)["model"] == "sy-live-***"
