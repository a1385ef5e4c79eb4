"""A model reference to its targets: short, qualified, alias, default. Pure.

Law: first hit wins, in the order of routing.md RT-1; a tenant sees its own providers before the
platform's, and never another tenant's.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from providers.specs import ProviderSpec, TargetSpec
from routing.specs import AliasSpec, RoutingSpec


class Match(Struct, frozen=True, kw_only=True):
    provider: ProviderSpec
    target: TargetSpec


class Names(Struct, frozen=True, kw_only=True):
    """Built when configuration changes, asked for every request."""

    @classmethod
    def build(
        cls,
        *,
        providers: Sequence[ProviderSpec],
        aliases: Sequence[AliasSpec],
        settings: Mapping[str | None, RoutingSpec],
    ) -> "Names":
        raise NotImplementedError
