"""How an operator writes a proxy. Pure."""

import base64
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from providers.addresses import Place, RefusedAddress, place_of


class Proxy(Struct, frozen=True, kw_only=True):
    place: Place
    authorization: str = ""


def proxy_of(url: str) -> Proxy:
    """`http://user:password@host:port`; RefusedAddress for anything else."""
    try:
        parts = urlsplit(url)
        user, password = parts.username, parts.password
    except ValueError:
        raise RefusedAddress("the proxy's URL cannot be read") from None
    if parts.scheme != "http" or parts.path not in ("", "/"):
        raise RefusedAddress("a proxy is written as http://host:port")
    place = place_of(f"http://{parts.netloc.rpartition('@')[2]}")
    if user is None:
        return Proxy(place=place)
    said = f"{unquote(user)}:{unquote(password or '')}".encode()
    return Proxy(place=place, authorization=f"Basic {base64.b64encode(said).decode()}")
