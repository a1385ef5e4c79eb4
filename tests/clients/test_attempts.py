"""How often an SDK asks that comes as it comes: once where there is no credit, again where it is
told to wait, and not before. Counted where it asks, which is not where it is answered.

The AWS SDK and google-genai are not told by `retry-after`: the one waits as long as it likes, the
other does not ask again unless it is told to.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any, Final

import anthropic
import msgspec
import openai
import pytest
from botocore.exceptions import ClientError

from deploy.bootstrap import BIN, NODE_CLIENTS
from protocols.ir import Dialect
from tests.clients.foreign import KINDS, vendors
from tests.clients.google_sdk import errors
from tests.clients.management import Issued
from tests.clients.speakers import OWN, SPEAKERS, Where
from tests.clients.stack import Stack
from tests.clients.wiretap import Exchange, tapped
from tests.faults.evil_upstream import TOKENS
from tests.faults.referee import Referee

__all__ = ["vendors"]

# Longer than the gateway itself waits for a vendor.
RETRY_AFTER_S: Final = 6
BROKE: Final = "mock-echo;fail=402"
RAISED: Final[dict[Dialect, type[Exception]]] = {
    "openai.chat": openai.APIStatusError,
    "openai.responses": openai.APIStatusError,
    "anthropic.messages": anthropic.APIStatusError,
    "gemini.generate": errors.ClientError,
    "bedrock.converse": ClientError,
}
STATUSES: Final[dict[Dialect, int]] = {**dict.fromkeys(SPEAKERS, 429), "bedrock.converse": 400}
PATIENT: Final[tuple[Dialect, ...]] = ("openai.chat", "openai.responses", "anthropic.messages")
NODE_WITHIN_S: Final = 50


@pytest.fixture(scope="module")
def spender(vendors: Stack) -> Issued:
    """A key whose clients bring their own account with the vendor."""
    return vendors.management.key(name="spender", byok_allowed=True)


def own_account(url: str, spender: Issued) -> Where:
    headers = {"x-gateway-api-key": spender.value}
    return Where(url=url, key="sk-of-the-client", headers=headers, retries=None)


def status_of(dialect: Dialect, vendor: str) -> int:
    """What the client's own vendor says of its account is passed on as it is."""
    return 402 if vendor == OWN[dialect] else STATUSES[dialect]


@pytest.mark.parametrize(
    ("dialect", "vendor"),
    [
        pytest.param(dialect, vendor, id=f"{dialect}-{vendor}")
        for dialect, vendor in product(SPEAKERS, KINDS)
    ],
)
def test_who_has_no_credit_asks_once(
    vendors: Stack, spender: Issued, dialect: Dialect, vendor: str
) -> None:
    with tapped(vendors.gateway.port) as tap:
        with pytest.raises(RAISED[dialect]):
            list(SPEAKERS[dialect](own_account(tap.url, spender), f"{vendor}.{BROKE}"))
        exchanges = tap.exchanges()
    assert [each.status for each in exchanges] == [status_of(dialect, vendor)]


def test_sdks_for_node_that_have_no_credit_ask_once(vendors: Stack, spender: Issued) -> None:
    with tapped(vendors.gateway.port) as tap:
        calls = [(dialect, f"{vendor}.{BROKE}") for dialect, vendor in product(PATIENT, KINDS)]
        failed = in_node(own_account(tap.url, spender), *calls)
        exchanges = tap.exchanges()
    told = [status_of(dialect, vendor) for dialect, vendor in product(PATIENT, KINDS)]
    assert failed == told
    assert sorted(each.status for each in exchanges) == sorted(told)


def in_node(where: Where, *calls: tuple[Dialect, str]) -> list[Any]:
    """What each SDK was told by each model, or the status of what it raised."""
    told = {"base": where.url, "key": where.key, "headers": where.headers, "calls": calls}
    done = subprocess.run(
        [str(BIN / "node"), "attempts.mjs", msgspec.json.encode(told).decode()],
        cwd=NODE_CLIENTS,
        capture_output=True,
        timeout=NODE_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found: list[Any] = msgspec.json.decode(done.stdout)
    return found


# --- a limit --------------------------------------------------------------------------------------


def limited(stack: Stack, referee: Referee, *, slug: str, vendor: str) -> str:
    """A model of a provider of its own, which is paused by it."""
    kind, path = KINDS[vendor]
    stack.vendor(slug, url=f"{referee.url}{path}", kind=kind)
    return f"{slug}.evil-429-once-{RETRY_AFTER_S}-{slug}"


def test_who_is_limited_comes_back_when_it_is_told_to(vendors: Stack, referee: Referee) -> None:
    """All at once, since each of them waits."""

    def python(where: Where, dialect: Dialect, model: str) -> str:
        return "".join(SPEAKERS[dialect](where, model))

    def node(where: Where, dialect: Dialect, model: str) -> str:
        return str(in_node(where, (dialect, model))[0])

    def ask(call: Any) -> tuple[str, list[Exchange]]:
        say, dialect, model = call
        with tapped(vendors.gateway.port) as tap:
            said = say(Where(url=tap.url, key=vendors.key.value, retries=None), dialect, model)
            return said, tap.exchanges()

    calls = []
    for at, (say, dialect) in enumerate(product((python, node), PATIENT)):
        for vendor in ("chat", "messages", "gemini"):
            slug = f"once-{at}-{vendor}"
            calls.append((say, dialect, limited(vendors, referee, slug=slug, vendor=vendor)))
    with ThreadPoolExecutor(len(calls)) as threads:
        found = list(threads.map(ask, calls))
    for said, exchanges in found:
        assert len(said.split()) == TOKENS
        assert [each.status for each in exchanges] == [429, 200]
        first, second = exchanges
        assert second.at - first.at >= RETRY_AFTER_S
