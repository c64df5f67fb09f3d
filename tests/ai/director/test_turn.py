"""A turn of the director, from the HTTP edge to the feed."""

import json

from ai.models import ChatMessage, Job, UpstreamCall
from scenes.models import BibleEntry, ChangeSet, Event
from tests.ai.conftest import run, run_after_wait, scenes_of

BUS_STOP = (
    '{"title": "Bus stop", "description": "She waits.", "location": "Quay", "characters": ["Mara"]}'
)


def say(api, project, words="Add the bus stop."):
    answer = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": words})
    assert answer.status_code == 202, answer.content
    return answer.json()["job"]["id"]


def roles(project):
    return [row.role for row in ChatMessage.objects.filter(project=project)]


def test_a_message_is_answered_by_words_and_tools_and_each_change_names_its_message(
    api, project, openrouter
):
    openrouter.will_call(("create_scene", BUS_STOP), text="I add it.")
    openrouter.will_say("Done. What does she carry?")

    job = run(say(api, project))

    assert (job.status, job.error) == ("succeeded", None)
    assert scenes_of(project) == ["Bus stop"]
    assert roles(project) == ["user", "assistant", "tool", "assistant"]
    scene = project.scenes.get()
    spoken = ChatMessage.objects.get(project=project, position=2)
    assert (scene.location, scene.cast) == ("Quay", ["Mara"])
    assert scene.origin["messageId"] == str(spoken.pk)
    assert ChangeSet.objects.get(message_id=spoken.pk).ops[0]["id"] == str(scene.pk)
    assert spoken.tool_calls[0]["status"] == "done"
    assert ChatMessage.objects.get(project=project, position=4).content.startswith("Done.")


def test_the_result_of_a_tool_returns_to_the_model(api, project, openrouter):
    openrouter.will_call(("create_scene", BUS_STOP))
    openrouter.will_say("Done.")

    run(say(api, project))

    told = openrouter.heard[1]["messages"][-1]
    assert told["role"] == "tool"
    assert told["tool_call_id"] == openrouter.heard[1]["messages"][-2]["tool_calls"][0]["id"]
    assert json.loads(told["content"])["status"] == "created"


def test_a_turn_goes_on_where_it_stopped_and_no_tool_acts_twice(api, project, openrouter):
    job_id = say(api, project)
    openrouter.will_call(("create_scene", BUS_STOP))
    openrouter.will_fail(503)
    openrouter.will_fail(503)
    openrouter.will_say("done")

    waiting = run(job_id)
    job = run_after_wait(job_id)

    assert (waiting.status, waiting.waits) == ("queued", 1)
    assert job.status == "succeeded"
    assert scenes_of(project) == ["Bus stop"]
    assert roles(project) == ["user", "assistant", "tool", "assistant"]
    assert UpstreamCall.objects.count() == 4


def test_update_bible_merges_what_it_knows_already(api, project, openrouter):
    first = '{"characters": [{"name": "Mara", "description": "A courier."}]}'
    second = json.dumps(
        {
            "characters": [{"name": "MARA", "description": "A courier. She limps."}],
            "aesthetic": {"tone": "dry", "palette": ["#112233"]},
        }
    )
    openrouter.will_call(("update_bible", first), ("update_bible", second))
    openrouter.will_say("Saved.")

    run(say(api, project, "Mara is a courier."))

    entry = BibleEntry.objects.get(project=project)
    project.refresh_from_db()
    assert (entry.name, entry.description) == ("Mara", "A courier. She limps.")
    assert (project.aesthetic["tone"], project.aesthetic["palette"]) == ("dry", ["#112233"])


def test_broken_arguments_change_nothing_and_the_model_is_told(api, project, openrouter):
    openrouter.will_call(("create_scene", '{"title": ["Bus"], "colour": 3}'), ("fly_to_mars", "{}"))
    openrouter.will_say("Sorry.")

    job = run(say(api, project))

    assert job.status == "succeeded"
    assert scenes_of(project) == []
    spoken = ChatMessage.objects.get(project=project, position=2)
    assert [call["status"] for call in spoken.tool_calls] == ["refused", "refused"]
    assert "no tool 'fly_to_mars'" in openrouter.heard[1]["messages"][-1]["content"]


def test_a_call_that_was_cut_never_runs_and_the_next_model_is_asked(api, project, openrouter):
    openrouter.will_call(("create_scene", '{"title": "Bus stop", "description": "She wai'))
    openrouter.will_say("Which bus stop?")

    job = run(say(api, project))

    assert job.status == "succeeded"
    assert scenes_of(project) == []
    assert [request["model"] for request in openrouter.heard] == ["maker/first", "maker/second"]


