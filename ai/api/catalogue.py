"""The catalogue: models, providers, comparisons, and what plans cost. It belongs to no workspace.

Every member of any workspace reads the same.
"""

import hashlib
from functools import cached_property
from typing import Any, ClassVar, Final

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai.api import catalogue_filters as filters_of
from ai.api.catalogue_costs import ComparisonsSerializer, PlanStacksSerializer
from ai.api.catalogue_shapes import (
    CatalogueModelPageSerializer,
    CatalogueModelSerializer,
    ListedProviderSerializer,
)
from ai.catalogue import find, plans, tiers
from ai.catalogue.compare import compare
from ai.catalogue.page import get_model_page
from ai.models import PriceTier
from canvas.core import etag
from canvas.core.json import JSONRenderer
from canvas.workspaces.views import CanvasAPIView

MOST_MODELS: Final = 20
MODEL_ID: Final = r"[A-Za-z0-9_.:~@/-]{1,200}"
COMPARED: Final = (
    OpenApiParameter(
        "baseline",
        filters_of.several(MODEL_ID, 1),
        description="A model id; the service's own baseline when not said.",
    ),
    OpenApiParameter(
        "models",
        filters_of.several(MODEL_ID, MOST_MODELS),
        description=f"Up to {MOST_MODELS} ids, with commas between; without: those of the plans.",
    ),
)


class _PricedView(CanvasAPIView):
    """A view that says the price tier of models."""

    @cached_property
    def scale(self) -> list[PriceTier]:
        """The scale of price tiers, read once a request."""
        return tiers.list_tiers()


class ModelsView(_PricedView):
    """The models of the catalogue."""

    ordering: ClassVar[list[str]] = ["pk"]
    ordering_fields: ClassVar = {"slug": "pk", "price": "price", "context": "context"}
    filters: ClassVar = filters_of.MODELS

    @extend_schema(
        operation_id="models_list",
        parameters=list(filters),
        responses=CatalogueModelSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List models, by their id.

        The order by price goes by three tokens read to one written; unknown comes last both ways.
        """
        wanted = filters_of.wanted_models(request, self.scale)
        falling = request.query_params.get("ordering", "").startswith("-")
        rows = find.list_models(wanted=wanted, scale=self.scale, falling=falling)
        return self.page(rows, CatalogueModelSerializer)


class ModelView(_PricedView):
    """One model."""

    @extend_schema(operation_id="models_retrieve", responses=CatalogueModelPageSerializer)
    def get(self, request: Request, author: str, slug: str) -> Response:
        """Read a model by its id, or by another name, which `resolvedFrom` then explains.

        A name that means no model is 404 `wrong-model-id`; `suggestion` is what was probably meant.
        """
        filters_of.refuse_unknown(request, ())
        page: Any = get_model_page(name=f"{author}/{slug}")
        context = {"request": request, "view": self}
        body: Any = CatalogueModelPageSerializer(page, context=context).data
        mark = f'"{hashlib.sha256(JSONRenderer().render(body)).hexdigest()[:32]}"'
        if etag.is_unchanged(request, mark):
            return Response(status=304, headers={"ETag": mark})
        return Response(body, headers={"ETag": mark})


class ModelCompareView(CanvasAPIView):
    """Models against a baseline."""

    @extend_schema(
        operation_id="models_compare",
        parameters=list(COMPARED),
        responses=ComparisonsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Compare models to a baseline: ratios of prices and context, and a sentence for each."""
        filters_of.refuse_unknown(request, COMPARED)
        names = filters_of.names(request, "models", most=MOST_MODELS)
        baseline = filters_of.names(request, "baseline", most=1)
        mark, results = compare(
            baseline=baseline[0] if baseline else settings.BASELINE_MODEL, models=names
        )
        return Response(ComparisonsSerializer({"baseline": mark, "results": results}).data)


class ProvidersView(CanvasAPIView):
    """The companies that serve models."""

    ordering: ClassVar[list[str]] = ["pk"]
    filters: ClassVar = filters_of.PROVIDERS

    @extend_schema(
        operation_id="providers_list",
        parameters=list(filters),
        responses=ListedProviderSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List providers with their data policies. What is unknown is neither yes nor no."""
        rows = find.list_providers(
            policy=filters_of.policy(request),
            gone=filters_of.gone(request),
            search=filters_of.search(request),
        )
        return self.page(rows, ListedProviderSerializer)


class StacksView(CanvasAPIView):
    """The models of the plans."""

    ordering: ClassVar[list[str]] = ["order", "pk"]

    @property
    def baseline(self) -> str:
        """What costs are compared to."""
        return str(settings.BASELINE_MODEL)

    @cached_property
    def costs(self) -> dict[str, plans.PlanCost]:
        """What one unit of work costs in each plan, read once a request."""
        return plans.plan_costs(plans.list_stacks())

    @extend_schema(operation_id="stacks_list", responses=PlanStacksSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the plans that have models, with their models and what a unit of work costs."""
        return self.page(plans.list_plans(), PlanStacksSerializer)
