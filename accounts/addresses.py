"""Who is calling: the client's address behind trusted proxies.

Law: a header is believed only as far as an unbroken chain of trusted proxies vouches for it.
"""

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_address(text: str) -> Address | None:
    """Accepts `1.2.3.4:80`, `[::1]:80` and `fe80::1%eth0`; an IPv4-mapped address becomes IPv4."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_within(address: Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def client_address(*, peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The peer, or the right-most forwarded hop that is no trusted proxy when the peer is one.

    A hop that is not an address ends the walk: what stands left of it is hearsay.
    """
    here = parse_address(peer)
    if here is None:
        return peer
    if not is_within(here, trusted):
        return str(here)
    for hop in reversed(",".join(forwarded_for).split(",")):
        address = parse_address(hop)
        if address is None:
            break
        if not is_within(address, trusted):
            return str(address)
    return str(here)
