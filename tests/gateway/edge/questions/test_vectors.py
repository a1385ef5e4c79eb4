"""Vectors of vendors that speak another dialect than the client."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from gateway.edge.exchange import Candidate
from gateway.edge.operations.surfaces import EMBED_CONTENTS
from gateway.edge.questions.asking import ask
from protocols import ir, registry
from protocols.codec import Encoded, Loss, Target
from protocols.errors import DecodeError, Unsupported
from providers.specs import Params, ProviderSpec, Quirks, Surface
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.plane import exchange as arrived
from tests.gateway.edge.vendors import Said, provider, target

BODY = b'{"model":"m","input":["a","b"],"user":"u"}'
PATH = b"/v1/embeddings"
VECTORS = b'{"vectors":[[0.10],[2]],"tokens":4,"usageMetadata":{"promptTokenCount":4}}'


class Fake:
    """Asks in a dialect of its own, of which the vendor's name for it stands."""

    dialect: ir.Dialect = "gemini.generate"

    def encode_request(self, request: ir.EmbeddingRequest, target: Target) -> Encoded:
        if request.dimensions is not None:
            raise Unsupported("dimensions", f"cannot be chosen for {target.model}")
        said = {"model": target.model, "texts": request.inputs, "who": request.end_user}
        lost = (Loss(code="store", path="store", why="no"),) if request.extra else ()
        return Encoded(body=msgspec.json.encode(said), losses=lost)

    def decode_response(self, body: bytes) -> ir.EmbeddingResponse:
        said = msgspec.json.decode(body, type=dict[str, Raw])
        if "vectors" not in said:
            raise DecodeError("vectors", "is missing")
        vectors = msgspec.json.decode(said["vectors"], type=tuple[Raw, ...])
        usage = ir.Usage(input_tokens=msgspec.json.decode(said["tokens"]))
        extra = {name: said[name] for name in said.keys() & {"invented", "createTime"}}
        return ir.EmbeddingResponse(
            model="theirs", vectors=vectors, usage=usage, extra=extra or None
        )


@pytest.fixture(autouse=True)
def _spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    table: Any = registry.EMBEDDINGS_UPSTREAM
    monkeypatch.setitem(table, "gemini.generate", Fake())


def vendor() -> ProviderSpec:
    embeds = target(price_model="m", upstream="em-1", operations=frozenset({"embeddings"}))
    surface = Surface(
        dialect="gemini.generate", base_url="https://g.example/v1", paths={"embeddings": "/embed"}
    )
    return msgspec.structs.replace(provider(targets=(embeds,)), surfaces=(surface,))


async def test_vectors_go_through_as_they_are() -> None:
    house = House(Said(VECTORS), providers=(vendor(),))
    client = await house.ask(BODY, path=PATH)

    assert (client.status, b'"embedding":[0.10]' in client.body) == (200, True), client.body
    said = msgspec.json.decode(client.body)
    assert (said["model"], said["usage"]["prompt_tokens"]) == ("m", 4)
    asked = msgspec.json.decode(house.vendors.calls[0].body)
    assert (asked["model"], asked["texts"]) == ("em-1", ["a", "b"])
    assert asked["who"] not in {"u", None}, "tenants share the credential"
    _, final = told_by(house)
    assert (final.errand.lane, final.tokens.in_fresh) == ("translation", 4)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"model":"m","input":"a","dimensions":3}', "dimensions"),
        (b'{"model":"m","input":[{}]}', "input[0]"),
    ],
)
async def test_what_cannot_be_asked_is_refused(body: bytes, param: str) -> None:
    house = House(providers=(vendor(),))
    client = await house.ask(body, path=PATH)

    error = msgspec.json.decode(client.body)["error"]
    assert (client.status, error["param"]) == (400, param)
    assert house.vendors.calls == []


async def test_a_loss_is_told() -> None:
    house = House(Said(VECTORS), providers=(vendor(),))
    client = await house.ask(b'{"model":"m","input":"a","store":true}', path=PATH)

    assert client.headers[b"x-switchyard-degraded"] == b"store"


async def test_what_only_the_vendor_s_dialect_says_is_not_told_and_is_a_loss() -> None:
    said = {**msgspec.json.decode(VECTORS), "invented": 1, "createTime": "now"}
    house = House(Said(msgspec.json.encode(said)), providers=(vendor(),))
    client = await house.ask(BODY, path=PATH)

    assert client.headers[b"x-switchyard-degraded"] == b"other:invented"
    assert told_by(house)[1].errand.degraded == ("other:invented",)
    assert not client.body.count(b"invented") + client.body.count(b"createTime")


async def test_what_is_no_answer_is_not_translated() -> None:
    house = House(*(Said(b"{}") for _ in range(3)), providers=(vendor(),))
    client = await house.ask(BODY, path=PATH)

    assert client.status == 502


