import pytest

from gateway.edge.errors import GatewayError
from tests.gateway.edge.notebook import Notebook, books


@pytest.mark.parametrize("lenient", [False, True])
def test_nothing_begins_while_a_required_audit_log_is_behind(*, lenient: bool) -> None:
    notebook = Notebook(lenient=lenient)
    kept = books(notebook)
    kept.admit()
    notebook.audit_is_behind = True
    with pytest.raises(GatewayError) as raised:
        kept.admit()
    problem = raised.value.problem
    assert (problem.kind, problem.code) == ("usage_unavailable", "audit_unavailable")
    assert problem.retry_after == 5.0
