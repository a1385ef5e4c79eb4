"""A model reference to its targets: default, alias, short, qualified. Pure.

Laws: the first form that hits wins, in the order of `_resolve`; a tenant sees its own providers
before the platform's and never another tenant's; a dot or slash separates only behind a provider
that is visible, so that `gpt-4.1` and `meta-llama/Llama-3` stay whole.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from heapq import nlargest
from typing import Final, TypeAlias

from msgspec import Struct

from providers.capabilities import capabilities, target_of
from providers.specs import ProviderSpec, TargetSpec
from routing.specs import AliasSpec, RoutingSpec

MAX_LENGTH: Final = 256
MAX_HOPS: Final = 3
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
GEMINI_PREFIX: Final = "models/"
DEFAULT_WORDS: Final = frozenset({"default", "auto"})
WILDCARD: Final = "*"
SEPARATOR: Final = re.compile(r"[./]")
SUGGESTIONS: Final = 3
LIKELY: Final = 32
LOOKED_AT: Final = 64  # of a name that is not known, from its beginning
# Names by which a vendor's models are known; only for providers that take unlisted models.
PREFIX_RULES: Final[tuple[tuple[str, str], ...]] = (
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding-", "openai"),
    ("claude-", "anthropic"),
    ("gemini-", "gemini"),
    ("deepseek-", "deepseek"),
    ("glm-", "glm"),
    ("qwen", "qwen"),
    ("qwq", "qwen"),
    ("anthropic.", "bedrock"),
    ("us.", "bedrock"),
    ("eu.", "bedrock"),
    ("apac.", "bedrock"),
    ("global.", "bedrock"),
    ("amazon.", "bedrock"),
    ("meta.", "bedrock"),
    ("mock-", "mock"),
)


class BadReference(ValueError):
    """The reference cannot name a model; the message says why."""


class Match(Struct, frozen=True, kw_only=True):
    provider: ProviderSpec
    target: TargetSpec

    @property
    def qualified(self) -> str:
        return f"{self.provider.slug}.{self.target.public_name}"


class Index(Struct, frozen=True, kw_only=True):
    """The names of one owner: a tenant, or the platform."""

    providers: dict[str, ProviderSpec] = {}  # by slug
    short: dict[str, tuple[Match, ...]] = {}
    folded: dict[str, tuple[Match, ...]] = {}
    aliases: dict[str, AliasSpec] = {}
    wildcards: tuple[AliasSpec, ...] = ()  # longest first
    default_model: str = ""


NOTHING: Final = Index()


class View(Struct, frozen=True, kw_only=True):
    """What one tenant sees at one moment."""

    tenant_id: str
    indexes: tuple[Index, ...]  # its own, then the platform's
    now: float

    def shows(self, provider: ProviderSpec) -> bool:
        return provider.visible_to is None or self.tenant_id in provider.visible_to

    def visible(self, matches: Sequence[Match]) -> tuple[Match, ...]:
        return tuple(match for match in matches if self.shows(match.provider))

    def provider(self, slug: str) -> ProviderSpec | None:
        for index in self.indexes:
            found = index.providers.get(slug)
            if found is not None and self.shows(found):
                return found
        return None

    def holds(self, alias: AliasSpec) -> bool:
        return alias.expires_at is None or alias.expires_at > self.now


class Names(Struct, frozen=True, kw_only=True):
    """Built when configuration changes, asked for every request."""

    platform: Index = NOTHING
    tenants: dict[str, Index] = {}

    def renewed(
        self,
        *,
        owners: Iterable[str | None],
        providers: Iterable[ProviderSpec],
        aliases: Iterable[AliasSpec],
        settings: Mapping[str | None, RoutingSpec],
    ) -> "Names":
        """With the names of these owners as they are told now; of all others as they were."""
        rows: dict[str | None, tuple[list[ProviderSpec], list[AliasSpec]]] = {
            owner: ([], []) for owner in owners
        }
        for provider in providers:
            if provider.tenant_id in rows:
                rows[provider.tenant_id][0].append(provider)
        for alias in aliases:
            if alias.tenant_id in rows:
                rows[alias.tenant_id][1].append(alias)
        indexes = dict(self.tenants)
        platform = self.platform
        for owner, (mine, pointing) in rows.items():
            index = _index(
                providers=mine,
                aliases=pointing,
                default_model=settings[owner].default_model if owner in settings else "",
            )
            if owner is None:
                platform = index
            else:
                indexes[owner] = index
        return Names(
            platform=platform,
            tenants={owner: index for owner, index in indexes.items() if index != NOTHING},
        )

    def resolve(self, reference: str, *, tenant_id: str, now: float) -> tuple[Match, ...]:
        """The targets meant, best first; empty when nothing is. Raises BadReference."""
        return _resolve(checked(reference), self.view(tenant_id=tenant_id, now=now), hops=0)

    def nearest(
        self, reference: str, *, tenant_id: str, now: float, may: Callable[[str, Match], bool]
    ) -> tuple[str, ...]:
        """Callable names that look like this one; `may` says which of them may be told."""
        view = self.view(tenant_id=tenant_id, now=now)
        names = sorted({name for index in view.indexes for name in (*index.short, *index.aliases)})
        # To compare a name with care takes long: only those that share most pairs of letters.
        pairs = {reference[at : at + 2] for at in range(min(len(reference), LOOKED_AT) - 1)}
        likely = nlargest(LIKELY, names, key=lambda name: sum(pair in name for pair in pairs))
        told = [name for name in likely if any(may(name, match) for match in _open(name, view))]
        return tuple(get_close_matches(reference, told, n=SUGGESTIONS, cutoff=0.5))

    def listed(self, *, tenant_id: str, now: float) -> Iterator[Match]:
        """Every enabled target that the tenant sees, its own first."""
        view = self.view(tenant_id=tenant_id, now=now)
        for index in view.indexes:
            for matches in index.short.values():
                for match in view.visible(matches):
                    if match.provider.enabled and match.target.enabled:
                        yield match

    def providers(self, *, tenant_id: str, now: float) -> Iterator[ProviderSpec]:
        """Every enabled provider that the tenant sees, its own first."""
        view = self.view(tenant_id=tenant_id, now=now)
        for index in view.indexes:
            for provider in index.providers.values():
                if provider.enabled and view.shows(provider):
                    yield provider

    def aliases(self, *, tenant_id: str, now: float) -> Iterator[str]:
        """Alias names that stand for one name each; a tenant's hide the platform's."""
        view = self.view(tenant_id=tenant_id, now=now)
        seen: set[str] = set()
        for index in view.indexes:
            for name, alias in index.aliases.items():
                if name not in seen and view.holds(alias):
                    seen.add(name)
                    yield name

    def view(self, *, tenant_id: str, now: float) -> View:
        own = self.tenants.get(tenant_id)
        indexes = (self.platform,) if own is None else (own, self.platform)
        return View(tenant_id=tenant_id, indexes=indexes, now=now)


def checked(reference: str) -> str:
    """Without the prefix that Gemini clients put before names."""
    if len(reference) > MAX_LENGTH:
        raise BadReference(f"a model name has at most {MAX_LENGTH} characters")
    if CONTROL.search(reference):
        raise BadReference("a model name has no control characters")
    return reference.removeprefix(GEMINI_PREFIX)


def _index(
    *, providers: Sequence[ProviderSpec], aliases: Sequence[AliasSpec], default_model: str
) -> Index:
    short: dict[str, list[Match]] = {}
    for provider in sorted(providers, key=lambda row: (row.priority, row.id)):
        for target in provider.targets:
            match = Match(provider=provider, target=target)
            short.setdefault(target.public_name, []).append(match)
    folded: dict[str, list[Match]] = {}
    for name, matches in short.items():
        folded.setdefault(name.casefold(), []).extend(matches)
    wild = [alias for alias in aliases if alias.name.endswith(WILDCARD)]
    return Index(
        providers={provider.slug: provider for provider in providers},
        short={name: tuple(matches) for name, matches in short.items()},
        folded={name: tuple(matches) for name, matches in folded.items()},
        aliases={alias.name: alias for alias in aliases if not alias.name.endswith(WILDCARD)},
        wildcards=tuple(sorted(wild, key=lambda alias: -len(alias.name))),
        default_model=default_model,
    )


def _resolve(name: str, view: View, *, hops: int) -> tuple[Match, ...]:
    if hops <= MAX_HOPS:
        pointed = _default(name, view) or _alias(name, view)
        if pointed is not None and pointed != name:
            return _resolve(pointed, view, hops=hops + 1)
    for form in EARLY_FORMS:
        if matches := form(name, view):
            return matches
    wild = _wildcard(name, view)
    if wild is not None and wild != name and hops <= MAX_HOPS:
        return _resolve(wild, view, hops=hops + 1)
    for form in LATE_FORMS:
        if matches := form(name, view):
            return matches
    return ()


def _open(name: str, view: View) -> Iterator[Match]:
    for match in _resolve(name, view, hops=0):
        if match.provider.enabled and match.target.enabled:
            yield match


def _default(name: str, view: View) -> str | None:
    if name not in DEFAULT_WORDS:
        return None
    return next((index.default_model for index in view.indexes if index.default_model), None)


def _alias(name: str, view: View) -> str | None:
    for index in view.indexes:
        alias = index.aliases.get(name)
        if alias is not None and view.holds(alias):
            return alias.to
    return None


def _wildcard(name: str, view: View) -> str | None:
    for index in view.indexes:
        for alias in index.wildcards:
            if name.startswith(alias.name[:-1]) and view.holds(alias):
                return alias.to
    return None


def _short(name: str, view: View) -> tuple[Match, ...]:
    return tuple(
        match for index in view.indexes for match in view.visible(index.short.get(name, ()))
    )


def _any_case(name: str, view: View) -> tuple[Match, ...]:
    key = name.casefold()
    return tuple(
        match for index in view.indexes for match in view.visible(index.folded.get(key, ()))
    )


def _qualified(name: str, view: View) -> tuple[Match, ...]:
    """`openai.some_provider.gpt-4` before `openai.gpt-4`; the last separator may be a slash."""
    cuts = [found.start() for found in SEPARATOR.finditer(name)][:2]
    for cut in reversed(cuts):
        provider = view.provider(name[:cut])
        if provider is not None and (match := _at(provider, name[cut + 1 :])) is not None:
            return (match,)
    return ()


def _by_prefix(name: str, view: View) -> tuple[Match, ...]:
    for prefix, slug in PREFIX_RULES:
        provider = view.provider(slug) if name.startswith(prefix) else None
        if provider is not None and provider.allow_unlisted_models:
            return (Match(provider=provider, target=_unlisted(provider, name)),)
    return ()


def _at(provider: ProviderSpec, name: str) -> Match | None:
    for target in provider.targets:
        if name in (target.public_name, target.upstream_name):
            return Match(provider=provider, target=target)
    if provider.allow_unlisted_models and name:
        return Match(provider=provider, target=_unlisted(provider, name))
    return None


def _unlisted(provider: ProviderSpec, name: str) -> TargetSpec:
    """What is known of a model by its name alone."""
    # The mock's own names have more behind a semicolon.
    listed = (row for row in provider.targets if row.public_name == name.partition(";")[0])
    like = next(listed, None)
    operations = frozenset({"embeddings"}) if "embed" in name else frozenset({"chat"})
    operations = operations if like is None else like.operations
    owner = provider.quirks.vendor or provider.id
    can = capabilities(provider.kind, name, {})
    return TargetSpec(
        id="",
        upstream_name=name,
        public_name=name,
        target=target_of(provider.kind, name, owner=owner, said={}),
        operations=operations,
        dialects=can.dialects,
        reasoning=can.reasoning,
    )


Form: TypeAlias = Callable[[str, View], tuple[Match, ...]]
EARLY_FORMS: Final[tuple[Form, ...]] = (_short, _qualified)
LATE_FORMS: Final[tuple[Form, ...]] = (_any_case, _by_prefix)
