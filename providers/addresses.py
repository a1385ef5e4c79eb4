"""Which addresses outbound calls may reach.

Rule 1: pure: names are resolved elsewhere; here what they resolved to is judged.
Rule 2: a URL is taken apart once and only in its one plain spelling; what a resolver might read
otherwise (octal, hexadecimal, short or joined numbers, other digits, escapes) is refused unread.
Rule 3: one address that does not pass refuses the name; the connection then goes to a judged one.
Rule 4: the operator's list of networks lifts every refusal of an address and of its port, but never
that of the clouds' metadata, which hands out the credentials of this machine. URLs that clients
write have a list of their own.
"""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

DEFAULT_PORTS: Final = {"https": 443, "http": 80}
URL_LETTERS: Final = re.compile(r"[!-~]+")
NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
# A last label of this form makes some resolvers read the whole name as a number.
NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
LONGEST_NAME: Final = 253
GLOBAL_V6: Final = IPv6Network("2000::/3")

# Special ranges of the IANA registries that `is_global`, by Python's version, lets through.
SPECIAL: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ip_network(network), what)
    for network, what in (
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.88.99.0/24", "6to4"),
        ("198.18.0.0/15", "for benchmarks"),
        ("::ffff:0:0/96", "an IPv4 address in IPv6"),
        ("::ffff:0:0:0/96", "an IPv4 address in IPv6"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "for documentation"),
        ("fec0::/10", "site-local"),
    )
)
METADATA: Final[frozenset[Address]] = frozenset(
    ip_address(address)
    for address in (
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16",
        "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
    )
)  # fmt: skip


class RefusedAddress(ValueError):
    """Says what is wrong with a URL or an address, in words fit for the field it stands in."""


class Place(Struct, frozen=True, kw_only=True):
    """Where a URL leads."""

    scheme: Literal["https", "http"]
    host: str  # lower case, an address without brackets
    port: int
    origin: str  # scheme, host, and the port unless it is the scheme's own
    authority: str  # what the Host header says
    target: str  # path and query, as they are sent


class AddressPolicy(Struct, frozen=True, kw_only=True):
    """What the operator allows; the defaults reach public https on port 443 alone."""

    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({443})
    http_hosts: frozenset[str] = frozenset()
    listed_in: str = "EGRESS_ALLOW_CIDRS"  # what the operator calls `allow`

    @classmethod
    def of_settings(cls, values: Mapping[str, Any]) -> "AddressPolicy":
        return cls(
            allow=tuple(values["EGRESS_ALLOW_CIDRS"]),
            deny=tuple(values["EGRESS_DENY_CIDRS"]),
            ports=frozenset(values["EGRESS_ALLOW_PORTS"]),
            http_hosts=frozenset(host.lower() for host in values["EGRESS_ALLOW_HTTP_HOSTS"]),
        )

    @classmethod
    def of_media(cls, values: Mapping[str, Any]) -> "AddressPolicy":
        """Of URLs in clients' requests: what is open to providers is not open to whoever asks."""
        name = "EGRESS_MEDIA_ALLOW_CIDRS"
        return replace(cls.of_settings(values), allow=tuple(values[name]), listed_in=name)

    def check_url(self, url: str) -> Place:
        """The parts of a URL that may be called once its addresses pass; RefusedAddress."""
        place = place_of(url)
        if place.scheme == "http" and place.host not in self.http_hosts:
            raise RefusedAddress(
                "http is not allowed: use https, or have the operator list the host"
                " in EGRESS_ALLOW_HTTP_HOSTS"
            )
        literal = _literal(place.host)
        if literal is not None:
            self.check_addresses(place, (literal,))
        elif place.port not in self.ports and not self.allow:
            raise RefusedAddress(_port_refusal(place.port))
        return place

    def check_addresses(self, place: Place, addresses: Iterable[Address]) -> tuple[Address, ...]:
        """All that the host resolved to, when every one may be connected to; RefusedAddress."""
        passed = tuple(addresses)
        if not passed:
            raise RefusedAddress(f"{place.host} has no address")
        for address in passed:
            why = self._why_not(address, port=place.port)
            if why:
                raise RefusedAddress(why)
        return passed

    def _why_not(self, address: Address, *, port: int) -> str:
        if _reaches_metadata(address):
            return "the host leads to a cloud's metadata service, which is never called"
        if any(address in network for network in self.allow):
            return ""
        if any(address in network for network in self.deny):
            return "the host leads to an address that EGRESS_DENY_CIDRS forbids"
        kind = _special(address)
        if kind:
            return (
                f"the host leads to an address that is not public ({kind}):"
                f" the operator may list its network in {self.listed_in}"
            )
        return "" if port in self.ports else _port_refusal(port)


