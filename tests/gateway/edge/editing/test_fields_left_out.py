"""Fields that a vendor of the client's own dialect is asked without: told by the codes of
translation, counted, and refused by the keys that refuse such a loss."""

import dataclasses
from typing import Any, Final

import msgspec
import pytest
from prometheus_client import REGISTRY

from gateway.edge.editing.fidelity import CODES, loss_of
from gateway.telemetry.traffic import Traffic
from protocols.codec import Target
from tests.gateway.edge.dialects import whole
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.plane import key_spec
from tests.gateway.edge.vendors import provider, target
from tests.protocols.corpus.test_matrix import CODES as OF_TRANSLATION

ANSWER: Final = {"type": "function", "function": {"name": "look", "parameters": {}}}
FIELDS: Final[dict[str, tuple[Any, str]]] = {
    "presence_penalty": (0.5, "penalties"),
    "frequency_penalty": (0.5, "penalties"),
    "top_logprobs": (2, "logprobs"),
    "parallel_tool_calls": (False, "parallel"),
    "response_format": ({"type": "json_object"}, "output"),
    "reasoning_effort": ("low", "effort"),
    "max_completion_tokens": (9, "max_tokens"),
    "user": ("u", "metadata"),
    "prompt_cache_key": ("k", "cache_key"),
    "seed": (7, "seed"),
    "invented": (1, "other:invented"),
}
DIALECT: Final = "openai.chat"


def house_without(field: str, **key: Any) -> House:
    to = target(price_model="m", target=Target(model="m", vendor="v", refuses=frozenset({field})))
    house = House(whole("openai.chat"), providers=(provider(targets=(to,)),), key=key_spec(**key))
    house.worker = dataclasses.replace(house.worker, metrics=Traffic(max_series=500))
    return house


def body(**said: Any) -> bytes:
    return msgspec.json.encode(
        {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **said}
    )


def counted(code: str) -> float:
    labels = {"code": code.partition(":")[0], "from": DIALECT, "to": DIALECT}
    return REGISTRY.get_sample_value("switchyard_conversion_losses_total", labels) or 0.0


@pytest.mark.parametrize("field", FIELDS)
async def test_it_is_told_by_its_code_and_counted(field: str) -> None:
    value, code = FIELDS[field]
    house, before = house_without(field), counted(code)
    client = await house.ask(body(**{field: value}))

    assert client.status == 200, client.body
    _, final = told_by(house)
    assert (final.errand.lane, final.errand.degraded) == ("native", (code,))
    assert client.headers[b"x-switchyard-degraded"] == code.encode()
    assert counted(code) == before + 1
    assert field not in msgspec.json.decode(house.vendors.calls[0].body)


@pytest.mark.parametrize(("fidelity", "status"), [("warn", 400), ("best-effort", 200)])
async def test_what_the_answer_is_about_is_content(fidelity: str, status: int) -> None:
    house = house_without("tools", fidelity=fidelity)
    client = await house.ask(body(tools=[ANSWER]))

    assert client.status == status, client.body
    assert client.headers[b"x-switchyard-degraded"] == b"other:tools"
    assert len(house.vendors.calls) == (status == 200)


def test_every_code_is_one_of_translation() -> None:
    assert set(CODES.values()) <= OF_TRANSLATION
    assert loss_of("invented", why="no").content is False
