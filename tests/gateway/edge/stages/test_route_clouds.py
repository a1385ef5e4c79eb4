"""Which of its dialects a model on Bedrock is asked in."""

import pytest

from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import CHAT, CONVERSE, MESSAGES
from gateway.edge.stages.route import candidate_of
from providers.adapters.registry import ADAPTERS
from providers.specs import ProviderSpec
from routing.names import Names

TENANT = "018f0000-0000-7000-8000-000000000001"
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-pro-v1:0"
URL = "https://bedrock-runtime.us-east-1.amazonaws.com"
AWS = ProviderSpec(
    id="aws",
    slug="aws",
    name="aws",
    kind="bedrock",
    tenant_id=TENANT,
    surfaces=ADAPTERS["bedrock"].surfaces(URL),
    allow_unlisted_models=True,
)
NAMES = Names().renewed(owners={TENANT}, providers=[AWS], aliases=(), settings={})


@pytest.mark.parametrize(
    ("name", "operation", "dialect", "lane"),
    [
        (CLAUDE, MESSAGES, "anthropic.messages", "native"),
        (CLAUDE, CONVERSE, "bedrock.converse", "native"),
        (CLAUDE, CHAT, "bedrock.converse", "translation"),
        (NOVA, MESSAGES, "bedrock.converse", "translation"),
        (NOVA, CONVERSE, "bedrock.converse", "native"),
    ],
)
def test_a_model_is_asked_in_the_client_s_dialect_where_it_speaks_it(
    name: str, operation: Operation, dialect: str, lane: str
) -> None:
    [match] = NAMES.resolve(f"aws.{name}", tenant_id=TENANT, now=0.0)
    found = candidate_of(match.provider, match.target, operation=operation)
    assert found is not None
    assert (found.surface.dialect, found.lane) == (dialect, lane)
    assert (found.surface.envelope == "bedrock") == (dialect == "anthropic.messages")
