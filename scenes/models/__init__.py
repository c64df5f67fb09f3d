"""The tables of the film, one noun a file."""

from scenes.models.asset import MediaStatus, SceneMedia, VisualAsset
from scenes.models.beat import Beat
from scenes.models.bible import BibleEntry, Category
from scenes.models.change import ChangeSet
from scenes.models.event import Event, FeedCounter
from scenes.models.export import Export, ExportFormat
from scenes.models.project import OriginKind, Project
from scenes.models.scene import Scene, SceneStatus
from scenes.models.snapshot import SceneVersion, Snapshot
from scenes.models.template import SceneTemplate

__all__ = [
    "Beat",
    "BibleEntry",
    "Category",
    "ChangeSet",
    "Event",
    "Export",
    "ExportFormat",
    "FeedCounter",
    "MediaStatus",
    "OriginKind",
    "Project",
    "Scene",
    "SceneMedia",
    "SceneStatus",
    "SceneTemplate",
    "SceneVersion",
    "Snapshot",
    "VisualAsset",
]
