"""Acts on rows of the film in the admin: lock, unlock, delete, restore."""

import pytest

from scenes.models import ChangeSet, Scene
from scenes.services.projects import remove_project
from tests.factories import make_plan, make_workspace
from tests.scenes.admin.pages import act, list_of, page_of, said
from tests.scenes.factories import (
    HUMAN,
    lock,
    make_asset,
    make_beat,
    make_entry,
    make_project,
    make_scene,
)


def make_beat_of(project):
    return make_beat(make_scene(project))


def itself(project):
    return project


def test_scenes_are_locked_and_unlocked_each_by_itself(staff, film):
    one, two = make_scene(film, title="One"), lock(make_scene(film, title="Two"))

    answer = act(staff, "lock", one, two)

    assert sorted(said(answer)) == ["One: is locked now", "Two: was locked already"]
    assert ChangeSet.objects.first().user_id == staff.user.pk
    assert sorted(said(act(staff, "unlock", one))) == ["One: is refining now"]
    one.refresh_from_db()
    assert one.status == "refining"


def test_deleting_is_soft_and_a_locked_scene_stays(staff, film):
    one, two = make_scene(film, title="One"), lock(make_scene(film, title="Two"))

    told = sorted(said(act(staff, "remove", one, two)))

    assert told[0] == "One: deleted"
    assert told[1].startswith("Two: “Two” is locked.")
    assert told[1].endswith("(scene-locked)")
    assert [row.title for row in Scene.objects.alive()] == ["Two"]
    assert Scene.objects.count() == 2


@pytest.mark.parametrize("make", [make_scene, make_beat_of, make_entry, make_asset, itself])
def test_every_table_with_a_bin_is_deleted_into_it_as_a_change_set(staff, film, make):
    row = make(film)

    act(staff, "remove", row)

    row.refresh_from_db()
    assert row.deleted_at is not None
    change = ChangeSet.objects.first()
    assert (change.ops[0]["op"], change.user_id) == ("remove", staff.user.pk)
    again = said(act(staff, "remove", row))
    assert again == [f"{row}: This lies in the bin already. (not-found)"]
    assert ChangeSet.objects.first() == change


def test_the_page_that_asks_before_deleting_deletes_softly(staff, film):
    scene = make_scene(film)

    asked = staff.get(page_of(scene, "delete"))
    done = staff.post(page_of(scene, "delete"), {"post": "yes"})

    assert asked.status_code == 200
    assert done.status_code == 302
    scene.refresh_from_db()
    assert scene.deleted_at is not None


def test_the_page_that_asks_leads_back_when_the_scene_is_locked(staff, film):
    scene = lock(make_scene(film))

    answer = staff.post(page_of(scene, "delete"), {"post": "yes"})

    assert answer.url == page_of(scene)
    assert said(answer)[-1].endswith("(scene-locked)")
    scene.refresh_from_db()
    assert scene.deleted_at is None


def test_a_project_is_taken_out_of_the_bin(staff, film):
    remove_project(project=film, by=HUMAN)

    answer = act(staff, "restore", film, back=film.pk)

    assert said(answer) == ["Salt Roads: restored"]
    assert answer.url == page_of(film)
    film.refresh_from_db()
    assert film.deleted_at is None
    assert said(act(staff, "restore", film))[-1].endswith("was neither deleted nor archived")


def test_a_restored_project_counts_against_the_plan(staff):
    workspace = make_workspace(plan=make_plan(max_projects=1))
    old = make_project(workspace, title="Old")
    remove_project(project=old, by=HUMAN)
    make_project(workspace, title="New")

    answer = act(staff, "restore", old)

    assert said(answer)[0].endswith("(quota-exhausted)")
    old.refresh_from_db()
    assert old.deleted_at is not None


def test_the_page_of_a_scene_offers_its_acts(staff, film):
    scene = make_scene(film)

    shown = staff.get(page_of(scene)).content.decode()

    assert f'action="{list_of(Scene)}"' in shown
    assert 'name="action" value="lock"' in shown
    assert "delete_selected" not in staff.get(list_of(Scene)).content.decode()
