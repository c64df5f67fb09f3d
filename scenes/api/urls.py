"""The film's part of the API."""

from django.urls import path

from scenes.api import (
    assets,
    beats,
    bible,
    changes,
    documents,
    exports,
    projects,
    scenes,
    snapshots,
    templates,
)

urlpatterns = [
    path("projects/", projects.ProjectListView.as_view(), name="projects"),
    path("projects/<uuid:project_id>/", projects.ProjectView.as_view(), name="project"),
    path(
        "projects/<uuid:project_id>/archive/",
        projects.ProjectArchiveView.as_view(),
        name="project-archive",
    ),
    path(
        "projects/<uuid:project_id>/restore/",
        projects.ProjectRestoreView.as_view(),
        name="project-restore",
    ),
    path(
        "projects/<uuid:project_id>/duplicate/",
        projects.ProjectDuplicateView.as_view(),
        name="project-duplicate",
    ),
    path("projects/<uuid:project_id>/scenes/", scenes.SceneListView.as_view(), name="scenes"),
    path("scenes/<uuid:scene_id>/", scenes.SceneView.as_view(), name="scene"),
    path("scenes/<uuid:scene_id>/move/", scenes.SceneMoveView.as_view(), name="scene-move"),
    path("scenes/<uuid:scene_id>/status/", scenes.SceneStatusView.as_view(), name="scene-status"),
    path("scenes/<uuid:scene_id>/beats/", beats.BeatListView.as_view(), name="beats"),
    path("beats/<uuid:beat_id>/", beats.BeatView.as_view(), name="beat"),
    path("beats/<uuid:beat_id>/move/", beats.BeatMoveView.as_view(), name="beat-move"),
    path(
        "scenes/<uuid:scene_id>/snapshots/", snapshots.SnapshotListView.as_view(), name="snapshots"
    ),
    path(
        "scenes/<uuid:scene_id>/snapshots/<uuid:snapshot_id>/",
        snapshots.SnapshotView.as_view(),
        name="snapshot",
    ),
    path(
        "scenes/<uuid:scene_id>/snapshots/<uuid:snapshot_id>/restore/",
        snapshots.SnapshotRestoreView.as_view(),
        name="snapshot-restore",
    ),
    path(
        "scenes/<uuid:scene_id>/versions/",
        snapshots.SceneVersionListView.as_view(),
        name="scene-versions",
    ),
    path("scenes/<uuid:scene_id>/media/", snapshots.SceneMediaView.as_view(), name="scene-media"),
    path("projects/<uuid:project_id>/bible/", bible.BibleView.as_view(), name="bible"),
    path(
        "projects/<uuid:project_id>/bible/entries/",
        bible.BibleEntryListView.as_view(),
        name="bible-entries",
    ),
    path("bible-entries/<uuid:entry_id>/", bible.BibleEntryView.as_view(), name="bible-entry"),
    path("assets/<uuid:asset_id>/", assets.AssetView.as_view(), name="asset"),
    path("projects/<uuid:project_id>/changes/", changes.ChangeListView.as_view(), name="changes"),
    path("changes/<uuid:change_id>/", changes.ChangeView.as_view(), name="change"),
    path("exports/<uuid:export_id>/", exports.ExportView.as_view(), name="export"),
    path("templates/", templates.TemplateListView.as_view(), name="templates"),
    path(
        "projects/<uuid:project_id>/document/",
        documents.DocumentView.as_view(),
        name="project-document",
    ),
]
