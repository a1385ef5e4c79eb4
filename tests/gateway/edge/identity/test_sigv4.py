"""What AWS's SDK signs is verified, and what was changed after it is not."""

import random
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import pytest

from gateway.edge.identity.sigv4 import Received, is_right, read_claim
from providers.adapters.sigv4 import TIME

SECRET: Final = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
LETTERS: Final = "abcXYZ019.:-_~/ é%+=&"


def part(chance: random.Random) -> str:
    letters = (chance.choice(LETTERS) for _ in range(chance.randrange(1, 12)))
    return quote("".join(letters), safe="")


def signed(chance: random.Random) -> tuple[Received, float]:
    auth: Any = pytest.importorskip("botocore.auth", reason="AWS's SDK is what has to sign")
    requests: Any = pytest.importorskip("botocore.awsrequest")
    credentials: Any = pytest.importorskip("botocore.credentials")
    url = f"http://127.0.0.1:8000/model/m{part(chance)}/converse"
    pairs = [f"{part(chance)}={part(chance)}" for _ in range(chance.randrange(3))]
    url += "?" + "&".join(pairs) if pairs else ""
    body = chance.randbytes(chance.randrange(300))
    request = requests.AWSRequest(
        method="POST", url=url, data=body, headers={"content-type": "application/json"}
    )
    pair = credentials.Credentials("SYAKAAAAAAAAAAAAAAAA", SECRET)
    region = chance.choice(("us-east-1", "eu-west-1", "cn-north-1"))
    auth.SigV4Auth(pair, "bedrock", region).add_auth(request)
    said = dict(request.headers)
    parts = urlsplit(url)
    headers = {name.lower().encode(): value.encode() for name, value in said.items()}
    received = Received(
        method="POST",
        raw_path=parts.path.encode(),
        query=parts.query.encode(),
        headers={**headers, b"host": parts.netloc.encode()},
        body=body,
    )
    at = datetime.strptime(said["X-Amz-Date"], TIME).replace(tzinfo=UTC).timestamp()
    return received, at


def test_what_the_sdk_signs_is_verified() -> None:
    chance = random.Random(36)  # noqa: S311 - examples, no secrets
    for _ in range(500):
        received, at = signed(chance)
        claim = read_claim(received.headers, now=at + chance.uniform(-300, 299))
        assert is_right(received, claim, secret=SECRET)
        assert not is_right(received, claim, secret=SECRET[::-1])
