"""A turn of the director, from the HTTP edge to the feed."""

import json

import pytest
from django.db import connection

from ai.director.deltas import writer
from ai.models import CatalogueEntry, ChatMessage, Job, UpstreamCall
from canvas.workspaces.models import SecondMessage, Workspace
from scenes.models import BibleEntry, ChangeSet, Event
from tests.ai.conftest import run, run_after_wait, scenes_of
from tests.ai.factories import make_message

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
    assert [request["tool_choice"] for request in openrouter.heard] == ["auto"] * 5 + ["none"]
    assert openrouter.heard[5]["tools"] == openrouter.heard[4]["tools"]


@pytest.mark.parametrize(
    ("words", "kept"), [("That is all.", "That is all."), (" ", "(The model said nothing.)")]
)
def test_calls_of_the_last_round_are_not_carried_out(api, project, openrouter, words, kept):
    for number in range(5):
        openrouter.will_call(("create_scene", BUS_STOP.replace("Bus stop", f"Stop {number}")))
    openrouter.will_call(("create_scene", BUS_STOP), text=words)

    job = run(say(api, project))

    assert job.status == "succeeded"
    assert "Bus stop" not in scenes_of(project)
    last = ChatMessage.objects.filter(project=project).last()
    assert (last.role, last.content, last.tool_calls) == ("assistant", kept, [])
    told = Event.objects.filter(project=project, name="tool.finished").last()
    assert (told.data["messageId"], told.data["status"]) == (str(last.pk), "refused")


def test_calls_past_the_sixteenth_of_a_round_are_refused(api, project, openrouter):
    openrouter.will_call(
        *[("create_scene", BUS_STOP.replace("Bus stop", f"Stop {n}")) for n in range(80)]
    )
    openrouter.will_say("Sixteen of them.")

    job = run(say(api, project))

    assert job.status == "succeeded"
    assert scenes_of(project) == [f"Stop {number}" for number in range(16)]
    spoken = ChatMessage.objects.get(project=project, position=2)
    assert [c["status"] for c in spoken.tool_calls] == ["done"] * 16 + ["refused"] * 64
    heard = openrouter.heard[1]["messages"]
    assert [m["role"] for m in heard] == ["system", "user", "assistant"] + ["tool"] * 80
    assert heard[-1]["content"] == "Nothing was done. At most 16 calls at once."


def test_a_turn_never_forgets_its_question(api, project, openrouter):
    for _ in range(4):
        openrouter.will_call(*[("fly_to_mars", "{}")] * 20)
    openrouter.will_say("No.")

    run(say(api, project, "Fly to Mars."))

    heard = openrouter.heard[4]["messages"]
    assert [m["role"] for m in heard].count("tool") == 80
    assert heard[1] == {"role": "user", "content": "Fly to Mars."}


def test_a_question_that_waits_is_not_heard_before_its_turn(api, project, openrouter):
    Workspace.objects.update(second_message=SecondMessage.QUEUE)
    first, second = say(api, project, "One?"), say(api, project, "Two?")
    openrouter.will_call(("create_scene", BUS_STOP))
    openrouter.will_say("One.")
    openrouter.will_say("Two.")

    run(first)
    run(second)

    before, between, after = ([m["role"] for m in r["messages"]] for r in openrouter.heard)
    assert before == ["system", "user"]
    assert between == ["system", "user", "assistant", "tool"]
    assert after == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert openrouter.heard[0]["messages"][-1]["content"] == "One?"
    assert openrouter.heard[2]["messages"][-1]["content"] == "Two?"


def heard_words(openrouter):
    return [message["content"][:5] for message in openrouter.heard[0]["messages"][1:]]


def test_older_exchanges_are_told_while_they_fit_and_never_by_half(api, project, openrouter):
    for number in range(4):
        make_message(project, content=f"Ask {number}")
        make_message(project, content=f"Say {number}" + 75_000 * "x", role="assistant")
    openrouter.will_say("Hello.")

    run(say(api, project, "Hello"))

    assert heard_words(openrouter) == ["Ask 2", "Say 2", "Ask 3", "Say 3", "Hello"]


def test_a_small_model_hears_what_fits_beside_its_reply(api, project, openrouter):
    CatalogueEntry.objects.create(
        slug="maker/first", context_length=12_000, supported_parameters=["tools"]
    )
    make_message(project, content="Ask" + 6_000 * "x")
    make_message(project, content="Say", role="assistant")
    openrouter.will_say("Hello.")

    run(say(api, project, "Hello" + 60_000 * "x"))

    assert heard_words(openrouter) == ["Hello"]


def test_the_history_never_begins_with_the_result_of_a_call_that_was_left_out(
    api, project, openrouter
):
    make_message(project, role="tool", tool_call_id="lost", content="{}")
    make_message(project, role="assistant", content="Welcome.")
    openrouter.will_say("Hello.")

    run(say(api, project, "Hello"))

    assert heard_words(openrouter) == ["Welco", "Hello"]


def test_an_id_of_a_call_may_be_long(api, project, openrouter):
    call = {
        "index": 0,
        "id": "call_" + 400 * "s",
        "type": "function",
        "function": {"name": "create_scene", "arguments": BUS_STOP},
    }
    openrouter.will_do(
        lambda body: openrouter._reply(body, {"tool_calls": [call]}, "0.0001", "tool_calls")
    )
    openrouter.will_say("Done.")

    job = run(say(api, project))

    assert (job.status, job.error) == ("succeeded", None)
    assert openrouter.heard[1]["messages"][-1]["tool_call_id"] == call["id"]


def test_no_connection_is_held_while_the_last_deltas_are_awaited(
    api, project, openrouter, monkeypatch
):
    held, flush = [], writer.flush

    def watched():
        held.append(connection.connection)
        flush()

    monkeypatch.setattr(writer, "flush", watched)
    openrouter.will_call(("create_scene", BUS_STOP))
    openrouter.will_say("Done.")

    run(say(api, project))

    assert held == [None, None]


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs a pool: PostgreSQL")
def test_a_pool_of_one_connection_is_enough_for_a_turn(api, project, openrouter, caplog):
    options = connection.settings_dict["OPTIONS"]
    openrouter.will_call(("create_scene", BUS_STOP), text="I add it.")
    openrouter.will_say("Done.")
    job_id = say(api, project)
    connection.close()
    options["pool"] = {"min_size": 1, "max_size": 1, "timeout": 5}

    try:
        job = run(job_id)
    finally:
        connection.close()
        connection.close_pool()
        del options["pool"]

    events = Event.objects.filter(project=project, name="text.delta")
    assert job.status == "succeeded"
    assert "".join(event.data["text"] for event in events) == "I add it.Done."
    assert "deltas" not in caplog.text


def test_no_usable_words_end_in_a_plain_failure(api, project, openrouter):
    openrouter.will_fail(401, "no such key")

    job = run(say(api, project))

    assert (job.status, job.error["status"]) == ("failed", 502)
    assert Job.objects.get(pk=job.pk).finished_at is not None
    assert scenes_of(project) == []
