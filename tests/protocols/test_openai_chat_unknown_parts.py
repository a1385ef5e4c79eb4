"""Parts of Chat messages that only some vendor knows: their own dialect has them as they came."""

from typing import Any, Final

import msgspec
import pytest

from protocols import ir
from protocols.codec import Encoded, Head
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from tests.protocols.corpus.exchanges import target_of

DOCUMENT: Final = {"type": "document_url", "document_url": "https://x.example/a.pdf"}
STRANGE: Final = {"type": "hologram", "hologram": {"url": "https://x.example/h"}}
WORDS: Final = {"type": "output_text", "text": "said"}
EMPTY: Final[dict[str, Any]] = {**WORDS, "annotations": [], "logprobs": None}
CITING: Final[dict[str, Any]] = {**WORDS, "annotations": [{"type": "url_citation"}]}
NAMED: Final[dict[str, Any]] = {"type": "hologram", "text": "said", "annotations": []}
MORE: Final = {"type": "hologram", "text": "said", "beside": 1}
OTHERS: Final = [dialect for dialect in UPSTREAM_CODECS if dialect != "openai.chat"]


def asked(part: Any, role: str = "user") -> ir.Request:
    turn = {"role": role, "content": [{"type": "text", "text": "Look."}, part]}
    body = msgspec.json.encode({"model": "m", "messages": [turn]})
    return CLIENT_CODECS["openai.chat"].decode_request(body, Head())


def sent(part: Any, dialect: Dialect, role: str = "user") -> Encoded:
    return UPSTREAM_CODECS[dialect].encode_request(asked(part, role), target_of(dialect), "seed")


@pytest.mark.parametrize("part", [DOCUMENT, STRANGE, WORDS, EMPTY, CITING, NAMED, MORE])
@pytest.mark.parametrize("role", ["user", "system", "assistant"])
def test_chat_vendors_have_them_as_they_came(part: Any, role: str) -> None:
    encoded = sent(part, "openai.chat", role)
    assert msgspec.json.decode(encoded.body)["messages"][0]["content"][1] == part
    assert encoded.losses == ()


@pytest.mark.parametrize("dialect", OTHERS)
@pytest.mark.parametrize("part", [DOCUMENT, STRANGE, MORE])
def test_others_are_told_a_loss_of_content(part: Any, dialect: Dialect) -> None:
    lost = [(loss.code, loss.path, loss.content) for loss in sent(part, dialect).losses]
    assert lost == [("opaque", "messages[0].content[1]", True)]


@pytest.mark.parametrize("dialect", OTHERS)
@pytest.mark.parametrize("part", [WORDS, EMPTY, NAMED])
def test_what_is_only_words_is_told_in_words(part: Any, dialect: Dialect) -> None:
    encoded = sent(part, dialect)
    assert b'"said"' in encoded.body
    assert encoded.losses == ()


@pytest.mark.parametrize("dialect", OTHERS)
@pytest.mark.parametrize("kind", ["input_text", "output_text"])
def test_what_stands_beside_words_is_told_by_its_name(kind: str, dialect: Dialect) -> None:
    encoded = sent({**CITING, "type": kind}, dialect, "assistant")
    assert b'said"' in encoded.body
    lost = [(loss.code, loss.path, loss.content) for loss in encoded.losses]
    assert lost == [("other:annotations", "messages[0].content[1].annotations", False)]
