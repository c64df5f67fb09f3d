"""Edits of the film in the admin: each goes through its service."""

import json

import pytest

from canvas.core.patch import merge_patch
from scenes.admin.jsontext import patch_between
from scenes.models import Beat, BibleEntry, ChangeSet, Project, Scene, SceneStatus, SceneTemplate
from tests.factories import make_plan, make_workspace
from tests.scenes.admin.pages import add, errors, page_of, save
from tests.scenes.factories import (
    lock,
    make_asset,
    make_beat,
    make_entry,
    make_project,
    make_scene,
)


def test_an_edit_of_a_project_is_a_change_set_of_the_person(staff, film):
    before = ChangeSet.objects.count()

    answer = save(staff, film, title="Salt", tags='["sea"]', aesthetic='{"mood": ["cold"]}')

    assert answer.status_code == 302
    film.refresh_from_db()
    assert (film.title, film.tags, film.aesthetic["mood"]) == ("Salt", ["sea"], ["cold"])
    assert ChangeSet.objects.count() == before + 1
    change = ChangeSet.objects.first()
    assert (change.actor, change.user_id) == ("human", staff.user.pk)
    assert change.summary == "Edited “Salt Roads”"


def test_saving_without_a_change_writes_nothing(staff, film):
    before = ChangeSet.objects.count()

    assert save(staff, film).status_code == 302

    film.refresh_from_db()
    assert film.version == 1
    assert ChangeSet.objects.count() == before


def test_a_member_taken_out_of_the_style_is_gone(staff, film):
    save(staff, film, global_style='{"visualTheme": "salt", "palette": ["#fff"]}')

    save(staff, film, global_style='{"palette": ["#000"]}')

    film.refresh_from_db()
    assert film.global_style == {"palette": ["#000"]}


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("tags", "[1]"),
        ("tags", "{}"),
        ("tags", "["),
        ("tags", '["\\u0000"]'),
        ("tags", '["\\ud800"]'),
        ("tags", "[" * 50_000),
        ("global_style", '{"unknown": 1}'),
        ("global_style", "[]"),
        ("aesthetic", '{"palette": "red"}'),
    ],
)
def test_json_of_a_wrong_shape_is_an_error_of_its_field(staff, film, column, text):
    answer = save(staff, film, **{"title": "Changed", column: text})

    assert list(errors(answer)) == [column]
    film.refresh_from_db()
    assert (film.title, film.version) == ("Salt Roads", 1)


def test_an_emptied_list_is_stored_as_an_empty_list(staff, film):
    save(staff, film, tags='["sea"]')

    assert save(staff, film, tags="").status_code == 302

    film.refresh_from_db()
    assert film.tags == []


def test_a_locked_scene_refuses_an_edit_and_what_was_typed_is_still_there(staff, film):
    scene = lock(make_scene(film, title="Harbour"))
    before = ChangeSet.objects.count()

    answer = save(staff, scene, title="Pier")

    assert "(scene-locked)" in errors(answer)["__all__"][0]
    assert 'value="Pier"' in answer.content.decode()
    scene.refresh_from_db()
    assert scene.title == "Harbour"
    assert ChangeSet.objects.count() == before


def test_an_edit_of_an_old_version_is_refused(staff, film):
    scene = make_scene(film, title="Harbour")
    save(staff, scene, title="Pier")

    answer = save(staff, scene, title="Quay", expected=1)

    assert "(stale)" in errors(answer)["__all__"][0]
    scene.refresh_from_db()
    assert scene.title == "Pier"


def test_new_slots_compile_the_prompt_anew(staff, film):
    scene = make_scene(film, prompt_slots={"subject": "A boat"})
    slots = {**scene.prompt_slots, "subject": "A lighthouse"}

    answer = save(staff, scene, prompt_slots=json.dumps(slots))

    assert answer.status_code == 302
    scene.refresh_from_db()
    assert scene.prompt_slots["subject"] == "A lighthouse"
    assert "A lighthouse" in scene.compiled_prompt


def test_slots_that_no_scene_can_have_are_refused_by_the_service(staff, film):
    scene = make_scene(film)

    answer = save(staff, scene, prompt_slots='{"camera": {"angel": "low"}}')

    assert errors(answer) == {"prompt_slots": ["/camera/angel: There is no such slot."]}
    scene.refresh_from_db()
    assert scene.version == 1


def test_slots_have_to_be_an_object(staff, film):
    answer = save(staff, make_scene(film), prompt_slots="[]")

    assert errors(answer) == {"prompt_slots": ["Expected an object."]}


