"""Stage 4: the key's scope, what its tenant may be billed for, and a slot among open exchanges.

Nothing expensive happens before it. The slot is given back by `record`, whatever comes between.
"""

from gateway.edge.accounting.rating import check_prices
from gateway.edge.errors import refusal
from gateway.edge.exchange import Exchange
from gateway.edge.runtime import Runtime


def admit(exchange: Exchange, runtime: Runtime) -> None:
    key, operation = exchange.key, exchange.arrival.operation
    assert key is not None  # noqa: S101 - authenticate has run
    if operation.scope not in key.scopes:
        raise refusal(
            "permission",
            f"This API key lacks the scope {operation.scope!r} that {operation.path} needs.",
            code="scope_missing",
        )
    exchange.started_at = runtime.wall()
    runtime.books.admit()
    check_prices(exchange)
    runtime.slots.take(key_id=key.id, address=exchange.arrival.address)
    exchange.holds_slot = True
    exchange.admitted_at = runtime.clock()
