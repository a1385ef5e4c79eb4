"""The one Upstream of a worker: the network for vendors, this process for the mock provider."""

from collections.abc import Mapping
from typing import Any

from gateway.edge.aiohttp_client import AiohttpUpstream
from gateway.edge.mock_transport import MockTransport
from gateway.edge.upstream import Upstream
from providers.addresses import AddressPolicy
from providers.resolver import Resolver, tls_context


def open_vendors(values: Mapping[str, Any]) -> Upstream:
    """Inside the event loop it will serve."""
    policy = AddressPolicy(
        allow=values["EGRESS_ALLOW_CIDRS"],
        deny=values["EGRESS_DENY_CIDRS"],
        ports=frozenset(values["EGRESS_ALLOW_PORTS"]),
        http_hosts=frozenset(host.lower() for host in values["EGRESS_ALLOW_HTTP_HOSTS"]),
    )
    tls = tls_context(values["EGRESS_CA_BUNDLE"])
    return MockTransport(AiohttpUpstream(resolver=Resolver(policy), tls=tls))
