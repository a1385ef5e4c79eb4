"""A header that comes in several lines is the list that they are together."""

from typing import Final

from gateway.edge.app import Entry, nothing_here
from gateway.edge.client_api import client_api
from gateway.edge.intake.guard import Guard
from gateway.edge.refusals import as_the_path_reads
from gateway.edge.runtime import Runtime, Runtimes
from tests.gateway.edge.dialects import question, whole
from tests.gateway.edge.driver import Heard, call, http_scope
from tests.gateway.edge.house import MESSAGES, House
from tests.gateway.edge.plane import bearer
from tests.gateway.edge.vendors import provider, target

ANTHROPIC: Final = provider(
    kind="anthropic", base_url="https://api.example.com", targets=(target(),)
)
BETAS: Final = (
    "context-management-2025-06-27",
    "fine-grained-tool-streaming-2025-05-14",
    "mine-1, it-2",
)


async def test_every_beta_is_heard_whatever_line_it_came_in() -> None:
    """Anthropic's SDK for Go sends a line for each."""
    house = House(whole("anthropic.messages"), providers=(ANTHROPIC,))

    async def started() -> Runtime:
        return house.worker

    entry = Entry(
        runtimes=Runtimes(started),
        client_api=client_api,
        exact={},
        prefixes={},
        sockets={},
        fallback=nothing_here,
    )
    app = Guard(entry, body_limit=lambda _: 9_999, observer=Heard(), render=as_the_path_reads)
    lines = [(b"anthropic-beta", beta.encode()) for beta in BETAS]
    headers = [(b"host", b"gateway.example"), *bearer().items(), *lines]
    scope = http_scope(MESSAGES, method="POST", headers=headers)
    answer = await call(app, scope, question("anthropic.messages", stream=False))

    assert answer.status == 200, answer.body
    sent = dict(house.vendors.calls[0].headers)["anthropic-beta"]
    assert [beta.strip() for line in BETAS for beta in line.split(",")] == [
        beta.strip() for beta in sent.split(",")
    ]
