"""One act, one change-set: what nests joins, what fails is forgotten."""

import pytest
from django.db import transaction

from canvas.core.errors import Conflict, Invalid, Missing
from scenes.models import Beat, BibleEntry, ChangeSet, Scene
from scenes.services import bible
from scenes.services.changes import recording
from scenes.services.scenes import edit_scene
from tests.scenes.factories import (
    HUMAN,
    lock,
    make_beat,
    make_entry,
    make_project,
    make_scene,
    roomy_workspace,
)


@pytest.fixture
def project(db):
    return make_project(roomy_workspace())


def acts(project):
    return ChangeSet.objects.filter(project=project).order_by("created_at", "id")


def test_acts_inside_an_act_are_one_change_set_and_one_event_says_so(project):
    before = acts(project).count()

    with recording(project_id=project.pk, by=HUMAN, summary="A chapter"):
        scene = make_scene(project)
        make_beat(scene)
        make_entry(project)

    change = acts(project).last()
    assert acts(project).count() == before + 1
    assert change.summary == "A chapter"
    assert [op["model"] for op in change.ops] == ["scene", "beat", "bibleentry"]
    assert scene.origin["changeId"] == str(change.pk)
    names = list(project.events.order_by("seq").values_list("name", flat=True))
    assert names[-4:] == ["scene.created", "beat.created", "entry.created", "change.applied"]


def test_an_inner_act_that_is_rolled_back_leaves_no_trace_in_the_outer_one(project):
    locked = lock(make_scene(project, title="Locked"))

    with recording(project_id=project.pk, by=HUMAN, summary="A chapter"):
        make_scene(project, title="Kept")
        with pytest.raises(Conflict), transaction.atomic():
            make_scene_and_edit(project, locked)

    assert [op["after"]["title"] for op in acts(project).last().ops] == ["Kept"]
    assert [scene.title for scene in Scene.objects.order_by("order")] == ["Locked", "Kept"]
    names = list(project.events.order_by("seq").values_list("name", flat=True))
    assert names[-2:] == ["scene.created", "change.applied"]


def make_scene_and_edit(project, locked):
    with recording(project_id=project.pk, by=HUMAN, summary="Inner"):
        make_scene(project, title="Lost")
        edit_scene(scene=locked, by=HUMAN, title="x")


def test_an_act_that_fails_stores_nothing(project):
    before = acts(project).count()

    with (
        pytest.raises(Conflict),
        recording(project_id=project.pk, by=HUMAN, summary="A chapter"),
    ):
        make_scene_and_edit(project, lock(make_scene(project)))

    assert acts(project).count() == before
    assert Scene.objects.count() == 0


def test_an_act_that_changes_nothing_stores_nothing(project):
    scene = make_scene(project, title="Dock")
    before = acts(project).count()

    edit_scene(scene=scene, by=HUMAN, title="Dock")

    assert acts(project).count() == before
    assert Scene.objects.get().version == 1


def test_a_broken_column_is_named_as_on_the_wire(project):
    scene = make_scene(project)

    with pytest.raises(Invalid) as caught:
        make_beat(scene, duration_s="long")

    assert [fault.pointer for fault in caught.value.faults] == ["/durationSeconds"]
    assert Beat.objects.count() == 0


@pytest.mark.parametrize(
    "act",
    [
        lambda entry: bible.remove_entry(entry=entry, by=HUMAN),
        lambda entry: bible.edit_entry(entry=entry, by=HUMAN, description="Too late."),
    ],
    ids=["remove", "edit"],
)
def test_what_somebody_else_has_just_deleted_is_missing_and_deleted_once(project, act):
    """Two requests have read the row; the first deletes it."""
    entry = make_entry(project, name="Mara")
    late = BibleEntry.objects.get(pk=entry.pk)
    bible.remove_entry(entry=entry, by=HUMAN)
    gone_at = BibleEntry.objects.get(pk=entry.pk).deleted_at
    before = acts(project).count()

    with pytest.raises(Missing):
        act(late)

    row = BibleEntry.objects.get(pk=entry.pk)
    assert (row.deleted_at, row.description) == (gone_at, entry.description)
    assert acts(project).count() == before