def place_of(url: str) -> Place:
    """The parts of a URL in its one plain spelling; RefusedAddress for any other."""
    if URL_LETTERS.fullmatch(url) is None or "\\" in url:
        raise RefusedAddress("the URL holds a blank, a backslash or a letter outside ASCII")
    scheme, port, netloc = _scheme_and_port(url)
    parts = urlsplit(url)
    if "@" in netloc:
        raise RefusedAddress("the URL must not hold a user name or a password")
    if "#" in url:
        raise RefusedAddress("the URL must not hold a fragment (#)")
    host = _host(netloc)
    shown = f"[{host}]" if ":" in host else host
    authority = shown if port == DEFAULT_PORTS[scheme] else f"{shown}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return Place(
        scheme=scheme,
        host=host,
        port=port,
        origin=f"{scheme}://{authority}",
        authority=authority,
        target=(parts.path or "/") + query,
    )


def _scheme_and_port(url: str) -> tuple[Literal["https", "http"], int, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedAddress("the host and port of the URL cannot be read") from None
    if parts.scheme not in ("https", "http"):
        raise RefusedAddress("the URL must start with https://")
    if port == 0:
        raise RefusedAddress("port 0 cannot be called")
    scheme: Literal["https", "http"] = "https" if parts.scheme == "https" else "http"
    return scheme, port or DEFAULT_PORTS[scheme], parts.netloc


def _host(netloc: str) -> str:
    """An address in its canonical spelling, or a name that no resolver takes for a number."""
    if netloc.startswith("["):
        return _bracketed(netloc)
    host = netloc.partition(":")[0].lower()
    if not host:
        raise RefusedAddress("the URL names no host")
    if _literal(host) is not None:
        return host
    if len(host) > LONGEST_NAME or NAME.fullmatch(host) is None:
        raise RefusedAddress("the host of the URL is neither a name nor a plain address")
    if NUMBER.fullmatch(host.rpartition(".")[2]) is not None:
        raise RefusedAddress("an IPv4 address is written as four decimal numbers")
    return host


def _bracketed(netloc: str) -> str:
    inside, _, rest = netloc[1:].partition("]")
    try:
        address = IPv6Address(inside)
    except ValueError:
        address = None
    if address is None or address.scope_id is not None or (rest and not rest.startswith(":")):
        raise RefusedAddress("the host of the URL is neither a name nor a plain address")
    return str(address)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _special(address: Address) -> str:
    """What keeps an address from being an ordinary public one; "" when nothing does."""
    for network, what in SPECIAL:
        if address in network:
            return what
    if address.is_loopback:
        return "loopback"
    if address.is_multicast:
        return "multicast"
    if not address.is_global:
        return "private or reserved"
    if address.version == 6 and address not in GLOBAL_V6:
        return "private or reserved"
    return ""


def _reaches_metadata(address: Address) -> bool:
    if address in METADATA:
        return True
    # The last 32 bits are what an IPv4-mapped or NAT64 address reaches.
    return address.version == 6 and IPv4Address(int(address) & 0xFFFF_FFFF) in METADATA


def _port_refusal(port: int) -> str:
    return f"port {port} is not allowed: the operator may list it in EGRESS_ALLOW_PORTS"
