"""Signatures, by AWS's own example and by what its SDK makes of the same calls."""

import random
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from providers.adapters.sigv4 import (
    TIME,
    AwsKeys,
    Scope,
    Signable,
    signature,
    signing_headers,
    timestamp,
)

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = 1_440_938_160.0
HEADERS = {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z"}


def signed(**said: Any) -> str:
    filled = {"method": "GET", "path": "/", "headers": HEADERS, "payload": b"", **said}
    scope = Scope(date="20150830", region="us-east-1", service="service")
    return signature(Signable(**filled), scope=scope, stamp="20150830T123600Z", secret=SECRET)


def test_aws_own_example_is_signed_as_aws_does() -> None:
    assert signed() == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    assert signed(path="") == signed()


def test_of_queries_and_blanks_the_order_does_not_matter() -> None:
    assert signed(query="a-b=1&a=2&b") == signed(query="b=&a=2&a-b=1")
    assert signed(query="a=%7e%2F") == signed(query="a=~/")
    padded = {**HEADERS, "x-a": "  a   b "}
    assert signed(headers=padded) == signed(headers={**HEADERS, "x-a": "a b"})
    assert signed(query="a=1") != signed()
    assert signed(payload=b"x") != signed()


def test_the_path_is_encoded_once_more() -> None:
    assert signed(path="/model/a%3A1/x") != signed(path="/model/a:1/x")


def test_temporary_keys_send_their_token_and_sign_it() -> None:
    request = Signable(
        method="POST", path="/p", headers={"host": "h", "content-type": "j"}, payload=b"{}"
    )
    keys = AwsKeys(access_key_id="AKIA", secret_access_key=SECRET, session_token="token")
    headers = dict(signing_headers(request, keys=keys, region="eu-west-1", now=NOW))
    assert headers["x-amz-date"] == timestamp(NOW) == "20150830T123600Z"
    assert headers["x-amz-security-token"] == "token"
    assert headers["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIA/20150830/eu-west-1/bedrock/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="
    )
    assert "token" not in repr(keys)


def test_the_sdk_signs_the_same() -> None:
    auth = pytest.importorskip("botocore.auth", reason="without AWS's SDK nobody can compare")
    requests = pytest.importorskip("botocore.awsrequest")
    credentials = pytest.importorskip("botocore.credentials")
    chance = random.Random(4)  # noqa: S311 - examples, no secrets
    for number in range(500):
        url = f"https://bedrock-runtime.us-east-1.amazonaws.com/model/m{_part(chance)}/converse"
        pairs = [f"{_part(chance)}={_part(chance)}" for _ in range(chance.randrange(4))]
        url += "?" + "&".join(pairs) if pairs else ""
        body = chance.randbytes(chance.randrange(300))
        token = "t/+=" if number % 2 else None
        theirs = requests.AWSRequest(
            method="POST", url=url, data=body, headers={"content-type": "application/json"}
        )
        keys = credentials.Credentials("AKIA", SECRET, token)
        auth.SigV4Auth(keys, "bedrock", "us-east-1").add_auth(theirs)
        said = dict(theirs.headers)
        made_at = datetime.strptime(said["X-Amz-Date"], TIME).replace(tzinfo=UTC)
        parts = urlsplit(url)
        request = Signable(
            method="POST",
            path=parts.path,
            query=parts.query,
            headers={"content-type": "application/json", "host": parts.netloc},
            payload=body,
        )
        ours = signing_headers(
            request,
            keys=AwsKeys(access_key_id="AKIA", secret_access_key=SECRET, session_token=token or ""),
            region="us-east-1",
            now=made_at.timestamp(),
        )
        assert dict(ours)["authorization"] == said["Authorization"]


def _part(chance: random.Random) -> str:
    letters = "abcXYZ019.:-_~/ é%+=&"
    return quote("".join(chance.choice(letters) for _ in range(chance.randrange(1, 12))), safe="")
