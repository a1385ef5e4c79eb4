"""A town, and a moment for what is asked of its usage."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.accounts.world import Town, make_town
from tests.billing.usage import NOW


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def half_past_three() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield
