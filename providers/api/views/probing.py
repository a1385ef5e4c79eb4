"""What asks a vendor. No transaction is open meanwhile, so that nobody waits for it with locks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import envelope
from providers.api.serializers.health import CheckQuery, HealthCheck
from providers.api.serializers.models import SyncReport
from providers.api.serializers.testing import DraftTest, StoredTest, TestReport
from providers.api.views.base import ProvidersViewSet
from providers.ownership import READ, WRITE
from providers.selectors.providers import checks_of, editable_provider
from providers.services import discovery, probing

CREATED: Final = 201


class ProbingViewSet(ProvidersViewSet):
    capabilities = {
        "draft": WRITE,
        "try_out": WRITE,
        "try_credential": WRITE,
        "check": WRITE,
        "sync": WRITE,
        "checks": READ,
    }

    @contextmanager
    def bound(self) -> Iterator[None]:
        if self.action_name() == "checks":
            with self.scope():
                yield
        else:
            yield

    def scope(self) -> AbstractContextManager[None]:
        """A transaction, for what is read before and written after."""
        return super().bound()

    def _answer_once(self, request: Request, handler: Callable[..., Response]) -> Response:
        """Asking again is harmless, so no answer is kept."""
        return self._answer(request, handler)

    @extend_schema(request=DraftTest, responses=TestReport, summary="Test a form before saving")
    def draft(self, _request: Request) -> Response:
        fields = self.body(DraftTest)
        subject = probing.draft(fields)
        return _report(probing.try_out(subject, model=fields.get("model", "")))

    @extend_schema(request=StoredTest, responses=TestReport)
    def try_out(self, _request: Request, provider_id: str) -> Response:
        return self._tested(provider_id)

    @extend_schema(request=StoredTest, responses=TestReport)
    def try_credential(self, _request: Request, provider_id: str, credential_id: str) -> Response:
        return self._tested(provider_id, credential_id)

    def _tested(self, *texts: str) -> Response:
        model = self.body(StoredTest).get("model", "")
        provider_pk, *rest = self.ids(*texts)
        with self.scope():
            subject = probing.stored(
                access=self.access,
                provider_id=provider_pk,
                credential_id=rest[0] if rest else None,
            )
        report = probing.try_out(subject, model=model)
        with self.scope():
            probing.note_test(actor=self.actor(), access=self.access, subject=subject, ok=report.ok)
        return _report(report)

    @extend_schema(parameters=[CheckQuery], responses=envelope(HealthCheck), summary="History")
    def checks(self, _request: Request, provider_id: str) -> Response:
        self.query(CheckQuery)
        (provider_pk,) = self.ids(provider_id)
        rows = checks_of(access=self.access, provider_id=provider_pk)
        return self.page(rows, serializer=HealthCheck)

    @extend_schema(request=None, responses={CREATED: HealthCheck}, summary="Check now")
    def check(self, _request: Request, provider_id: str) -> Response:
        (provider_pk,) = self.ids(provider_id)
        with self.scope():
            row = editable_provider(access=self.access, provider_id=provider_pk)
            subject = probing.stored(access=self.access, provider_id=provider_pk)
        outcome = probing.check(subject, mode=row.health_mode, model=row.health_model)
        with self.scope():
            found = probing.note_check(
                actor=self.actor(), access=self.access, subject=subject, outcome=outcome
            )
        return Response(HealthCheck(found).data, status=CREATED)

    @extend_schema(
        request=None, responses=SyncReport, summary="Compare with the vendor's list of models"
    )
    def sync(self, _request: Request, provider_id: str) -> Response:
        (provider_pk,) = self.ids(provider_id)
        with self.scope():
            subject = probing.stored(access=self.access, provider_id=provider_pk)
        found = probing.listed(subject)
        with self.scope():
            synced = discovery.note_models(
                actor=self.actor(), access=self.access, provider_id=provider_pk, found=found
            )
        return Response(SyncReport(synced).data)


def _report(report: Any) -> Response:
    return Response(TestReport(report).data)
