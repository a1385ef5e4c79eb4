"""What is looked up before a vendor is asked: whose the seals are, and what the vault has kept.

Laws: whoever carries nothing that anybody signed asks for nothing; a history is looked up once,
however many vendors are asked; who is asked is known with the account that reads its seals.
"""

import hmac
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from gateway.edge.editing.sealed import SEALS, holds_any, holds_wrapped
from gateway.edge.errors import GatewayError
from gateway.edge.exchange import Candidate, Exchange, Lane
from gateway.edge.identity.sessions import agent_hashes, session_hash
from gateway.edge.memory.seals import GOOGLE_VENDORS, OWN_VENDOR, accounts_in
from gateway.edge.memory.steps import Names, Recalled, unsealed_calls
from gateway.edge.memory.vault import Pin
from gateway.edge.passages.keeping import keeps
from gateway.edge.questions.asking import CHATTING, COMPACTING, Unfit, must_be_read
from gateway.edge.questions.meant import COUNTING, shown
from gateway.edge.questions.translation import read
from gateway.edge.runtime import Runtime
from protocols.ir import Dialect
from providers.adapters.base import Revealable

if TYPE_CHECKING:
    from gateway.edge.calls.retries import Step
    from protocols.codec import Target

CHAT: Final[Dialect] = "openai.chat"
# Whose seals only the account can read that they were made for: by the name of their seals, or
# by whose host it is where a provider's seals have no name but the provider's own.
BOUND: Final = frozenset({"openai", "azure", "x-ai", "xai"})
UNBOUND: Final = frozenset({"anthropic", *GOOGLE_VENDORS})
ACCOUNT_BYTES: Final = 8
# In a body with calls of tools stands one of these, whatever its dialect.
CALLS: Final = (
    b'"tool_calls"', b'"tool_use"', b'"functionCall"', b'"function_call"', b'"custom_tool_call"',
    b'"toolUse"',
)  # fmt: skip


def may_recall(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether there may be anything to look up."""
    operation, target = exchange.arrival.operation, candidate.target.target
    if operation.what in {COUNTING, COMPACTING}:
        dialect, body = shown(exchange)
        return holds_any(body, SEALS.get(dialect, ()))
    if operation.what != CHATTING:
        return False
    if candidate.lane == "translation" or target.reasoning_passback != "never":
        return True
    if operation.dialect not in SEALS:
        return False
    return is_bound(candidate) or holds_any(exchange.body, SEALS[operation.dialect])


async def recall(exchange: Exchange, step: "Step", runtime: Runtime) -> Candidate:
    """Who is asked, as far as seals go; raises Unfit."""
    if not may_recall(exchange, step.candidate):
        return step.candidate
    candidate = in_account(step, hmac_key=runtime.hmac_key)
    key, operation = exchange.key, exchange.arrival.operation
    if key is None:
        return candidate
    dialect, body = operation.dialect, exchange.body
    if operation.what == COUNTING:
        dialect, body = shown(exchange)
    if not exchange.seals.is_pin_read and holds_any(body, SEALS.get(dialect, ())):
        session = _session(exchange, runtime)
        if session:
            found = await runtime.vault.pin(key.tenant_id, session)
            exchange.seals.pin, exchange.seals.is_pin_read = found.pin, found.answered
    if is_bound(candidate):
        candidate = _by_who_made_them(exchange, step, candidate, runtime)
    is_native = candidate.lane == "native" and not must_be_read(exchange, candidate, runtime)
    if is_native or not can_use(candidate):
        return candidate
    recalled = exchange.seals.recalled
    if recalled is None and keeps(exchange) and holds_any(body, CALLS):
        recalled = exchange.seals.recalled = await _recalled(exchange, key.tenant_id, runtime)
        if recalled.kept and is_bound(candidate):
            candidate = _by_who_made_them(exchange, step, candidate, runtime)
    if recalled is not None and (count := recalled.count_of(candidate.target.target)):
        runtime.metrics.sealed(outcome="returned", count=count)
    return candidate


def _by_who_made_them(
    exchange: Exchange, step: "Step", candidate: Candidate, runtime: Runtime
) -> Candidate:
    """By another credential of the same provider, where that one can read seals of the history and
    this one cannot; raises Unfit."""
    credentials, tried = (
        candidate.provider.credentials,
        {made.credential.id for made in exchange.attempts},
    )
    if len(credentials) < 2 or exchange.vendor_key is not None or step.credential.id in tried:
        return candidate
    accounts = _accounts(exchange, candidate.target.target.vendor)
    if not accounts or candidate.target.target.account in accounts:
        return candidate
    secrets, hmac_key = exchange.snapshot.secrets, runtime.hmac_key
    able = {
        each.id
        for each in credentials
        if each.id not in tried and account_of(secrets.get(each.id), hmac_key=hmac_key) in accounts
    }
    picked = able and runtime.pool.pick(
        candidate.provider,
        candidate.target.public_name,
        tried={each.id for each in credentials} - able,
        now=runtime.clock(),
        wall=runtime.wall(),
    )
    if not picked:
        return candidate
    step.credential, step.secret = picked, secrets.get(picked.id)
    return in_account(step, hmac_key=hmac_key)


def _accounts(exchange: Exchange, vendor: str) -> set[str]:
    """Of this vendor's: those whose seals the history holds, itself or in the vault."""
    pin, recalled = exchange.seals.pin, exchange.seals.recalled
    found = {pin.account} if pin is not None and pin.vendor == vendor else set()
    if recalled is not None:
        found |= {kept.account for kept in recalled.kept.values() if kept.origin == vendor}
    if holds_wrapped(exchange.body):
        try:
            found |= accounts_in(read(exchange).request, vendor=vendor)
        except GatewayError as error:
            raise Unfit(error) from None
    return {account for account in found if account}


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


def is_bound(candidate: Candidate) -> bool:
    vendor = candidate.target.target.vendor
    return vendor in BOUND or (vendor not in UNBOUND and candidate.provider.price_vendor in BOUND)


def in_account(step: "Step", *, hmac_key: bytes) -> Candidate:
    """With a digest of the account, by the credential, where one account's seals are no other's."""
    candidate = step.candidate
    if not is_bound(candidate):
        return candidate
    account = account_of(step.secret, hmac_key=hmac_key)
    target = replace(candidate.target.target, account=account)
    return replace(candidate, target=replace(candidate.target, target=target))


def account_of(secret: Revealable | None, *, hmac_key: bytes) -> str:
    word = b"account\0" + (b"" if secret is None else secret.reveal())
    return hmac.digest(hmac_key, word, "sha256")[:ACCOUNT_BYTES].hex()


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
