"""Outlines: from words to a proposal, and from a proposal to the canvas."""

import copy
import json

import pytest

from ai.models import Outline, UpstreamCall
from scenes.models import Beat, BibleEntry, ChangeSet
from tests.ai.conftest import run, scenes_of
from tests.ai.jobs.test_runner import OUTLINE, outline

TWO = copy.deepcopy(OUTLINE) | {
    "scenes": [
        OUTLINE["scenes"][0],
        OUTLINE["scenes"][0]
        | {"title": "Dusk", "characters": ["Jonas"], "location": "Deck", "summary": "He waits."},
    ],
    "characters": [
        {"name": "Mara", "description": "A courier."},
        {"name": "Jonas", "description": "A ferryman."},
    ],
    "locations": [
        {"name": "Quay", "description": "A quay in fog."},
        {"name": "Deck", "description": "A wet deck."},
    ],
}


def proposed(api, project, openrouter, answer=TWO):
    job_id = outline(api, project)
    openrouter.will_answer(answer)
    job = run(job_id)
    assert job.status == "succeeded", job.error
    return Outline.objects.get(pk=job.result["outlineId"])


def accept(api, row, body=None):
    return api.post(f"/api/v1/outlines/{row.pk}/accept/", body or {})


def test_a_text_becomes_a_numbered_proposal_and_the_canvas_stays_as_it_is(api, project, openrouter):
    first = proposed(api, project, openrouter)
    second = proposed(api, project, openrouter)

    assert (first.number, second.number, first.status) == (1, 2, "proposed")
    assert scenes_of(project) == []
    assert BibleEntry.objects.count() == 0
    assert [scene["title"] for scene in first.content["scenes"]] == ["Dawn", "Dusk"]
    sent = openrouter.heard[0]["messages"][-1]["content"]
    assert "Mara waits at the quay." in sent


def test_an_accepted_outline_is_one_change_set_with_scenes_beats_and_bible(
    api, project, openrouter
):
    row = proposed(api, project, openrouter)

    answer = accept(api, row)

    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
    assert scenes_of(project) == ["Dawn", "Dusk"]
    assert Beat.objects.count() == 2
    assert sorted(e.name for e in BibleEntry.objects.all()) == ["Deck", "Jonas", "Mara", "Quay"]
    change = ChangeSet.objects.get(pk=answer.json()["changeId"])
    assert len([op for op in change.ops if op["op"] == "add"]) == 2 + 2 + 4
    project.refresh_from_db()
    assert (project.title, project.logline) == ("The Ferry", "A courier crosses.")
    scene = project.scenes.first()
    assert (scene.location, scene.cast, scene.duration_s) == ("Quay", ["Mara"], 12.5)


def test_accepting_twice_changes_nothing(api, project, openrouter):
    row = proposed(api, project, openrouter)
    once = accept(api, row)
    before = ChangeSet.objects.count()

    twice = accept(api, row)

    assert once.json() == twice.json()
    assert (scenes_of(project), ChangeSet.objects.count()) == (["Dawn", "Dusk"], before)


def test_a_part_can_be_taken_with_the_people_and_places_it_needs(api, project, openrouter):
    row = proposed(api, project, openrouter)
    second = row.content["scenes"][1]["id"]
    title = project.title

    accept(api, row, {"scenes": [second], "title": False})

    assert scenes_of(project) == ["Dusk"]
    assert sorted(e.name for e in BibleEntry.objects.all()) == ["Deck", "Jonas"]
    project.refresh_from_db()
    assert project.title == title


def test_an_unknown_scene_is_refused_by_name_and_nothing_is_taken(api, project, openrouter):
    row = proposed(api, project, openrouter)
    known = row.content["scenes"][0]["id"]

    answer = accept(api, row, {"scenes": [known, str(row.pk)]})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/scenes/1")
    assert scenes_of(project) == []
    row.refresh_from_db()
    assert row.status == "proposed"


def test_taking_no_scene_is_refused_and_the_proposal_stays(api, project, openrouter):
    row = proposed(api, project, openrouter)

    answer = accept(api, row, {"scenes": []})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/scenes")
    row.refresh_from_db()
    assert row.status == "proposed"


def test_a_rejected_outline_cannot_be_accepted(api, project, openrouter):
    row = proposed(api, project, openrouter)
    api.post(f"/api/v1/outlines/{row.pk}/reject/", {})

    answer = accept(api, row)

    assert (answer.status_code, answer.json()["code"]) == (409, "outline-rejected")
    assert scenes_of(project) == []


