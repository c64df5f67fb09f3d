"""Addresses of AI work, below /api/v1/."""

from django.urls import path

from ai.api.assets import AssetAnalyzeView, AssetsView
from ai.api.jobs import JobCancelView, JobRetryView, JobsView, JobView
from ai.api.messages import MessagesView
from ai.api.outlines import OutlineAcceptView, OutlineRejectView, OutlinesView, OutlineView
from ai.api.streams import JobEventsView, ProjectEventsView

urlpatterns = [
    path("projects/<uuid:project_id>/messages/", MessagesView.as_view(), name="messages"),
    path("projects/<uuid:project_id>/outlines/", OutlinesView.as_view(), name="outlines"),
    path("outlines/<uuid:outline_id>/", OutlineView.as_view(), name="outline"),
    path("outlines/<uuid:outline_id>/accept/", OutlineAcceptView.as_view(), name="outline-accept"),
    path("outlines/<uuid:outline_id>/reject/", OutlineRejectView.as_view(), name="outline-reject"),
    path("projects/<uuid:project_id>/assets/", AssetsView.as_view(), name="assets"),
    path("assets/<uuid:asset_id>/analyze/", AssetAnalyzeView.as_view(), name="asset-analyze"),
    path("projects/<uuid:project_id>/events/", ProjectEventsView.as_view(), name="project-events"),
    path("jobs/", JobsView.as_view(), name="jobs"),
    path("jobs/<uuid:job_id>/", JobView.as_view(), name="job"),
    path("jobs/<uuid:job_id>/cancel/", JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<uuid:job_id>/retry/", JobRetryView.as_view(), name="job-retry"),
    path("jobs/<uuid:job_id>/events/", JobEventsView.as_view(), name="job-events"),
]
