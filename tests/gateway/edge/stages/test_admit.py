import pytest

from gateway.edge.errors import GatewayError
from gateway.edge.operations.surfaces import EMBEDDINGS
from gateway.edge.stages.admit import admit
from gateway.edge.stages.record import record
from gateway.edge.worker.slots import Slots
from tests.gateway.edge.plane import exchange, key_spec, plane
from tests.routing.world import ACME


def test_a_slot_is_taken_and_given_back_once() -> None:
    runtime = plane()
    made = exchange(runtime)
    made.key, made.tenant = key_spec(), runtime.snapshots.current.tenants[ACME]

    admit(made, runtime)
    assert runtime.slots.taken == 1
    record(made, runtime)
    record(made, runtime)

    assert runtime.slots.taken == 0


def test_a_key_needs_the_scope_of_what_it_asks() -> None:
    runtime = plane()
    made = exchange(runtime, operation=EMBEDDINGS)
    made.key = key_spec(scopes=frozenset({"inference"}))

    with pytest.raises(GatewayError) as refused:
        admit(made, runtime)

    assert refused.value.problem.code == "scope_missing"
    assert runtime.slots.taken == 0


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ({"most": 1, "most_per_key": 9, "most_per_address": 0}, 503),
        ({"most": 9, "most_per_key": 1, "most_per_address": 0}, 429),
        ({"most": 9, "most_per_key": 9, "most_per_address": 1}, 429),
    ],
)
def test_each_limit_of_open_requests_refuses_the_next_one(
    limits: dict[str, int], status: int
) -> None:
    slots = Slots(**limits)
    slots.take(key_id="key_a", address="192.0.2.1")

    with pytest.raises(GatewayError) as refused:
        slots.take(key_id="key_a", address="192.0.2.1")

    assert refused.value.problem.http_status == status
    assert slots.taken == 1
    slots.give_back(key_id="key_a", address="192.0.2.1")
    slots.take(key_id="key_a", address="192.0.2.1")


def test_others_are_not_held_back_by_one_key_or_address() -> None:
    slots = Slots(most=9, most_per_key=2, most_per_address=2)
    for _ in range(2):
        slots.take(key_id="key_a", address="192.0.2.1")

    slots.take(key_id="key_b", address="192.0.2.2")
    slots.give_back(key_id="key_a", address="192.0.2.1")
    slots.take(key_id="key_a", address="192.0.2.1")

    assert slots.taken == 3
