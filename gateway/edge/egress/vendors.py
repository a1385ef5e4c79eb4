"""The ways out of a worker: to vendors, with this process for the mock provider, and to media that
clients name. They share no connection: what is open to the one is not open to the other.
"""

from collections.abc import Mapping
from typing import Any

from gateway.edge.egress.aiohttp_client import AiohttpUpstream
from gateway.edge.egress.mock_transport import MockTransport
from gateway.edge.egress.upstream import Upstream
from providers.addresses import AddressPolicy
from providers.resolver import Resolver, tls_context


def open_vendors(values: Mapping[str, Any]) -> Upstream:
    """Inside the event loop it will serve."""
    resolver = Resolver(AddressPolicy.of_settings(values))
    tls = tls_context(values["EGRESS_CA_BUNDLE"])
    return MockTransport(AiohttpUpstream(resolver=resolver, tls=tls))


def open_media(values: Mapping[str, Any]) -> Upstream:
    """Inside the event loop it will serve."""
    resolver = Resolver(AddressPolicy.of_media(values))
    return AiohttpUpstream(resolver=resolver, tls=tls_context(values["EGRESS_CA_BUNDLE"]))
