"""Stage for keys that are confined to addresses, paths or dialects; absent for all others."""

import ipaddress
from functools import lru_cache
from typing import Final

from accounts.addresses import Network, is_within, parse_address
from accounts.specs import KeySpec
from gateway.edge.errors import refusal
from gateway.edge.exchange import Exchange
from gateway.edge.runtime import Runtime
from gateway.edge.stages.route import fits_any

REMEMBERED_LISTS: Final = 4_096


def is_confined(key: KeySpec) -> bool:
    return bool(key.allowed_ips or key.denied_ips or key.allowed_paths or key.allowed_dialects)


def confine(exchange: Exchange, runtime: Runtime) -> None:
    del runtime
    key, arrival = exchange.key, exchange.arrival
    assert key is not None  # noqa: S101 - authenticate has run
    check_address(key, arrival.address)
    operation = arrival.operation
    check_path(key, operation.path)
    if key.allowed_dialects and operation.dialect not in key.allowed_dialects:
        raise refusal(
            "permission",
            f"This API key may not speak {operation.dialect}.",
            code="path_not_allowed",
        )


def check_path(key: KeySpec, path: str) -> None:
    if key.allowed_paths and not fits_any(path, key.allowed_paths):
        raise refusal("permission", f"This API key may not use {path}.", code="path_not_allowed")


def check_address(key: KeySpec, address: str) -> None:
    if (key.allowed_ips or key.denied_ips) and not may_come_from(key, address):
        raise refusal(
            "permission",
            f"This API key may not be used from the address {address}.",
            code="ip_not_allowed",
        )


def may_come_from(key: KeySpec, address: str) -> bool:
    """Denied wins; an address that cannot be read is in no list."""
    here = parse_address(address)
    if key.denied_ips and (here is None or is_within(here, _networks(key.denied_ips))):
        return False
    return not key.allowed_ips or is_within(here, _networks(key.allowed_ips))


@lru_cache(maxsize=REMEMBERED_LISTS)
def _networks(cidrs: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(cidr, strict=False) for cidr in cidrs)
