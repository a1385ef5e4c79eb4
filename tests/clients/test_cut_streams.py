"""A vendor that leaves in the middle of a stream: every SDK has what was said, and raises."""

from itertools import product
from typing import Any, Final

import anthropic
import openai
import pytest
from botocore.exceptions import EventStreamError

from protocols.ir import Dialect
from tests.clients.foreign import KINDS
from tests.clients.google_sdk import errors
from tests.clients.speakers import OWN, SPEAKERS, Where
from tests.clients.stack import Stack
from tests.clients.wiretap import tapped
from tests.faults.evil_upstream import TOKENS
from tests.faults.referee import Referee
from tests.protocols.client_streams import faults_of_stream

CUTS: Final = (1, TOKENS)
RAISED: Final[dict[Dialect, type[Exception]]] = {
    "openai.chat": openai.APIError,
    "openai.responses": openai.APIError,
    "anthropic.messages": anthropic.APIStatusError,
    "gemini.generate": errors.APIError,
    "bedrock.converse": EventStreamError,
}


@pytest.fixture(scope="module")
def leaving(bare_stack: Stack, referee: Referee) -> Stack:
    """The vendors of every dialect, each of which goes as it is told to."""
    for slug, (kind, path) in KINDS.items():
        alone = [{"dialect": "openai.responses", "base_url": f"{referee.url}/v1"}]
        told: dict[str, Any] = {"surfaces": alone} if slug == "responses" else {}
        bare_stack.vendor(slug, url=f"{referee.url}{path}", kind=kind, **told)
    return bare_stack


@pytest.mark.parametrize(("how", "cut"), list(product(("close", "reset"), CUTS)))
@pytest.mark.parametrize("vendor", KINDS)
@pytest.mark.parametrize("dialect", SPEAKERS)
def test_who_is_left_in_the_middle_knows_it(
    leaving: Stack, dialect: Dialect, vendor: str, how: str, cut: int
) -> None:
    pieces: list[str] = []
    with tapped(leaving.gateway.port) as tap:
        where = Where(url=tap.url, key=leaving.key.value)
        with pytest.raises(RAISED[dialect]):
            pieces.extend(SPEAKERS[dialect](where, f"{vendor}.evil-{how}-after-{cut}"))
        [exchange] = tap.exchanges()
    assert "".join(pieces).split() == [f"tok{number:05d}" for number in range(cut)]
    # A vendor's own bytes are as they came, up to our last event.
    if vendor != OWN[dialect]:
        assert faults_of_stream(dialect, exchange.body) == []
