"""What can be asked of an answer that its vendor keeps (protocols.md PR-31)."""

from typing import Final

import msgspec
import pytest

from tests.gateway.edge.keeping import ID, about, answer, ask, error_of, house, said
from tests.gateway.edge.plane import key_spec
from tests.gateway.edge.shelf import Shelf
from tests.gateway.edge.vendors import Said

ABOUT: Final = [
    ("GET", "", "", "retrieve_response"),
    ("GET", "/input_items", "/input_items", "list_input_items"),
    ("POST", "/cancel", "/cancel", "cancel_response"),
    ("DELETE", "", "", "delete_response"),
]


@pytest.mark.parametrize(("method", "tail", "theirs", "name"), ABOUT)
@pytest.mark.parametrize("prefix", ["/v1", "/openai", "/openai/v1"])
async def test_what_is_kept_can_be_asked_for(
    method: str, tail: str, theirs: str, name: str, prefix: str
) -> None:
    shelf = Shelf()
    told = answer(status="failed", error={"code": "server_error", "message": "it failed"})
    gateway = house(said(), Said(msgspec.json.encode(told)), shelf=shelf)
    await ask(gateway)
    gateway.notebook.writes.clear()
    client = await about(gateway, f"{prefix}/responses/{ID}{tail}", method=method)
    assert (client.status, msgspec.json.decode(client.body)) == (200, told)
    call = gateway.vendors.calls[1]
    assert (call.method, call.url) == (
        method,
        f"https://api.example.com/v1/responses/{ID}{theirs}",
    )
    assert gateway.vendors.keys[0] == gateway.vendors.keys[1]
    final = gateway.notebook.final
    assert final.errand.requested_model == "m"
    assert (final.money.cost_nano, final.money.charge_nano) == (0, 0)
    assert (final.tokens.in_fresh, final.tokens.out_text) == (0, 0)
    assert final.outcome.status == "ok"
    assert final.errand.operation == name


async def test_what_was_deleted_is_gone_once_its_vendor_says_so() -> None:
    shelf = Shelf()
    failed = Said(b'{"error":{"message":"busy"}}', status=500)
    gateway = house(said(), failed, failed, failed, Said(b'{"deleted":true}'), shelf=shelf)
    await ask(gateway)
    path = f"/v1/responses/{ID}"
    assert (await about(gateway, path, method="DELETE")).status >= 500
    assert len(shelf.rows) == 2
    assert (await about(gateway, path, method="DELETE")).status == 200
    assert (await about(gateway, path, method="DELETE")).status == 404
    assert (await about(gateway, path)).status == 404


async def test_an_answer_that_its_vendor_lost_takes_no_credential_out() -> None:
    gone = b'{"error":{"message":"Response with id \'resp_theirs\' not found.","code":"not_found"}}'
    answers = [Said(gone, status=404) for _ in range(4)]
    gateway = house(said(), *answers, shelf=Shelf())
    await ask(gateway)
    for _ in range(4):
        client = await about(gateway, f"/v1/responses/{ID}")
        assert (client.status, client.body) == (404, gone)
    assert len(gateway.vendors.calls) == 5
    gateway.vendors.answers.append(said())
    assert (await ask(gateway, previous_response_id=ID)).status == 200


async def test_of_a_query_only_what_is_documented_goes_along() -> None:
    gateway = house(said(), said(), Said(b'{"object":"list"}'), shelf=Shelf())
    await ask(gateway)
    query = b"include[]=a%26b&key=sk-secret&stream=false&api-version=1&after=x"
    await about(gateway, f"/v1/responses/{ID}", query=query)
    assert gateway.vendors.calls[1].url.endswith(f"/{ID}?include%5B%5D=a%26b")
    await about(gateway, f"/v1/responses/{ID}/input_items", query=b"limit=2&order=asc&x=1")
    assert gateway.vendors.calls[2].url.endswith("/input_items?limit=2&order=asc")


async def test_an_answer_that_is_kept_comes_whole() -> None:
    gateway = house(said(), shelf=Shelf())
    await ask(gateway)
    error = error_of(await about(gateway, f"/v1/responses/{ID}", query=b"stream=true"))
    assert (error["code"], error["param"]) == ("unsupported_parameter", "stream")


@pytest.mark.parametrize(
    ("method", "tail", "allow"),
    [("POST", "", b"DELETE, GET"), ("HEAD", "", b"DELETE, GET"), ("GET", "/cancel", b"POST")],
)
async def test_another_method_is_told_the_right_ones(method: str, tail: str, allow: bytes) -> None:
    client = await about(house(), f"/v1/responses/{ID}{tail}", method=method)
    assert (client.status, client.headers[b"allow"]) == (405, allow)


@pytest.mark.parametrize("tail", ["/other", "/input_items/x", "//cancel"])
async def test_what_is_below_no_answer_is_not_there(tail: str) -> None:
    client = await about(house(), f"/v1/responses/{ID}{tail}")
    assert client.status == 404
    assert "does not exist" in error_of(client)["message"]


async def test_a_key_asks_for_what_it_may_use() -> None:
    shelf = Shelf()
    await ask(house(said(), shelf=shelf))
    kept = house(said(), shelf=shelf, key=key_spec(allowed_models=("other",)))
    assert (await about(kept, f"/v1/responses/{ID}")).status == 404
    assert kept.vendors.calls == []
    confined = house(said(), shelf=shelf, key=key_spec(allowed_paths=("/v1/responses",)))
    assert (await about(confined, f"/v1/responses/{ID}")).status == 403
    scopeless = house(said(), shelf=shelf, key=key_spec(scopes=frozenset({"models.read"})))
    assert (await about(scopeless, f"/v1/responses/{ID}")).status == 403
