"""Fields nobody has invented yet, in the native lane: they arrive as they were sent."""

import msgspec
import pytest

from protocols.ir import Dialect
from tests.gateway.edge.dialects import DIALECTS, PATHS, vendor, whole
from tests.gateway.edge.house import House, told_by
from tests.protocols.test_canaries import NAMES, places, with_canaries


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_unknown_fields_go_on_unchanged(dialect: Dialect) -> None:
    house = House(whole(dialect), providers=(vendor(dialect),))
    body = with_canaries(dialect)
    client = await house.ask(body, path=PATHS[dialect][False])

    assert client.status == 200, client.body
    assert told_by(house)[1].errand.lane == "native"
    [call] = house.vendors.calls
    before, after = msgspec.json.decode(body), msgspec.json.decode(call.body)
    assert sum(name in place for place in places(after) for name in NAMES) == len(NAMES)
    assert {key: before[key] for key in before if key != "model"} == {
        key: after[key] for key in after if key != "model"
    }