async def test_what_names_the_model_within_is_read_even_in_its_own_dialect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table: Any = registry.EMBEDDINGS_CODECS
    monkeypatch.setitem(table, "gemini.generate", registry.EMBEDDINGS_CODECS["openai.embeddings"])
    house = House(Said(VECTORS), providers=(vendor(),))
    runtime = house.worker
    made = arrived(runtime, operation=EMBED_CONTENTS)
    made.model, made.body = "m", BODY
    chosen = Candidate(provider=vendor(), target=vendor().targets[0], surface=vendor().surfaces[0])

    assert ask(made, chosen, runtime).lane == "translation"


def embedder(kind: str = "openai", **can: Any) -> ProviderSpec:
    """That speaks the client's dialect."""
    row = target(
        price_model="m",
        operations=frozenset({"embeddings"}),
        target=Target(model="m", vendor="v", **can),
    )
    return provider(kind=kind, targets=(row,))


ANSWER = b'{"data":[{"index":0,"embedding":[0.1]}],"usage":{"prompt_tokens":4,"total_tokens":4}}'


@pytest.mark.parametrize("tokens", [b"[1,2]", b"[[1,2],[3]]", b'["a",[1]]'])
async def test_tokens_are_of_openais_models_alone(tokens: bytes) -> None:
    body = b'{"model":"m","input":' + tokens + b"}"
    theirs = House(providers=(embedder("openai_compatible"),))
    client = await theirs.ask(body, path=PATH)
    error = msgspec.json.decode(client.body)["error"]
    assert (client.status, error["code"], error["param"]) == (400, "unsupported_parameter", "input")
    assert theirs.vendors.calls == []

    house = House(Said(ANSWER), providers=(embedder(),))
    assert (await house.ask(body, path=PATH)).body == ANSWER


@pytest.mark.parametrize("texts", [b'"in 1 word"', b'["1","2"]', b'"a"', b'["a","b"]'])
async def test_texts_are_for_everybody(texts: bytes) -> None:
    house = House(Said(ANSWER), providers=(embedder("openai_compatible"),))
    client = await house.ask(b'{"model":"m","input":' + texts + b"}", path=PATH)
    assert client.body == ANSWER


@pytest.mark.parametrize(("said", "status"), [(b"3", 400), (b"null", 200)])
async def test_who_lets_no_size_be_chosen_is_not_asked_for_one(said: bytes, status: int) -> None:
    refusing = embedder(refuses=frozenset({"dimensions"}))
    house = House(Said(ANSWER), providers=(refusing,))
    client = await house.ask(b'{"model":"m","input":"a","dimensions":%s}' % said, path=PATH)
    assert client.status == status
    assert len(house.vendors.calls) == (status == 200)


FLOATS = (
    b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5, 2]}],'
    b'"model":"theirs","usage":{"prompt_tokens":4,"total_tokens":4}}'
)
REFUSING: dict[str, dict[str, Any]] = {
    "the model": {"target": Target(model="m", vendor="v", refuses=frozenset({"encoding_format"}))},
    "its row": {"params": Params(drop=frozenset({"encoding_format"}))},
    "the provider": {},
}


@pytest.mark.parametrize("refuses", REFUSING)
@pytest.mark.parametrize(("asked", "told"), [("base64", "AAAAPwAAAEA="), ("float", [0.5, 2])])
async def test_vectors_have_the_encoding_that_was_asked_for_though_it_is_refused(
    refuses: str, asked: str, told: object
) -> None:
    """OpenAI's SDK asks for base64 unless it is told otherwise."""
    embeds = target(price_model="m", operations=frozenset({"embeddings"}), **REFUSING[refuses])
    dropped = frozenset({"encoding_format"} if refuses == "the provider" else ())
    spec = provider(targets=(embeds,), quirks=Quirks(drop_params=dropped))
    house = House(Said(FLOATS), providers=(spec,))
    body = {"model": "m", "input": ["a"], "encoding_format": asked}
    client = await house.ask(msgspec.json.encode(body), path=PATH)

    assert client.status == 200, client.body
    assert "encoding_format" not in msgspec.json.decode(house.vendors.calls[0].body)
    assert msgspec.json.decode(client.body)["data"][0]["embedding"] == told
    assert b"x-switchyard-degraded" not in client.headers


async def test_vectors_of_who_takes_any_encoding_are_not_read() -> None:
    embeds = target(price_model="m", operations=frozenset({"embeddings"}))
    house = House(Said(FLOATS), providers=(provider(targets=(embeds,)),))
    body = b'{"model":"m","input":["a"],"encoding_format":"base64"}'
    client = await house.ask(body, path=PATH)

    assert (house.vendors.calls[0].body, client.body) == (body, FLOATS)
