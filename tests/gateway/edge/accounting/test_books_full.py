"""What happens where nothing can be recorded."""

from typing import Any

import pytest

from gateway.spool.frames import End
from tests.gateway.edge.house import BODIES, PLAIN, STREAMED, House, answer, told_by
from tests.gateway.edge.notebook import Notebook
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    DONE,
    FINISH,
    ROLE,
    SSE,
    USAGE,
    Client,
    Said,
    chunk,
)


async def test_nothing_new_begins_while_nothing_can_be_recorded() -> None:
    house = House(Said(CHAT_ANSWER))
    house.notebook.short = "7 bytes are free for records"

    client = await house.ask(PLAIN)

    assert client.status == 503
    assert b"usage_unavailable" in client.body
    assert client.headers[b"retry-after"] == b"5"
    assert client.headers[b"x-should-retry"] == b"true"
    assert house.vendors.calls == []
    assert house.notebook.frames == []
    assert house.counts.refusals == 1


async def test_a_start_that_cannot_be_written_is_no_call() -> None:
    house = House(Said(CHAT_ANSWER))
    house.notebook.full = True

    client = await house.ask(PLAIN)

    assert client.status == 503
    assert b"usage_unavailable" in client.body
    assert house.vendors.calls == []


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_an_end_that_cannot_be_written_is_no_end(body: bytes) -> None:
    """F-07: running exchanges whose reserve is used up too."""
    house = House(answer(body))
    client = Client()
    vendors_send = house.vendors.send

    async def send(*call: Any, **more: Any) -> Said:
        house.notebook.full = True
        return await vendors_send(*call, **more)

    house.vendors.send = send  # type: ignore[method-assign]
    await house.ask(body, client=client)

    [kept] = house.notebook.kept
    assert isinstance(kept, End)
    assert kept.outcome.final
    assert kept.outcome.error_code == "usage_unavailable"
    assert kept.money.charge_nano == 0
    assert kept.money.cost_nano == 13_000
    assert kept.outcome.http_status == client.status == (200 if body is STREAMED else 503)
    assert client.is_complete
    assert b"usage_unavailable" in client.body
    assert b"[DONE]" not in client.body
    assert b'"Hello"' not in client.body
    assert house.notebook.ends == []


async def test_the_next_attempt_is_not_made_where_it_cannot_be_recorded() -> None:
    house = House()

    async def send(*_call: Any, **_more: Any) -> Said:
        house.notebook.full = True
        return Said(b"down", status=500)

    house.vendors.send = send  # type: ignore[method-assign]
    client = await house.ask(PLAIN)

    assert client.status == 503
    assert len(house.notebook.starts) == 1
    [kept] = house.notebook.kept
    assert isinstance(kept, End)
    assert kept.outcome.final


async def test_a_stream_that_waits_ends_where_the_next_attempt_cannot_be_recorded() -> None:
    house = House(stream_keepalive_s=0.01)
    calls = 0

    async def send(*_call: Any, **_more: Any) -> Said:
        nonlocal calls
        calls += 1
        house.notebook.full = True
        return Said(0.05, b"down", status=500)

    house.vendors.send = send  # type: ignore[method-assign]
    client = await house.ask(STREAMED)

    assert (calls, client.status) == (1, 200)
    assert client.is_complete
    assert b"usage_unavailable" in client.body


async def test_best_effort_serves_and_keeps_what_has_ended() -> None:
    """A START without an END would stay open as long as the worker lives."""
    notebook = Notebook(lenient=True)
    house = House(Said(b"down", status=500), Said(CHAT_ANSWER), notebook=notebook)
    notebook.full, notebook.short = True, "nothing is free"

    client = await house.ask(PLAIN)

    assert client.status == 200
    assert notebook.frames == []
    kept = [end for end in notebook.kept if isinstance(end, End)]
    assert [(end.attempt, end.outcome.final) for end in kept] == [(0, False), (1, True)]
    assert len(notebook.kept) == 2
    assert kept[1].money.charge_nano == 13_000
    assert (house.counts.lost, house.counts.statuses) == (0, {"upstream_error": 1, "ok": 1})


async def test_best_effort_counts_what_it_has_no_memory_for() -> None:
    notebook = Notebook(lenient=True)
    house = House(Said(b"down", status=500), Said(CHAT_ANSWER), notebook=notebook)
    notebook.full, notebook.most_kept = True, 1

    client = await house.ask(PLAIN)

    assert client.status == 200
    assert len(notebook.kept) == 1
    assert house.counts.lost == 1


async def test_refusals_that_cannot_be_written_are_counted() -> None:
    house = House()
    house.notebook.full = True

    await house.ask(b"{")

    assert house.counts.refusals == 1


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_the_end_waits_for_the_disk_where_it_is_wanted(body: bytes) -> None:
    notebook = Notebook(waits=True)
    house = House(answer(body), notebook=notebook)

    client = await house.ask(body)

    assert notebook.settlings == 1
    assert client.is_complete

    notebook.lasting = False
    house.vendors.answers.append(answer(body))
    client = await house.ask(body)
    assert b"usage_unavailable" in client.body
    assert b"[DONE]" not in client.body


async def test_a_disk_that_is_not_to_be_waited_for_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(Said(CHAT_ANSWER))

    await house.ask(PLAIN)

    assert house.notebook.settlings == 0


async def test_a_stream_leaves_marks_while_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.edge.answering.streaming.CHECKPOINT_EACH_S", 0.0)
    house = House(
        Said(ROLE, chunk("four"), chunk("four"), chunk("four"), FINISH, USAGE, DONE, headers=SSE)
    )

    await house.ask(STREAMED)

    marks = house.notebook.checkpoints
    assert len(marks) >= 2
    assert [mark.tokens.out_text for mark in marks] == sorted(m.tokens.out_text for m in marks)
    assert all(mark.bytes_out > 0 and mark.attempt == 0 for mark in marks)
    told_by(house)


async def test_a_mark_that_cannot_be_written_disturbs_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.edge.answering.streaming.CHECKPOINT_EACH_S", 0.0)
    house = House(Said(ROLE, chunk("a"), 0.0, chunk("b"), 0.0, FINISH, USAGE, DONE, headers=SSE))
    client = Client()

    def on_send(message: Any) -> None:
        house.notebook.full = b'"b"' not in message.get("body", b"")

    client.on_send = on_send
    house.notebook.full = False
    await house.ask(STREAMED, client=client)

    assert client.status == 200