def test_an_outline_larger_than_the_plan_is_refused_whole(api, project, openrouter):
    row = proposed(api, project, openrouter)
    type(api.workspace.plan).objects.filter(pk=api.workspace.plan_id).update(
        max_scenes_per_project=1
    )

    answer = accept(api, row)

    assert (answer.status_code, answer.json()["code"]) == (402, "quota-exhausted")
    assert (scenes_of(project), BibleEntry.objects.count()) == ([], 0)
    row.refresh_from_db()
    assert row.status == "proposed"


@pytest.mark.parametrize(
    "said",
    [
        f"Here it is:\n```json\n{json.dumps(OUTLINE)}\n```\nEnjoy!",
        json.dumps({"outline": OUTLINE}),
        json.dumps(OUTLINE)[:-1] + ",}",
    ],
    ids=["fenced", "wrapped", "trailing comma"],
)
def test_an_answer_that_is_only_badly_wrapped_needs_no_second_call(api, project, openrouter, said):
    job_id = outline(api, project)
    openrouter.will_say(said)

    job = run(job_id)

    assert (job.status, len(openrouter.heard)) == ("succeeded", 1)


def test_a_wrong_answer_is_asked_again_with_its_exact_errors_then_the_next_model(
    api, project, openrouter
):
    wrong = copy.deepcopy(OUTLINE)
    wrong["scenes"][0]["time_of_day"] = "teatime"
    job_id = outline(api, project)
    openrouter.will_answer(wrong)
    openrouter.will_answer(wrong)
    openrouter.will_answer(OUTLINE)

    job = run(job_id)

    assert job.status == "succeeded"
    correction = openrouter.heard[1]["messages"][-1]["content"]
    assert "scenes[0].time_of_day" in correction
    assert "teatime" in correction
    models = [request["model"] for request in openrouter.heard]
    assert models == ["maker/first", "maker/first", "maker/second"]
    calls = list(UpstreamCall.objects.all())
    assert ["time_of_day" in call.verdict for call in calls] == [True, True, False]
    assert "teatime" in calls[0].raw_text


def test_three_wrong_answers_end_the_job_and_nothing_is_stored_as_valid(api, project, openrouter):
    job_id = outline(api, project)
    for _ in range(3):
        openrouter.will_say("I would rather talk about the weather.")

    job = run(job_id)

    assert (job.status, job.error["code"]) == ("failed", "no-valid-answer")
    assert Outline.objects.count() == 0
    assert UpstreamCall.objects.filter(raw_text__contains="weather").count() == 3


def test_an_answer_that_was_cut_is_never_taken_for_a_whole_one(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_answer(OUTLINE, finish="length")
    openrouter.will_answer(TWO)

    job = run(job_id)

    assert (job.status, job.result["scenes"]) == ("succeeded", 2)


def test_the_asked_number_of_scenes_is_told_to_the_model_and_compared(api, project, openrouter):
    job_id = outline(api, project, target={"scenes": 5})
    openrouter.will_answer(TWO)

    job = run(job_id)

    assert "Exactly 5 scenes." in openrouter.heard[0]["messages"][-1]["content"]
    assert job.result["targetMet"] is False


@pytest.mark.parametrize(("seconds", "met"), [(25, True), (28, True), (40, False), (10, False)])
def test_the_asked_running_time_is_compared_too(api, project, openrouter, seconds, met):
    job_id = outline(api, project, target={"runtimeSeconds": seconds})
    openrouter.will_answer(TWO)

    assert run(job_id).result["targetMet"] is met


def test_a_chat_can_be_outlined_once_something_was_said(api, project, openrouter):
    path = f"/api/v1/projects/{project.pk}/outlines/"
    early = api.post(path, {"source": "chat"})
    job_id = api.post(
        f"/api/v1/projects/{project.pk}/messages/", {"content": "A film about fog."}
    ).json()["job"]["id"]
    openrouter.will_say("Good.")
    run(job_id)

    later = api.post(path, {"source": "chat"})
    openrouter.will_answer(OUTLINE)
    job = run(later.json()["id"])

    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/source")
    assert job.status == "succeeded"
    assert "A film about fog." in openrouter.heard[-1]["messages"][-1]["content"]
