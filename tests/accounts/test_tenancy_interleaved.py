"""Two tenants at the same time never mix."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections
from django.test import AsyncClient

from accounts.tenancy import (
    Binding,
    current_binding,
    platform_scope,
    tenant_scope,
)
from tests.accounts.api import BACKEND, Api
from tests.accounts.world import Town, make_town
from tests.factories.accounts import TeamFactory


def test_two_hundred_interleaved_async_requests_never_mix(town: Town) -> None:
    towns = (town, make_town())
    expected = {place.tenant.slug: place.team.name for place in towns}

    async def ask(client: AsyncClient, place: Town) -> tuple[str, list[str]]:
        answer: Any = await client.get(
            "/api/v1/teams", headers={"X-Switchyard-Tenant": place.tenant.slug}
        )
        return place.tenant.slug, [row["name"] for row in answer.json()["data"]]

    async def ask_all() -> list[tuple[str, list[str]]]:
        clients = []
        for place in towns:
            client = AsyncClient()
            await sync_to_async(client.force_login)(place.people["owner"], backend=BACKEND)
            clients.append((client, place))
        return list(await asyncio.gather(*(ask(*clients[n % 2]) for n in range(200))))

    answers = async_to_sync(ask_all)()

    assert len(answers) == 200
    assert [answer for answer in answers if answer[1] != [expected[answer[0]]]] == []


def test_threads_of_two_tenants_never_mix(committed_db: None) -> None:
    towns = (make_town(), make_town())
    apis = [place.api("owner") for place in towns for _ in range(4)]

    def ask(number: int) -> bool:
        api: Api = apis[number % len(apis)]
        slug = api.headers["X-Switchyard-Tenant"]
        rows = api.get("teams").json()["data"]
        place = next(place for place in towns if place.tenant.slug == slug)
        connections.close_all()
        return [row["name"] for row in rows] == [place.team.name]

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert all(pool.map(ask, range(200)))


def test_a_bound_context_does_not_reach_a_sibling_task(town: Town) -> None:
    async def bind() -> Binding:
        def within() -> Binding:
            with tenant_scope(tenant_id=town.tenant.id):
                return current_binding()

        return await sync_to_async(within)()

    async def look() -> Binding:
        await asyncio.sleep(0)
        return current_binding()

    async def both() -> tuple[Binding, Binding]:
        bound, free = await asyncio.gather(bind(), look())
        return bound, free

    bound, free = async_to_sync(both)()

    assert bound.tenant_id == town.tenant.id
    assert free == Binding()


def test_team_names_repeat_across_tenants(town: Town) -> None:
    other = make_town()
    with platform_scope("test"):
        twin = TeamFactory(tenant=other.tenant, name=town.team.name)

    assert twin.name == town.team.name
