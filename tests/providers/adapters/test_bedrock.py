"""What Bedrock is called with, and what it means by its errors."""

import base64
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from protocols.codec import Target
from providers.adapters.base import Destination, DiscoveredModel, UpstreamCall
from providers.adapters.bedrock import Bedrock
from providers.adapters.headers import HeaderRefused
from providers.adapters.sigv4 import TIME
from providers.secrets import Secret
from providers.specs import CredentialSpec, ProviderSpec, TargetSpec

BEDROCK = Bedrock()
EU = "https://bedrock-runtime.eu-west-1.amazonaws.com"
PAIR = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = CredentialSpec(id="c", name="keys", kind="aws_keys")
BEARER = CredentialSpec(id="c", name="bearer", kind="api_key")
MODEL = "arn:aws:bedrock:us-east-1:1:inference-profile/us.x:0"


def provider(base_url: str = EU, **said: Any) -> ProviderSpec:
    return ProviderSpec(id="p", slug="p", name="P", kind="bedrock", base_url=base_url, **said)


def call(
    spec: ProviderSpec,
    credential: CredentialSpec = KEYS,
    secret: str = PAIR,
    *,
    dialect: str = "bedrock.converse",
    model: str = MODEL,
    now: float = 1_440_938_160.0,
    **said: Any,
) -> UpstreamCall:
    [surface] = [one for one in BEDROCK.surfaces(spec.base_url) if one.dialect == dialect]
    target = Target(model=model, vendor="anthropic")
    destination = Destination(
        provider=spec,
        target=TargetSpec(id="t", upstream_name=model, public_name="m", target=target),
        surface=surface,
        credential=credential,
        secret=Secret(secret),
        now=now,
    )
    filled = {"operation": "chat", "body": b"{}", "headers": {}, "stream": False, **said}
    return BEDROCK.call(destination, **filled)


def test_the_model_is_in_the_path_and_the_call_is_signed() -> None:
    made = call(provider())
    path = "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x%3A0/converse"
    headers = dict(made.headers)
    assert (made.method, made.url) == ("POST", EU + path)
    assert headers["x-amz-date"] == "20150830T123600Z"
    assert headers["accept"] == "application/json"
    scope = "/20150830/eu-west-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date,"
    assert scope in headers["authorization"]


def test_a_stream_has_a_path_and_a_form_of_its_own() -> None:
    made = call(provider(), stream=True)
    assert made.url.endswith("/converse-stream")
    assert dict(made.headers)["accept"] == "application/vnd.amazon.eventstream"


CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
MODERN = {"anthropic-version": "2026-10-21"}


def invoked(model: str = CLAUDE, **said: Any) -> UpstreamCall:
    body = said.pop("body", b'{"model":"m","max_tokens":9,"messages":[],"odd":1.0}')
    return call(provider(), dialect="anthropic.messages", model=model, body=body, **said)


def test_claude_is_invoked_with_a_body_in_bedrocks_envelope() -> None:
    made = invoked(headers={"anthropic-version": "2023-06-01"})
    path = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke"
    assert (made.method, made.url) == ("POST", EU + path)
    assert made.body == (
        b'{"max_tokens":9,"messages":[],"odd":1.0,"anthropic_version":"bedrock-2023-05-31"}'
    )
    headers = dict(made.headers)
    assert not {"anthropic-version", "anthropic-beta"} & headers.keys()
    assert "SignedHeaders=content-type;host;x-amz-date," in headers["authorization"]


def test_a_stream_of_claudes_has_a_path_and_no_flag() -> None:
    made = invoked(body=b'{"model":"m","stream":true,"messages":[]}', stream=True)
    assert made.url.endswith("/invoke-with-response-stream")
    assert made.body == b'{"messages":[],"anthropic_version":"bedrock-2023-05-31"}'
    assert dict(made.headers)["accept"] == "application/vnd.amazon.eventstream"


def test_betas_are_in_the_body_there() -> None:
    made = invoked(headers={"anthropic-beta": "a-1, b-2"}, body=b'{"anthropic_beta":["x"]}')
    said = b'{"anthropic_beta":["a-1","b-2"],"anthropic_version":"bedrock-2023-05-31"}'
    assert made.body == said


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("anthropic.claude-opus-4-7", "2026-10-21"),
        ("eu.anthropic.claude-opus-4-8-v1", "2026-10-21"),
        ("global.anthropic.claude-sonnet-5", "2026-10-21"),
        ("anthropic.claude-fable-5-1-20260601-v1:0", "2026-10-21"),
        ("anthropic.claude-opus-4-6-v1", "bedrock-2023-05-31"),
        ("anthropic.claude-sonnet-4-20250514-v1:0", "bedrock-2023-05-31"),
        ("anthropic.claude-3-5-haiku-20241022-v1:0", "bedrock-2023-05-31"),
        ("anthropic.claude-v2:1", "bedrock-2023-05-31"),
    ],
)
def test_the_newer_version_is_for_newer_models(model: str, version: str) -> None:
    assert f'"anthropic_version":"{version}"'.encode() in invoked(model, headers=MODERN).body
    older = invoked(model, headers={"anthropic-version": "2023-06-01"}).body
    assert b'"anthropic_version":"bedrock-2023-05-31"' in older


@pytest.mark.parametrize("stream", [False, True])
def test_the_sdk_of_aws_signs_an_invocation_the_same(*, stream: bool) -> None:
    auth = pytest.importorskip("botocore.auth", reason="without AWS's SDK nobody can compare")
    requests = pytest.importorskip("botocore.awsrequest")
    credentials = pytest.importorskip("botocore.credentials")
    made = invoked(stream=stream)
    theirs = requests.AWSRequest(
        method=made.method,
        url=made.url,
        data=made.body,
        headers={"content-type": "application/json"},
    )
    auth.SigV4Auth(credentials.Credentials(*PAIR.split(":")), "bedrock", "eu-west-1").add_auth(
        theirs
    )
    said = dict(theirs.headers)
    made_at = datetime.strptime(said["X-Amz-Date"], TIME).replace(tzinfo=UTC)
    ours = invoked(stream=stream, now=made_at.timestamp())
    assert dict(ours.headers)["authorization"] == said["Authorization"]


