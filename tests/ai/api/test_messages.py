"""The chat over HTTP: posting, listing, and what is refused."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.models import ChatMessage, Job, MessageRole
from canvas.workspaces.models import Role, SecondMessage, Workspace
from tests.ai.factories import make_call, make_job, make_message
from tests.factories import browser_for, client_for, make_member
from tests.scenes.factories import make_asset, make_entry, make_scene


def url(project):
    return f"/api/v1/projects/{project.pk}/messages/"


def test_the_answer_to_a_post_is_what_is_read_afterwards(api, project):
    answer = api.post(url(project), {"content": "Begin."}).json()

    assert answer["job"] == api.get(f"/api/v1/jobs/{answer['job']['id']}/").json()
    assert [answer["message"]] == api.get(url(project)).json()["results"]


def test_posting_answers_202_with_the_message_and_its_job(api, project):
    scene, asset, entry = make_scene(project), make_asset(project), make_entry(project)
    before = make_message(project)
    attachments = [
        {"type": "scene", "id": str(scene.pk)},
        {"type": "asset", "id": str(asset.pk)},
        {"type": "entry", "id": str(entry.pk)},
    ]

    answer = api.post(
        url(project),
        {
            "content": "  INT. BUS STOP — NIGHT\n",
            "attachments": attachments,
            "linkedSceneId": str(scene.pk),
            "parentId": str(before.pk),
        },
    )

    assert answer.status_code == 202
    job = Job.objects.get()
    message = answer.json()["message"]
    created = message.pop("createdAt")
    assert created.endswith("Z")
    assert message == {
        "id": str(job.subject_id),
        "projectId": str(project.pk),
        "role": "user",
        "status": "complete",
        "content": "  INT. BUS STOP — NIGHT\n",
        "toolCalls": [],
        "toolCallId": "",
        "attachments": attachments,
        "linkedSceneId": str(scene.pk),
        "parentId": str(before.pk),
        "jobId": None,
        "model": None,
        "simulated": False,
        "costUsd": None,
    }
    assert answer.headers["Location"] == f"/api/v1/jobs/{job.pk}/"
    assert answer.json()["job"] == api.get(answer.headers["Location"]).json()


def test_an_answer_shows_its_tool_calls_model_and_cost(api, project):
    job = make_job(project)
    call = {
        "id": "call_1",
        "callId": "message:0",
        "name": "create_scene",
        "arguments": '{"title": "Bus stop"}',
        "status": "done",
        "result": "created",
        "changeId": str(uuid4()),
        "outlineId": None,
    }
    message = make_message(
        project,
        role=MessageRole.ASSISTANT,
        job=job,
        tool_calls=[call],
        model_served="maker/served",
        simulated=True,
    )
    make_call(job, cost_nusd=2_000_000_000, message_id=message.pk)
    make_call(job, cost_nusd=500_000_000, message_id=message.pk)
    make_call(job, cost_nusd=None)

    (shown,) = api.get(url(project)).json()["results"]

    assert shown["toolCalls"] == [call]
    assert (shown["model"], shown["simulated"]) == ("maker/served", True)
    assert (shown["costUsd"], shown["jobId"]) == ("2.5", str(job.pk))


def test_a_message_with_an_unknown_bill_has_no_cost(api, project):
    job = make_job(project)
    message = make_message(project, role=MessageRole.ASSISTANT, job=job)
    make_call(job, cost_nusd=5, message_id=message.pk)
    make_call(job, cost_nusd=None, message_id=message.pk)

    (shown,) = api.get(url(project)).json()["results"]

    assert shown["costUsd"] is None


def test_the_conversation_is_paged_oldest_first_or_newest_first(api, project):
    said = [str(make_message(project).pk) for _ in range(5)]

    def walk(query):
        found, address = [], f"{url(project)}?limit=2{query}"
        while address:
            page = api.get(address).json()
            found += [row["id"] for row in page["results"]]
            address = page["next"]
        return found

    assert walk("") == said
    assert walk("&ordering=-position") == said[::-1]


def test_one_role_can_be_picked_out(api, project):
    make_message(project)
    answer = make_message(project, role=MessageRole.ASSISTANT)

    shown = api.get(url(project), {"role": "assistant"}).json()["results"]

    assert [row["id"] for row in shown] == [str(answer.pk)]
    assert api.get(url(project), {"role": "system"}).json()["errors"][0]["pointer"] == "?role"


def test_the_list_asks_the_database_as_often_for_twenty_as_for_one(api, project):
    job = make_job(project)
    make_call(job, message_id=make_message(project, job=job).pk)
    api.get("/api/v1/me/")  # notes the use of the token
    with CaptureQueriesContext(connection) as one:
        assert len(api.get(url(project)).json()["results"]) == 1
    for _ in range(19):
        make_call(job, message_id=make_message(project, job=job).pk)

    with CaptureQueriesContext(connection) as twenty:
        assert len(api.get(url(project)).json()["results"]) == 20

    assert len(twenty) == len(one)


MALFORMED = {
    "nothing": ({}, "/content"),
    "a number": ({"content": 7}, "/content"),
    "null": ({"content": None}, "/content"),
    "NUL": ({"content": "a\x00b"}, "/content"),
    "half a surrogate": ({"content": "a\ud800b"}, "/content"),
    "unknown member": ({"content": "a", "role": "assistant", "temperature": 2}, "/temperature"),
    "attachments as a map": ({"content": "a", "attachments": {}}, "/attachments"),
    "unknown type": (
        {"content": "a", "attachments": [{"type": "file", "id": str(uuid4())}]},
        "/attachments/0/type",
    ),
    "no id": ({"content": "a", "attachments": [{"type": "scene"}]}, "/attachments/0/id"),
    "wrong id": (
        {"content": "a", "attachments": [{"type": "scene", "id": 7}]},
        "/attachments/0/id",
    ),
    "linked to no id": ({"content": "a", "linkedSceneId": "first"}, "/linkedSceneId"),
    "parent is no id": ({"content": "a", "parentId": []}, "/parentId"),
}


@pytest.mark.parametrize(("body", "pointer"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_message_is_refused_with_a_pointer(api, project, body, pointer):
    answer = api.post(url(project), body)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}
    assert (ChatMessage.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.parametrize("content", [" \n\t ", "", "a" * 100_001], ids=["blank", "empty", "long"])
def test_a_message_against_the_rules_is_refused_with_a_pointer(api, project, content):
    answer = api.post(url(project), {"content": content})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/content"]
    assert (ChatMessage.objects.count(), Job.objects.count()) == (0, 0)


def test_the_longest_message_is_taken(api, project):
    assert api.post(url(project), {"content": "ä" * 100_000}).status_code == 202


def test_ids_of_another_project_are_refused_like_missing_ones(api, project, foreign):
    scene, message = make_scene(foreign), make_message(foreign)
    body = {
        "content": "Look.",
        "attachments": [{"type": "scene", "id": str(scene.pk)}],
        "linkedSceneId": str(uuid4()),
        "parentId": str(message.pk),
    }

    answer = api.post(url(project), body)

    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [
        ("/attachments/0/id", "unknown-id"),
        ("/linkedSceneId", "unknown-id"),
        ("/parentId", "unknown-id"),
    ]
    assert Job.objects.count() == 0


def test_a_second_message_waits_only_where_the_workspace_wants_it(api, project):
    job = api.post(url(project), {"content": "One."}).json()["job"]

    refused = api.post(url(project), {"content": "Two."})

    assert (refused.status_code, refused.json()["code"]) == (409, "turn-in-progress")
    assert refused.json()["jobId"] == job["id"]
    Workspace.objects.update(second_message=SecondMessage.QUEUE)
    assert api.post(url(project), {"content": "Two."}).status_code == 202


def test_a_used_up_budget_answers_402_before_anything_is_stored(api, project):
    Workspace.objects.update(budget_nusd_a_month=0)

    answer = api.post(url(project), {"content": "Hello."})

    assert (answer.status_code, answer.json()["code"]) == (402, "budget-exhausted")
    assert (ChatMessage.objects.count(), Job.objects.count()) == (0, 0)


def test_commenters_talk_and_viewers_read(api, project):
    commenter = browser_for(make_member(api.workspace, Role.COMMENTER).user)
    viewer = client_for(api.workspace, Role.VIEWER)

    said = commenter.post(url(project), {"content": "Hello."}, content_type="application/json")
    refused = viewer.post(url(project), {"content": "Hello."})

    assert said.status_code == 202
    assert (refused.status_code, refused.json()["code"]) == (403, "role-too-low")
    assert len(viewer.get(url(project)).json()["results"]) == 1


def test_the_same_key_says_it_once(api, project):
    headers = {"Idempotency-Key": "say-it-once"}

    first = api.post(url(project), {"content": "Hello."}, headers=headers)
    second = api.post(url(project), {"content": "Hello."}, headers=headers)

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json() == first.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    assert (ChatMessage.objects.count(), Job.objects.count()) == (1, 1)
