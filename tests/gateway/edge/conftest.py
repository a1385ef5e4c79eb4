"""What holds for every test of the edge."""

from collections.abc import AsyncIterator, Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from gateway.edge.memory.vault import Vault
from tests.gateway.edge.vaults import vault
from tests.gateway.steps import watched_steps


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[BlockBuster]:
    """A blocking call on the event loop fails the test that made it."""
    with blockbuster_ctx("gateway.edge") as blocking:
        # The spool's append is the one write that must be done before anything else happens.
        blocking.functions["os.write"].can_block_in("gateway/spool/writer.py", {"_append"})
        yield blocking


@pytest.fixture(autouse=True)
def _no_long_steps() -> Iterator[None]:
    """A step of the event loop that computes for too long fails the test that made it."""
    with watched_steps() as steps:
        yield
    assert not steps.too_long


@pytest.fixture
async def kept() -> AsyncIterator[Vault]:
    made = vault()
    yield made
    for name in await made._redis.keys("{ten_acme}*"):  # noqa: SLF001 - what other tests left
        await made._redis.delete(name)  # noqa: SLF001
    await made.close()
