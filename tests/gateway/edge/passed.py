"""Questions and answers of operations that are passed on."""

from typing import Any, Final

import msgspec

from providers.specs import PriceSpec
from tests.gateway.edge.house import House, priced
from tests.gateway.edge.plane import bearer
from tests.gateway.edge.vendors import Client, provider, target

OPERATIONS: Final = frozenset(
    {
        "completions", "moderations", "rerank", "images", "image_edits", "speech",
        "transcriptions", "translations",
    }
)  # fmt: skip
TYPE: Final = b"multipart/form-data; boundary=xyz"
FILE: Final = b"\x00\xffID3 sound \r\n of a file" * 1_600  # two seconds and a bit
AUDIO: Final = {"content-type": "audio/mpeg"}


def price(**fields: Any) -> PriceSpec:
    return PriceSpec(
        id="0192b3c4-0000-7000-8000-0000000000aa",
        version="1",
        scope="operator",
        model="up",
        **fields,
    )


TOKENS: Final = price(rates={"in_fresh": "1", "out_text": "4"})


def passing(*answers: Any, at: PriceSpec | None = TOKENS, **fields: Any) -> House:
    does = fields.pop("operations", OPERATIONS)
    spec = provider(targets=(target(upstream="up", operations=does),), **fields.pop("vendor", {}))
    prices = priced(*(() if at is None else (at,)))
    return House(*answers, providers=(spec,), prices=prices, **fields)


async def ask(house: House, path: str, **said: Any) -> Client:
    return await house.ask(msgspec.json.encode({"model": "m", **said}), path=path.encode())


def form(**fields: str | bytes) -> bytes:
    parts = []
    for name, value in fields.items():
        more = '; filename="a.mp3"\r\nContent-Type: audio/mpeg' if isinstance(value, bytes) else ""
        head = f'--xyz\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
        parts.append(head.encode() + (value if isinstance(value, bytes) else value.encode()))
    return b"\r\n".join((*parts, b"--xyz--\r\n"))


async def send(house: House, path: str, body: bytes, content_type: bytes = TYPE) -> Client:
    headers = {**bearer(), b"content-type": content_type}
    return await house.ask(body, path=path.encode(), headers=headers)


def error(client: Client) -> Any:
    return msgspec.json.decode(client.body)["error"]
