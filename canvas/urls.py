"""The whole URL table."""

from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

handler400 = "canvas.core.problems.handler400"
handler403 = "canvas.core.problems.handler403"
handler404 = "canvas.core.problems.handler404"
handler500 = "canvas.core.problems.handler500"

_PUBLIC: dict[str, Any] = {
    "authentication_classes": [],
    "permission_classes": [],
    "throttle_classes": [],
}

api: list[URLPattern | URLResolver] = [
    path("", include("canvas.workspaces.api.urls")),
    path("", include("scenes.api.urls")),
    path("", include("ai.api.urls")),
    path("schema/", SpectacularAPIView.as_view(**_PUBLIC), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(**_PUBLIC, url_name="schema"), name="docs"),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("", include("scenes.media_urls")),
    path("admin/", include("ai.admin.urls")),
    path("admin/", admin.site.urls),
]
