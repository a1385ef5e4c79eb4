"""Golden calls: URL, headers and body of every kind, and what never goes upstream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.base import UpstreamCall
from providers.adapters.headers import HeaderRefused, require_extra
from providers.adapters.json_api import NoSuchOperation
from providers.adapters.mock.serving import Call, respond
from providers.adapters.registry import ADAPTERS
from providers.specs import CredentialSpec, Quirks
from tests.providers.adapters.destinations import (
    API_KEY,
    NONE,
    Shown,
    destination,
    provider,
)

BODY = b'{"model":"gpt-4o","messages":[]}'


def headers_of(call: UpstreamCall) -> dict[str, str]:
    assert len(dict(call.headers)) == len(call.headers)
    return dict(call.headers)


def call(kind: str, operation: str = "chat", **settings: object) -> UpstreamCall:
    stream = bool(settings.pop("stream", False))
    client = settings.pop("client", {})
    return ADAPTERS[kind].call(
        destination(kind, **settings),  # type: ignore[arg-type]
        operation=operation,
        body=BODY,
        headers=client,  # type: ignore[arg-type]
        stream=stream,
    )


def test_openai_is_called_at_its_own_address_with_a_bearer() -> None:
    made = call("openai")
    assert made == UpstreamCall(
        method="POST",
        url="https://api.openai.com/v1/chat/completions",
        headers=(
            ("user-agent", "switchyard"),
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("accept-encoding", "identity"),
            ("authorization", "Bearer sk-secret"),
        ),
        body=BODY,
    )


def test_a_stream_asks_for_events() -> None:
    made = call("openai", stream=True)
    assert made.stream
    assert headers_of(made)["accept"] == "text/event-stream"


NO_CREDENTIAL_HEADERS = {"content-type", "accept", "accept-encoding", "user-agent"}


def test_embeddings_have_their_own_path() -> None:
    made = call("openai", "embeddings", dialect="openai.embeddings")
    assert made.url == "https://api.openai.com/v1/embeddings"


def test_a_compatible_server_is_called_below_its_base_url_without_a_credential() -> None:
    made = call(
        "openai_compatible", base_url="http://127.0.0.1:8000/v1", credential=NONE, secret=None
    )
    assert made.url == "http://127.0.0.1:8000/v1/chat/completions"
    assert headers_of(made).keys() == NO_CREDENTIAL_HEADERS


def test_the_mock_is_called_without_a_credential_in_every_dialect() -> None:
    for dialect, operation, path in (
        ("openai.chat", "chat", "/v1/chat/completions"),
        ("openai.embeddings", "embeddings", "/v1/embeddings"),
        ("anthropic.messages", "chat", "/v1/messages"),
        ("anthropic.messages", "count_tokens", "/v1/messages/count_tokens"),
        ("gemini.generate", "chat", "/v1beta/models/gpt-4o:generateContent"),
    ):
        made = call("mock", operation, dialect=dialect, credential=NONE, secret=None)
        assert made.url == f"mock:{path}"
        assert headers_of(made).keys() == NO_CREDENTIAL_HEADERS


def test_the_mocks_own_list_of_models_can_be_read() -> None:
    adapter = ADAPTERS["mock"]
    made = adapter.models_call(provider=provider(adapter), credential=NONE, secret=None)
    assert made.url == "mock:/v1/models"
    listed = Call(method="GET", path="/v1/models", headers={}, body=b"", id="1", created=1)
    body = b"".join(data for _, data in respond(listed).pieces)
    operations = {model.name: model.operations for model in adapter.models(body)}
    assert operations["mock-embed"] == {"embeddings"}
    assert operations["mock-echo"] == {"chat"}


@pytest.mark.parametrize(
    ("name", "secret", "sent"),
    [
        ("X-Api-Token", "abc", ("x-api-token", "abc")),
        ("Authorization", "abc", ("authorization", "Bearer abc")),
        ("authorization", "Basic YTpi", ("authorization", "Basic YTpi")),
    ],
)
def test_a_header_credential_is_sent_under_its_name(
    name: str, secret: str, sent: tuple[str, str]
) -> None:
    credential = CredentialSpec(id="c", name="c", kind="header", header=name)
    made = call(
        "openai_compatible", base_url="https://x.test", credential=credential, secret=secret
    )
    assert sent in made.headers


def test_anthropic_is_called_with_its_key_and_version() -> None:
    made = call("anthropic")
    assert made.url == "https://api.anthropic.com/v1/messages"
    assert headers_of(made) == {
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "switchyard",
        "x-api-key": "sk-secret",
    }


def test_anthropic_counts_tokens_under_its_own_path() -> None:
    assert call("anthropic", "count_tokens").url.endswith("/v1/messages/count_tokens")


def test_a_version_pasted_with_anthropics_base_url_is_not_doubled() -> None:
    assert call("anthropic", base_url="https://a.test/v1").url == "https://a.test/v1/messages"


def test_anthropics_oauth_tokens_go_as_bearer() -> None:
    sent = headers_of(call("anthropic", secret="sk-ant-oat01-x"))
    assert sent["authorization"] == "Bearer sk-ant-oat01-x"
    assert "x-api-key" not in sent


def test_the_clients_version_and_betas_reach_anthropic_word_for_word() -> None:
    client = {"Anthropic-Version": "2026-10-21", "anthropic-beta": "a-1, b-2 ,c-3"}
    sent = headers_of(call("anthropic", client=client, headers={"anthropic-beta": "operator-1"}))
    assert sent["anthropic-version"] == "2026-10-21"
    assert sent["anthropic-beta"] == "a-1, b-2 ,c-3"


def test_headers_of_another_kind_stay_here() -> None:
    client = {"anthropic-beta": "a-1", "openai-beta": "o-1"}
    assert "anthropic-beta" not in headers_of(call("openai", client=client))
    assert "openai-beta" not in headers_of(call("anthropic", client=client))


def test_the_operators_headers_go_with_every_call() -> None:
    sent = headers_of(call("openai", headers={"OpenAI-Organization": "org-1"}))
    assert sent["openai-organization"] == "org-1"


@given(
    client=st.dictionaries(
        st.sampled_from(
            [
                *("authorization", "x-api-key", "api-key", "cookie", "host", "connection"),
                *("x-goog-api-key", "x-switchyard-target", "content-length", "te", "accept"),
                *("proxy-authorization", "x-forwarded-for", "accept-encoding", "x-anything"),
            ]
        ),
        st.text(st.characters(codec="latin-1")),
    ),
    kind=st.sampled_from(["openai", "anthropic"]),
)
def test_a_clients_credentials_and_connection_headers_never_go_upstream(
    client: dict[str, str], kind: str
) -> None:
    assert call(kind, client=client) == call(kind)


@pytest.mark.parametrize("evil", ["a\r\nx: y", "a\nb", "a\0b", "\r"])
def test_line_breaks_and_nul_are_refused_in_every_value(evil: str) -> None:
    for settings in (
        {"client": {"anthropic-beta": evil}},
        {"headers": {"x-team": evil}},
        {"secret": evil},
    ):
        with pytest.raises(HeaderRefused) as refused:
            call("anthropic", **settings)
        assert evil not in str(refused.value)


def test_a_secret_beyond_ascii_is_refused_without_being_shown() -> None:
    with pytest.raises(HeaderRefused, match="not plain ASCII") as refused:
        call("openai", secret="schlüssel".encode())
    assert refused.value.__cause__ is None
    assert "schl" not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    ["Authorization", "host", "X-Switchyard-Target", "x-forwarded-for", "cookie", "", "a b", "ä"],
)
def test_an_operator_cannot_set_what_the_gateway_sets(name: str) -> None:
    with pytest.raises(HeaderRefused):
        require_extra(name, "v")


def test_a_call_that_the_surface_does_not_offer_is_refused() -> None:
    with pytest.raises(NoSuchOperation, match=r"openai\.chat has no embeddings"):
        call("openai", "embeddings")


@pytest.mark.parametrize(
    ("kind", "base_url", "url"),
    [
        ("openai", "", "https://api.openai.com/v1/models"),
        ("anthropic", "", "https://api.anthropic.com/v1/models?limit=1000"),
        ("openai_compatible", "https://x.test/api", "https://x.test/api/models"),
    ],
)
def test_the_model_list_is_asked_for_with_the_same_credential(
    kind: str, base_url: str, url: str
) -> None:
    spec = provider(ADAPTERS[kind], base_url, headers={"x-team": "1"})
    made = ADAPTERS[kind].models_call(provider=spec, credential=API_KEY, secret=Shown("s"))
    assert (made.method, made.url, made.body) == ("GET", url, b"")
    sent = headers_of(made)
    assert "s" in {sent.get("x-api-key"), sent.get("authorization", "").removeprefix("Bearer ")}
    assert sent["x-team"] == "1"
    assert "content-type" not in sent


def test_the_model_list_may_be_elsewhere_or_at_the_kinds_own_address() -> None:
    adapter = ADAPTERS["openai"]
    spec = provider(adapter, quirks=Quirks(models_path="/openai/models"))
    made = adapter.models_call(provider=spec, credential=API_KEY, secret=Shown("s"))
    assert made.url == "https://api.openai.com/v1/openai/models"
    bare = type(spec)(id="p", slug="p", name="P", kind="openai")
    made = adapter.models_call(provider=bare, credential=API_KEY, secret=Shown("s"))
    assert made.url == "https://api.openai.com/v1/models"


def test_a_kind_without_an_address_of_its_own_says_so() -> None:
    without = {kind for kind, adapter in ADAPTERS.items() if not adapter.default_base_url}
    assert without == {"openai_compatible"}
    assert all(kind == adapter.kind for kind, adapter in ADAPTERS.items())
