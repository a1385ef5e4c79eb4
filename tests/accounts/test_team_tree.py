"""The tree of teams stays a tree, whoever moves its parts at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import connections

from accounts.models import Team
from accounts.services import teams
from accounts.tenancy import platform_scope
from tests.accounts.world import make_town
from tests.factories.accounts import TeamFactory


def test_two_teams_put_below_each_other_at_once_make_no_circle(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = make_town()
    with platform_scope("test"):
        other = TeamFactory(tenant=town.tenant)
    both_checked = Barrier(2)
    check = teams._parent  # noqa: SLF001 - the moment between check and save

    def slow_check(*args: Any, **kwargs: Any) -> Team | None:
        parent = check(*args, **kwargs)
        # Alone here, as it should be, nobody comes to meet it.
        with suppress(BrokenBarrierError):
            both_checked.wait(timeout=1)
        return parent

    monkeypatch.setattr(teams, "_parent", slow_check)

    def put(team: Team, below: Team) -> int:
        try:
            answer = town.api("owner").patch(f"teams/{team.id}", {"parent": str(below.id)})
            return int(answer.status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(put, (town.team, other), (other, town.team)))

    assert sorted(codes) == [200, 400]
