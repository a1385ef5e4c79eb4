from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.explore import before, bucketed, columns_of, shown
from billing.api.serializers.explore import Exploration, ExploreQuery
from billing.api.views.usage import UsageBase
from billing.selectors.explore import earlier, explored


class ExploreView(UsageBase):
    @extend_schema(parameters=[ExploreQuery], responses=Exploration)
    def get(self, _request: Request) -> Response:
        """One measure over time, by one or two of what usage is kept apart by."""
        asked, told = self.asked(ExploreQuery, default="30d")
        by = columns_of(told)
        week_start = self.access.the_tenant().week_start
        question = bucketed(asked, rollup=told["rollup"], week_start=week_start)
        past = None
        if "compare" in told:
            past = earlier(before(asked), by=by, metric=told["metric"])
        found = explored(question, by=by, metric=told["metric"], most=told["top"])
        return self.framed(
            {
                **{name: told.get(name) for name in ("metric", "group", "subgroup", "rollup")},
                **shown(found, told["metric"], question, past),
            },
            asked,
        )
