"""What is looked up before a vendor is asked: whose the seals are, and what the vault has kept.

Laws: whoever carries nothing that anybody signed asks for nothing; a history is looked up once,
however many vendors are asked; who is asked is known with the account that reads its seals.
"""

import hmac
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from gateway.edge.editing.sealed import SEALS, holds_any
from gateway.edge.errors import GatewayError
from gateway.edge.exchange import Candidate, Exchange, Lane
from gateway.edge.identity.sessions import agent_hashes, session_hash
from gateway.edge.memory.seals import GOOGLE_VENDORS, OWN_VENDOR
from gateway.edge.memory.steps import Names, Recalled, unsealed_calls
from gateway.edge.memory.vault import Pin
from gateway.edge.passages.keeping import keeps
from gateway.edge.questions.asking import CHATTING, READ_THERE, Unfit, must_be_read
from gateway.edge.questions.translation import read
from gateway.edge.runtime import Runtime
from protocols.ir import Dialect

if TYPE_CHECKING:
    from gateway.edge.calls.retries import Step
    from protocols.codec import Target

CHAT: Final[Dialect] = "openai.chat"
# Whose seals only the account can read that they were made for.
BOUND: Final = frozenset({"openai"})
ACCOUNT_BYTES: Final = 8
# In a body with calls of tools stands one of these, whatever its dialect.
CALLS: Final = (
    b'"tool_calls"', b'"tool_use"', b'"functionCall"', b'"function_call"', b'"custom_tool_call"',
    b'"toolUse"',
)  # fmt: skip


def may_recall(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether there may be anything to look up."""
    operation, target = exchange.arrival.operation, candidate.target.target
    if operation.what in READ_THERE:
        return holds_any(exchange.body, SEALS.get(operation.dialect, ()))
    if operation.what != CHATTING:
        return False
    if candidate.lane == "translation" or target.reasoning_passback != "never":
        return True
    if operation.dialect not in SEALS:
        return False
    return target.vendor in BOUND or holds_any(exchange.body, SEALS[operation.dialect])


async def recall(exchange: Exchange, step: "Step", runtime: Runtime) -> Candidate:
    """Who is asked, as far as seals go; raises Unfit."""
    if not may_recall(exchange, step.candidate):
        return step.candidate
    candidate = in_account(step, hmac_key=runtime.hmac_key)
    key, dialect = exchange.key, exchange.arrival.operation.dialect
    if key is None:
        return candidate
    if not exchange.seals.is_pin_read and holds_any(exchange.body, SEALS.get(dialect, ())):
        session = _session(exchange, runtime)
        if session:
            found = await runtime.vault.pin(key.tenant_id, session)
            exchange.seals.pin, exchange.seals.is_pin_read = found.pin, found.answered
    is_native = candidate.lane == "native" and not must_be_read(exchange, candidate, runtime)
    if is_native or exchange.seals.are_refused or not can_use(candidate):
        return candidate
    recalled = exchange.seals.recalled
    if recalled is None and keeps(exchange) and holds_any(exchange.body, CALLS):
        recalled = exchange.seals.recalled = await _recalled(exchange, key.tenant_id, runtime)
    if recalled is not None and (count := recalled.count_of(candidate.target.target)):
        runtime.metrics.sealed(outcome="returned", count=count)
    return candidate


async def _recalled(exchange: Exchange, tenant_id: str, runtime: Runtime) -> Recalled:
    try:
        request = read(exchange).request
    except GatewayError as error:
        raise Unfit(error) from None
    calls = unsealed_calls(request, Names(request.messages))
    names = dict.fromkeys(name for each in calls.values() for name in each)
    recalled = Recalled.of(await runtime.vault.find(tenant_id, names), calls)
    if len(calls) > len(recalled.kept):
        count = len(calls) - len(recalled.kept)
        runtime.metrics.sealed(outcome="missed", count=count)
    return recalled


def in_account(step: "Step", *, hmac_key: bytes) -> Candidate:
    """With a digest of the account, by the credential, where one account's seals are no other's."""
    candidate = step.candidate
    if candidate.target.target.vendor not in BOUND:
        return candidate
    word = b"account\0" + (b"" if step.secret is None else step.secret.reveal())
    account = hmac.digest(hmac_key, word, "sha256")[:ACCOUNT_BYTES].hex()
    target = replace(candidate.target.target, account=account)
    return replace(candidate, target=replace(candidate.target, target=target))


def can_use(candidate: Candidate) -> bool:
    target = candidate.target.target
    if candidate.surface.dialect != CHAT:
        return True
    return target.reasoning_passback != "never" or target.vendor in GOOGLE_VENDORS


def pin_down(exchange: Exchange, target: "Target", *, lane: Lane, runtime: Runtime) -> None:
    """Whose the seals are that the client has been told as its own dialect's vendor tells them."""
    operation, key = exchange.arrival.operation, exchange.key
    if not exchange.seals.are_told:
        return
    # The client holds seals already of who that is.
    if key is None or operation.what != CHATTING or exchange.seals.pin is not None:
        return
    if not exchange.seals.is_pin_read and holds_any(exchange.body, SEALS[operation.dialect]):
        return  # there may be a pin that could not be read
    if lane == "translation" and OWN_VENDOR.get(operation.dialect) != target.vendor:
        return
    session = _session(exchange, runtime)
    if session:
        runtime.vault.set_pin(key.tenant_id, session, Pin(target.vendor, target.account))


def _session(exchange: Exchange, runtime: Runtime) -> str:
    """Each agent of a session has a history of its own."""
    session = session_hash(exchange, hmac_key=runtime.hmac_key, of_caches=False)
    if not session:
        return ""
    agent, _ = agent_hashes(exchange, hmac_key=runtime.hmac_key)
    return session + agent