def test_a_refused_tool_leaves_the_other_tools_of_its_round_standing(api, project, openrouter):
    wrong = '{"workflow": "poster", "sceneId": "nowhere"}'
    openrouter.will_call(("create_scene", BUS_STOP), ("apply_director_workflow", wrong))
    openrouter.will_say("One of two.")

    run(say(api, project, "Make a poster scene"))

    assert scenes_of(project) == ["Bus stop"]
    assert project.scenes.get().prompt_slots["workflow"] == "standard"


def test_a_locked_scene_is_refused_to_the_director(api, project, openrouter):
    made = api.post(f"/api/v1/projects/{project.pk}/scenes/", {"title": "Ash"}).json()
    api.post(f"/api/v1/scenes/{made['id']}/status/", {"status": "locked"})
    openrouter.will_call(("apply_director_workflow", '{"workflow": "poster"}'))
    openrouter.will_say("It is locked.")

    run(say(api, project, "Make it a poster"))

    scene = project.scenes.get()
    assert (scene.prompt_slots["workflow"], scene.status) == ("standard", "locked")
    assert "locked" in openrouter.heard[1]["messages"][-1]["content"]


def test_a_proposed_structure_waits_for_the_person(api, project, openrouter):
    scenes = [{"title": "One", "description": "A."}, {"title": "Two", "description": "B."}]
    structure = json.dumps({"title": "Ferry", "logline": "L.", "scenes": scenes})
    openrouter.will_call(("propose_structure", structure))
    openrouter.will_say("Have a look.")

    run(say(api, project, "Propose a structure"))
    proposal = api.get(f"/api/v1/projects/{project.pk}/outlines/").json()["results"][0]
    accepted = api.post(f"/api/v1/outlines/{proposal['id']}/accept/", {}).json()

    assert (proposal["number"], proposal["status"]) == (1, "proposed")
    assert accepted["status"] == "accepted"
    assert scenes_of(project) == ["One", "Two"]


def test_a_second_message_is_refused_while_the_director_answers(api, project, openrouter):
    say(api, project)

    answer = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "And?"})

    assert (answer.status_code, answer.json()["code"]) == (409, "turn-in-progress")
    assert roles(project) == ["user"]


def test_the_feed_tells_the_turn_in_order_without_a_gap(api, project, openrouter):
    openrouter.will_call(("create_scene", BUS_STOP), text="I add it.")
    openrouter.will_say("Done. What does she carry?")

    job = run(say(api, project))

    events = list(Event.objects.filter(project=project))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    words = "".join(e.data["text"] for e in events if e.name == "text.delta")
    assert words == "I add it.Done. What does she carry?"
    assert {e.job_id for e in events if e.name == "text.delta"} == {job.pk}
    names = [e.name for e in events]
    assert names.index("tool.started") < names.index("tool.finished")
    assert names.count("message.completed") == 3
    assert names[-1] == "job.updated"


def test_words_of_a_failed_model_are_withdrawn_before_the_next_one_speaks(api, project, openrouter):
    openrouter.will_break("Once upon")
    openrouter.will_say("Twice.")

    job = run(say(api, project))

    assert job.status == "succeeded"
    told = [
        (e.name, e.data.get("text"))
        for e in Event.objects.filter(project=project)
        if e.name in {"text.delta", "message.restarted"}
    ]
    assert told == [
        ("text.delta", "Once upon"),
        ("message.restarted", None),
        ("text.delta", "Twice."),
    ]
    assert ChatMessage.objects.filter(project=project, role="assistant").get().content == "Twice."
    assert [c.status for c in UpstreamCall.objects.order_by("created_at")] == ["unknown", "settled"]


def test_small_models_are_offered_few_tools(api, project, openrouter):
    openrouter.will_say("Hello.")

    run(say(api, project, "Hello"))

    offered = [tool["function"]["name"] for tool in openrouter.heard[0]["tools"]]
    assert offered == ["update_bible", "create_scene", "propose_structure"]


def test_the_last_round_must_speak(api, project, openrouter):
    for number in range(5):
        openrouter.will_call(("create_scene", BUS_STOP.replace("Bus stop", f"Stop {number}")))
    openrouter.will_say("Enough.")

    job = run(say(api, project))

    assert job.status == "succeeded"
    assert len(scenes_of(project)) == 5
    assert "tools" not in openrouter.heard[5]


def test_no_usable_words_end_in_a_plain_failure(api, project, openrouter):
    openrouter.will_fail(401, "no such key")

    job = run(say(api, project))

    assert (job.status, job.error["status"]) == ("failed", 502)
    assert Job.objects.get(pk=job.pk).finished_at is not None
    assert scenes_of(project) == []