def test_a_project_starts_with_the_aesthetic_that_was_typed(staff, film):
    add(staff, Project, workspace=film.workspace_id, title="Second", aesthetic='{"era": "1920s"}')

    assert Project.objects.get(title="Second").aesthetic["era"] == "1920s"


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ({}, {}, {}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2, "b": []}, {"a": 2, "b": []}),
        ({"a": 1, "b": 2}, {"b": 2}, {"a": None}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": None, "y": 3}}),
        ({"a": {"x": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": {"x": 1}}, {"a": {"x": 1}}),
    ],
)
def test_a_patch_between_two_maps_leads_from_one_to_the_other(before, after, patch):
    assert patch_between(before, after) == patch
    assert merge_patch(before, patch) == after


def test_an_entry_cannot_take_the_name_of_another(staff, film):
    make_entry(film, name="Mara")
    other = make_entry(film, name="Ivo")

    answer = save(staff, other, name="MARA")

    assert "(entry-exists)" in errors(answer)["__all__"][0]
    other.refresh_from_db()
    assert other.name == "Ivo"


def test_what_is_said_of_a_picture_is_edited_and_its_measures_are_not(staff, film):
    asset = make_asset(film)

    answer = save(staff, asset, label="Pier at dawn", width=1)

    assert answer.status_code == 302
    asset.refresh_from_db()
    assert (asset.label, asset.width) == ("Pier at dawn", 64)


def test_a_beat_is_edited_with_its_shot(staff, film):
    beat = make_beat(make_scene(film), shot={"angle": "low", "lens": "35"})

    answer = save(staff, beat, summary="She runs.", shot='{"angle": "high"}')

    assert answer.status_code == 302
    beat.refresh_from_db()
    assert (beat.summary, beat.shot) == ("She runs.", {"angle": "high"})


def test_rows_are_added_through_their_services(staff, film):
    workspace = film.workspace

    assert add(staff, Project, workspace=workspace.pk, title="Second").status_code == 302
    assert add(staff, Scene, project=film.pk, title="Harbour").status_code == 302
    scene = Scene.objects.get(title="Harbour")
    answer = add(staff, Beat, scene=scene.pk, summary="She waits.", duration_s="4.5")
    assert answer.status_code == 302
    answer = add(staff, BibleEntry, project=film.pk, category="prop", name="Lamp")
    assert answer.status_code == 302

    assert Project.objects.get(title="Second").feed.last_seq > 0
    assert (scene.order, scene.origin["kind"]) == (0, "human")
    assert Beat.objects.get().duration_s == 4.5
    assert BibleEntry.objects.get().name_key == "lamp"
    assert ChangeSet.objects.filter(user_id=staff.user.pk).count() == 4


def test_a_project_over_the_plan_is_refused(staff):
    workspace = make_workspace(plan=make_plan(max_projects=1))
    make_project(workspace)

    answer = add(staff, Project, workspace=workspace.pk, title="Second")

    assert "(quota-exhausted)" in errors(answer)["__all__"][0]
    assert Project.objects.filter(workspace=workspace).count() == 1


def test_a_row_in_the_bin_is_shown_and_refuses_edits(staff, film):
    entry = make_entry(film)
    staff.post(page_of(entry, "delete"), {"post": "yes"})

    page = staff.get(page_of(entry))

    assert page.status_code == 200
    assert 'name="expected"' not in page.content.decode()
    assert staff.post(page_of(entry), {"name": "x"}).status_code == 403


def test_a_template_is_edited_and_its_slots_are_checked(staff):
    template = SceneTemplate.objects.create(
        key="dawn", name="Dawn", category="image", default_prompt_slots={"subject": "Sea"}
    )

    refused = save(staff, template, default_prompt_slots='{"subject": 1}')
    answer = save(staff, template, name="Dusk", default_prompt_slots='{"subject": "Sky"}')

    assert list(errors(refused)) == ["default_prompt_slots"]
    assert answer.status_code == 302
    template.refresh_from_db()
    assert (template.name, template.default_prompt_slots) == ("Dusk", {"subject": "Sky"})


def test_text_and_json_are_shown_escaped_and_indented(staff, film):
    scene = make_scene(film, source_span={"from": "<b>"})
    Scene.objects.filter(pk=scene.pk).update(compiled_prompt="<script>x</script>")

    shown = staff.get(page_of(scene)).content.decode()

    assert "&lt;script&gt;x&lt;/script&gt;" in shown
    assert "<script>x</script>" not in shown
    assert "{\n  &quot;from&quot;: &quot;&lt;b&gt;&quot;\n}" in shown


def test_a_status_is_no_field_of_the_form(staff, film):
    scene = make_scene(film)

    save(staff, scene, title="Pier", status=SceneStatus.LOCKED)

    scene.refresh_from_db()
    assert (scene.title, scene.status) == ("Pier", "exploring")
