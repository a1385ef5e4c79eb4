from providers.models.credentials import Credential
from providers.models.data_keys import DataKey
from providers.models.health import HealthCheck
from providers.models.prices import Price, PricePage
from providers.models.providers import Provider
from providers.models.upstream_models import UpstreamModel

__all__ = [
    "Credential",
    "DataKey",
    "HealthCheck",
    "Price",
    "PricePage",
    "Provider",
    "UpstreamModel",
]
