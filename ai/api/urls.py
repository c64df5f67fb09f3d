"""Addresses of AI work, below /api/v1/."""

from django.urls import path

from ai.api.assets import AssetAnalyzeView, AssetsView
from ai.api.budgets import ProjectBudgetView, WorkspaceBudgetView
from ai.api.catalogue import (
    ModelCompareView,
    ModelsView,
    ModelView,
    ProvidersView,
    StacksView,
)
from ai.api.configurations import (
    ProjectDirectorHistoryView,
    ProjectDirectorRollbackView,
    ProjectDirectorView,
    WorkspaceDirectorHistoryView,
    WorkspaceDirectorRollbackView,
    WorkspaceDirectorView,
)
from ai.api.estimates import EstimatesView
from ai.api.exports import ExportsView
from ai.api.jobs import JobCancelView, JobRetryView, JobsView, JobView
from ai.api.keys import OwnKeyView
from ai.api.lab import LabCasesView, LabPromoteView, LabResultsView, LabRunsView, LabRunView
from ai.api.messages import MessagesView
from ai.api.outlines import OutlineAcceptView, OutlineRejectView, OutlinesView, OutlineView
from ai.api.streams import JobEventsView, ProjectEventsView
from ai.api.usage import ProjectUsageView, UsageView, WhatIfView

_WORKSPACE = "workspaces/<uuid:workspace_id>/"
_PROJECT = "projects/<uuid:project_id>/"

urlpatterns = [
    path("models/", ModelsView.as_view(), name="models"),
    path("models/compare/", ModelCompareView.as_view(), name="models-compare"),
    path("models/<str:author>/<str:slug>/", ModelView.as_view(), name="model"),
    path("providers/", ProvidersView.as_view(), name="providers"),
    path("stacks/", StacksView.as_view(), name="stacks"),
    path("projects/<uuid:project_id>/messages/", MessagesView.as_view(), name="messages"),
    path("projects/<uuid:project_id>/outlines/", OutlinesView.as_view(), name="outlines"),
    path("outlines/<uuid:outline_id>/", OutlineView.as_view(), name="outline"),
    path("outlines/<uuid:outline_id>/accept/", OutlineAcceptView.as_view(), name="outline-accept"),
    path("outlines/<uuid:outline_id>/reject/", OutlineRejectView.as_view(), name="outline-reject"),
    path("projects/<uuid:project_id>/assets/", AssetsView.as_view(), name="assets"),
    path("projects/<uuid:project_id>/exports/", ExportsView.as_view(), name="exports"),
    path("assets/<uuid:asset_id>/analyze/", AssetAnalyzeView.as_view(), name="asset-analyze"),
    path("projects/<uuid:project_id>/events/", ProjectEventsView.as_view(), name="project-events"),
    path(f"{_WORKSPACE}director/", WorkspaceDirectorView.as_view(), name="workspace-director"),
    path(
        f"{_WORKSPACE}director/history/",
        WorkspaceDirectorHistoryView.as_view(),
        name="workspace-director-history",
    ),
    path(
        f"{_WORKSPACE}director/rollback/",
        WorkspaceDirectorRollbackView.as_view(),
        name="workspace-director-rollback",
    ),
    path(f"{_PROJECT}director/", ProjectDirectorView.as_view(), name="project-director"),
    path(
        f"{_PROJECT}director/history/",
        ProjectDirectorHistoryView.as_view(),
        name="project-director-history",
    ),
    path(
        f"{_PROJECT}director/rollback/",
        ProjectDirectorRollbackView.as_view(),
        name="project-director-rollback",
    ),
    path("lab/cases/", LabCasesView.as_view(), name="lab-cases"),
    path("lab/runs/", LabRunsView.as_view(), name="lab-runs"),
    path("lab/runs/<uuid:run_id>/", LabRunView.as_view(), name="lab-run"),
    path("lab/runs/<uuid:run_id>/results/", LabResultsView.as_view(), name="lab-results"),
    path("lab/runs/<uuid:run_id>/promote/", LabPromoteView.as_view(), name="lab-promote"),
    path(f"{_WORKSPACE}budget/", WorkspaceBudgetView.as_view(), name="workspace-budget"),
    path(f"{_PROJECT}budget/", ProjectBudgetView.as_view(), name="project-budget"),
    path(f"{_WORKSPACE}openrouter-key/", OwnKeyView.as_view(), name="openrouter-key"),
    path("jobs/", JobsView.as_view(), name="jobs"),
    path("jobs/<uuid:job_id>/", JobView.as_view(), name="job"),
    path("jobs/<uuid:job_id>/cancel/", JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<uuid:job_id>/retry/", JobRetryView.as_view(), name="job-retry"),
    path("jobs/<uuid:job_id>/events/", JobEventsView.as_view(), name="job-events"),
    path("estimates/", EstimatesView.as_view(), name="estimates"),
    path("usage/", UsageView.as_view(), name="usage"),
    path("usage/projects/", ProjectUsageView.as_view(), name="usage-projects"),
    path("usage/what-if/", WhatIfView.as_view(), name="usage-what-if"),
]