def counting(model: str = CLAUDE, **said: Any) -> UpstreamCall:
    return call(provider(), model=model, operation="count_tokens", **said)


def test_tokens_are_counted_by_the_vendor() -> None:
    made = counting(body=b'{"input":{"converse":{}}}')
    assert made.url == f"{EU}/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens"
    assert made.body == b'{"input":{"converse":{}}}'
    assert counting(MODEL).url.endswith("%2Fus.x%3A0/count-tokens")  # which names no region first


def test_claude_is_counted_as_it_would_be_invoked() -> None:
    asked = b'{"model":"m","messages":[],"odd":1.0}'
    headers = {"anthropic-version": "2023-06-01", "anthropic-beta": "b-1"}
    made = counting(dialect="anthropic.messages", body=asked, headers=headers)
    assert made.url == f"{EU}/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens"
    wrapped = msgspec.json.decode(made.body)["input"]["invokeModel"]["body"]
    assert base64.b64decode(wrapped) == (
        b'{"messages":[],"odd":1.0,"anthropic_version":"bedrock-2023-05-31",'
        b'"anthropic_beta":["b-1"],"max_tokens":1}'
    )


def test_a_key_of_bedrocks_is_sent_as_it_is() -> None:
    headers = dict(call(provider(), BEARER, "abc").headers)
    assert headers["authorization"] == "Bearer abc"
    assert "x-amz-date" not in headers


@pytest.mark.parametrize(
    ("spec", "region"),
    [
        (provider("https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com"), "us-gov-west-1"),
        (provider("https://vpce.example", region="ap-south-1"), "ap-south-1"),
        (provider("https://vpce.example"), "us-east-1"),
    ],
)
def test_the_region_is_the_hosts_or_the_operators(spec: ProviderSpec, region: str) -> None:
    assert f"/{region}/bedrock/" in dict(call(spec).headers)["authorization"]


def test_temporary_keys_have_a_token() -> None:
    made = call(provider(), secret=f"{PAIR}:tok/en+=")
    assert dict(made.headers)["x-amz-security-token"] == "tok/en+="


@pytest.mark.parametrize("secret", ["", "AKIA", "AKIAIOSFODNN7EXAMPLE", f"{PAIR}:", f"{PAIR} "])
def test_what_is_no_pair_of_keys_is_refused_unsaid(secret: str) -> None:
    with pytest.raises(HeaderRefused, match="no pair of AWS keys") as refused:
        call(provider(), secret=secret)
    assert "wJalr" not in str(refused.value)


@pytest.mark.parametrize(
    ("base_url", "listed_at"),
    [
        (EU, "https://bedrock.eu-west-1.amazonaws.com"),
        ("https://bedrock.eu-west-1.amazonaws.com", "https://bedrock.eu-west-1.amazonaws.com"),
        ("https://vpce.example/x", "https://vpce.example/x"),
    ],
)
def test_models_are_listed_by_a_host_of_its_own(base_url: str, listed_at: str) -> None:
    made = BEDROCK.models_call(
        provider=provider(base_url), credential=KEYS, secret=Secret(PAIR), now=1.0
    )
    assert (made.method, made.url) == ("GET", f"{listed_at}/foundation-models")
    assert BEDROCK.models_base_url(provider(base_url)) == listed_at
    assert "SignedHeaders=host;x-amz-date" in dict(made.headers)["authorization"]


def test_models_are_those_that_write() -> None:
    body = (
        b'{"modelSummaries":[{"modelId":"a","outputModalities":["TEXT"]},'
        b'{"modelId":"b","outputModalities":["EMBEDDING"]},{"modelId":"c"}]}'
    )
    assert BEDROCK.models(body) == (
        DiscoveredModel(name="a"),
        DiscoveredModel(name="b", operations=frozenset()),
        DiscoveredModel(name="c", operations=frozenset()),
    )


@pytest.mark.parametrize(
    ("status", "kind", "message", "cls"),
    [
        (429, "ThrottlingException", "Too many requests", "rate_limited"),
        (429, "ModelNotReadyException", "warming up", "rate_limited"),
        (400, "ServiceQuotaExceededException", "no more", "quota"),
        (403, "AccessDeniedException", "not you", "auth"),
        (403, "ExpiredTokenException:http://internal/coral/", "expired", "auth"),
        (
            403,
            "AccessDeniedException",
            "You don't have access to the model with the specified model ID.",
            "model_missing",
        ),
        (404, "ResourceNotFoundException", "no such profile", "model_missing"),
        (400, "ValidationException", "The provided model identifier is invalid.", "model_missing"),
        (400, "ValidationException", "Input is too long for requested model.", "context_window"),
        (400, "ValidationException", "messages: wrong", "client_error"),
        (408, "ModelTimeoutException", "slow", "timeout"),
        (424, "ModelErrorException", "broken", "server_error"),
        (500, "InternalServerException", "oops", "server_error"),
        (503, "ServiceUnavailableException", "later", "overloaded"),
        (503, "", "later", "overloaded"),
    ],
)
def test_verdicts(status: int, kind: str, message: str, cls: str) -> None:
    body = f'{{"message":"{message}"}}'.encode()
    headers = {"x-amzn-errortype": kind} if kind else {}
    assert BEDROCK.verdict(status, headers, body).cls == cls
