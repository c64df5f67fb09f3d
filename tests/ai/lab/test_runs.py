"""A run over HTTP and through the runner: every answer scored, kept, paid and side by side."""

import json

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.lab import running
from ai.lab.frozen import frozen_set
from ai.models import (
    Budget,
    ChatMessage,
    Job,
    LabResult,
    LabRun,
    ModelHealth,
    Outline,
    Task,
    UpstreamCall,
)
from ai.services.configurations import edit_configuration
from canvas.workspaces.models import Role
from scenes.models import BibleEntry, ChangeSet
from tests.ai.conftest import run, run_after_wait
from tests.ai.factories import make_job
from tests.ai.lab.conftest import (
    OUTLINE_KEY,
    SLUGS,
    an_outline,
    ask_for,
    cells,
    done,
    make_entry,
    read,
    steps_of,
)
from tests.ai.lab.factories import make_result, make_run
from tests.factories import browser_for, client_for, make_member
from tests.hostile.naughty import STORABLE
from tests.scenes.factories import make_asset, make_project, roomy_workspace

PERSON = "chat-person-is-saved"
IRENA = json.dumps(
    {
        "characters": [
            {"name": "Irena", "description": "In a mustard raincoat, a scar on the left eyebrow."}
        ]
    }
)


def test_three_models_side_by_side_one_good_one_mended_one_failing(api, models, openrouter):
    openrouter.will_answer(an_outline())
    mended = json.dumps(an_outline(characters=[]))[:-1]  # its last bracket is missing
    openrouter.will_say(f"Here it is:\n```json\n{mended}\n```", cost="0.0003")
    for _ in range(4):  # every way of asking is refused
        openrouter.will_fail(400, "no such thing")

    body = done(api, models=list(SLUGS))

    assert (body["status"], body["progress"]) == ("succeeded", {"done": 3, "total": 3})
    found = cells(body)
    good, odd, bad = (found[slug] for slug in SLUGS)
    assert (good["isValid"], good["score"], good["repairs"], good["tries"]) == (True, 1.0, [], 1)
    assert (odd["isValid"], odd["score"], odd["tries"]) == (True, 0.5, 1)
    assert odd["repairs"]
    unmet = [one["expected"]["check"] for one in odd["expectations"] if not one["met"]]
    assert unmet == ["names", "agrees"]
    assert (bad["isValid"], bad["score"], bad["tries"], bad["expectations"]) == (None, None, 0, [])
    assert "no such thing" in bad["error"]
    assert (good["costUsd"], odd["costUsd"], bad["costUsd"]) == ("0.0001", "0.0003", "0")
    assert (good["promptTokens"], good["completionTokens"]) == (10, 5)
    assert good["latencyS"] >= good["firstTokenS"] > 0
    assert len({result["promptDigest"] for result in found.values()}) == 1
    assert body["frozenSet"] == {"version": 1, "digest": frozen_set("outline").digest}


def test_the_summary_names_ratios_to_the_baseline(api, models, openrouter):
    openrouter.will_answer(an_outline())
    openrouter.will_answer(an_outline(characters=[]), cost="0.0003")
    for _ in range(4):
        openrouter.will_fail(400)

    first, second, third = done(api, models=list(SLUGS))["summary"]

    assert (first["model"], first["isBaseline"], first["wording"]) == ("maker/first", True, "")
    assert (first["validityRate"], first["score"], first["costUsd"]) == (1.0, 1.0, "0.0001")
    assert {name: first["ratios"][name] for name in ("validity", "score", "cost")} == {
        "validity": "1", "score": "1", "cost": "1",
    }  # fmt: skip
    assert (second["ratios"]["cost"], second["ratios"]["score"]) == ("3", "0.5")
    assert second["ratios"]["latency"] is not None
    assert (third["cases"], third["answered"], third["valid"]) == (1, 0, 0)
    assert (third["validityRate"], third["score"], third["p50LatencyS"]) == (0.0, None, None)
    assert third["ratios"] == {"validity": "0", "score": None, "latency": None, "cost": None}


def test_a_model_that_costs_next_to_nothing_is_not_said_to_cost_nothing(api, project):
    lab_run = make_run(project, *SLUGS)
    for slug, cost in zip(SLUGS, (1_000_000, 123, 0), strict=True):
        make_result(lab_run, slug, cost_nusd=cost)

    ratios = [row["ratios"]["cost"] for row in read(api, str(lab_run.pk))["summary"]]

    assert ratios == ["1", "0.000123", "0"]


def test_the_baseline_is_asked_although_nobody_named_it(api, models, openrouter):
    openrouter.will_answer(an_outline())
    openrouter.will_answer(an_outline())

    body = done(api, models=["maker/second"])

    assert (body["models"], body["baseline"]) == (["maker/second", "maker/first"], "maker/first")
    assert [sent["model"] for sent in openrouter.heard] == ["maker/second", "maker/first"]


def test_an_answer_that_stays_wrong_is_invalid_asked_twice_and_meets_nothing(
    api, models, openrouter
):
    openrouter.will_answer({"title": "x"})
    openrouter.will_answer({"title": "y"})

    (result,) = done(api)["results"]

    assert (result["isValid"], result["score"], result["tries"]) == (False, 0.0, 2)
    assert [one["found"] for one in result["expectations"]] == ["no valid answer"] * 4
    assert "logline: is missing" in result["error"]
    assert result["costUsd"] == "0.0002"
    assert [bool(call.verdict) for call in UpstreamCall.objects.all()] == [True, True]


def test_an_answer_that_is_right_the_second_time_is_valid_and_costs_two(api, models, openrouter):
    openrouter.will_say("I'd rather not.")
    openrouter.will_answer(an_outline())

    (result,) = done(api)["results"]

    assert (result["isValid"], result["score"], result["tries"]) == (True, 1.0, 2)
    assert (result["costUsd"], result["promptTokens"], result["error"]) == ("0.0002", 20, "")


def test_tool_calls_are_scored_and_never_carried_out(api, project, models, openrouter):
    openrouter.will_call(("update_bible", IRENA), text="Irena is saved to the bible.")
    openrouter.will_call(
        ("propose_structure", '{"title": "A", "scenes": []}'), text="What is it about?"
    )
    before = (ChangeSet.objects.count(), project.scenes.count(), ChatMessage.objects.count())

    body = done(
        api,
        task="chat",
        cases=[PERSON],
        models=["maker/first", "maker/second"],
        projectId=str(project.pk),
    )

    right, wrong = (cells(body)[slug] for slug in SLUGS[:2])
    assert (right["isValid"], right["score"], right["repairs"]) == (True, 1.0, [])
    assert (wrong["isValid"], wrong["score"]) == (False, 0.0)
    assert wrong["error"].startswith("propose_structure: ")
    first, second = body["summary"]
    assert (first["callsRight"], first["callsExpected"]) == (2, 2)
    assert (second["callsRight"], second["callsExpected"]) == (0, 2)
    after = (ChangeSet.objects.count(), project.scenes.count(), ChatMessage.objects.count())
    assert after == before
    assert Outline.objects.count() == 0
    assert BibleEntry.objects.count() == 0


def test_a_chat_case_offers_the_tools_of_a_turn_and_the_projects_data(api, models, openrouter):
    openrouter.will_say("What is her name?")

    done(api, task="chat", cases=["chat-known-name-is-kept"])

    sent = openrouter.heard[0]
    assert [tool["function"]["name"] for tool in sent["tools"]] == [
        "update_bible", "create_scene", "apply_director_workflow",
    ]  # fmt: skip
    assert sent["tool_choice"] == "auto"
    assert "Irena Valverde" in sent["messages"][0]["content"]
    assert sent["messages"][-1]["content"].startswith("Irena limps")


def test_a_picture_of_the_frozen_set_is_drawn_and_described(api, models, openrouter):
    seen = {
        "label": "Red kettle",
        "category": "prop",
        "description": "A red kettle on a table.",
        "tags": ["kettle", "red", "table"],
        "palette": ["#e6ded0", "#b3271f", "#b9a78a"],
        "mood": "calm",
        "text_seen": None,
    }
    openrouter.will_answer(seen)

    (result,) = done(api, task="vision", cases=["vision-kettle"])["results"]

    assert (result["isValid"], result["score"]) == (True, 1.0)
    parts = openrouter.heard[0]["messages"][-1]["content"]
    assert parts[1]["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")
    assert UpstreamCall.objects.get().images == 1


def test_wordings_are_told_apart_by_their_digests(api, models, openrouter):
    openrouter.will_answer(an_outline())
    openrouter.will_answer(an_outline(characters=[]))
    wordings = [{"name": "as shipped"}, {"name": "terse", "system": "Break it down. JSON only."}]

    body = done(api, wordings=wordings)

    shipped, terse = body["results"]
    assert (shipped["wording"], terse["wording"]) == ("as shipped", "terse")
    assert (shipped["score"], terse["score"]) == (1.0, 0.5)
    assert shipped["promptDigest"] != terse["promptDigest"]
    assert [one["digest"] for one in body["wordings"]] == [
        shipped["promptDigest"], terse["promptDigest"],
    ]  # fmt: skip
    assert openrouter.heard[1]["messages"][0]["content"] == "Break it down. JSON only."
    assert list(UpstreamCall.objects.values_list("prompt_digest", flat=True)) == [
        shipped["promptDigest"], terse["promptDigest"],
    ]  # fmt: skip
    assert [row["ratios"]["score"] for row in body["summary"]] == ["1", "1"]


def test_a_given_request_is_scored_by_what_is_expected_of_it(api, project, models, openrouter):
    openrouter.will_answer(an_outline())
    request = {
        "text": "Leo asks Ms. Adeyemi for a job.",
        "target": {"scenes": 1, "runtimeSeconds": 60},
        "expectations": [
            {"check": "runtime", "seconds": 60},
            {"check": "scenes", "least": 2},
        ],
    }

    body = done(api, cases=None, request=request, projectId=str(project.pk))

    (result,) = body["results"]
    assert (result["case"], result["score"]) == ("given", 0.5)
    assert body["frozenSet"] is None
    said = openrouter.heard[0]["messages"][-1]["content"]
    assert "Exactly 1 scenes. A running time of about 60" in said
    assert "Leo asks Ms. Adeyemi" in said
    assert "The Ferry" in said


def test_a_recorded_message_is_asked_again_with_what_was_said_before_it(
    api, project, models, openrouter
):
    openrouter.will_say("A quay. Who waits there?")
    openrouter.will_say("Good. When?")
    jobs = []
    for content in ("There is a quay.", "Irena waits there."):
        made = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": content}).json()
        jobs.append(run(made["job"]["id"]))
    messages = ChatMessage.objects.count()
    openrouter.will_call(("update_bible", IRENA))

    body = done(
        api,
        task="chat",
        cases=None,
        jobId=str(jobs[1].pk),
        expectations=[{"check": "calls", "tool": "update_bible"}],
    )

    (result,) = body["results"]
    assert (result["case"], result["score"]) == (f"job-{jobs[1].pk}", 1.0)
    assert [one["content"] for one in openrouter.heard[-1]["messages"][1:]] == [
        "There is a quay.", "A quay. Who waits there?", "Irena waits there.",
    ]  # fmt: skip
    assert ChatMessage.objects.count() == messages
    assert BibleEntry.objects.count() == 0


def test_a_recorded_outline_is_asked_again(api, project, models, openrouter):
    openrouter.will_answer(an_outline())
    asked = {"source": "text", "text": "Leo waits.", "target": {"scenes": 1}}
    made = api.post(f"/api/v1/projects/{project.pk}/outlines/", asked).json()
    first = run(made["id"])
    openrouter.will_answer(an_outline())

    body = done(api, cases=None, jobId=str(first.pk))

    assert (body["results"][0]["isValid"], body["results"][0]["score"]) == (True, None)
    assert openrouter.heard[1]["messages"] == openrouter.heard[0]["messages"]
    assert Outline.objects.count() == 1


def test_a_run_that_lost_its_claim_asks_only_what_is_missing(api, models, openrouter):
    made, job_id = ask_for(api, models=list(SLUGS))
    openrouter.will_answer(an_outline())

    def lose_the_claim(body):
        Job.objects.filter(pk=job_id).update(
            status="queued", fence=None, lease_until=None, run_after="2020-01-01T00:00:00Z"
        )
        return openrouter._reply(body, {"content": json.dumps(an_outline())}, "0.0001", "stop")

    openrouter.will_do(lose_the_claim)
    run(job_id)
    assert [row.model_slug for row in LabResult.objects.all()] == ["maker/first"]
    openrouter.will_answer(an_outline())
    openrouter.will_answer(an_outline())

    job = run(job_id)

    assert job.status == "succeeded"
    assert [sent["model"] for sent in openrouter.heard] == [
        "maker/first", "maker/second", "maker/second", "maker/third",
    ]  # fmt: skip
    body = read(api, made["id"])
    assert [result["model"] for result in body["results"]] == list(SLUGS)
    assert UpstreamCall.objects.count() == 4
    assert Budget.objects.get(scope_id=api.workspace.pk, period__regex=r"^\d{4}-\d{2}$")


def test_a_spent_budget_ends_the_run_and_keeps_what_was_done(api, models, openrouter):
    made, job_id = ask_for(api, models=["maker/first", "maker/second"])
    openrouter.will_answer(an_outline())

    def spend(*_):
        type(api.workspace).objects.filter(pk=api.workspace.pk).update(budget_nusd_a_month=1)

    openrouter.before = spend
    job = run(job_id)

    assert (job.status, job.error["code"]) == ("failed", "budget-exhausted")
    body = read(api, made["id"])
    assert (body["status"], body["error"]["code"]) == ("failed", "budget-exhausted")
    assert body["progress"] == {"done": 1, "total": 2}
    assert [result["model"] for result in body["results"]] == ["maker/first"]
    assert len(openrouter.heard) == 1


def test_a_failed_run_that_is_tried_again_goes_on_where_it_stopped(api, models, openrouter):
    made, job_id = ask_for(api, models=["maker/first", "maker/second"])
    openrouter.will_answer(an_outline())
    openrouter.will_fail(401, "the key is wrong")
    assert run(job_id).status == "failed"
    openrouter.will_answer(an_outline())

    again = api.post(f"/api/v1/jobs/{job_id}/retry/").json()
    job = run(again["id"])

    assert job.status == "succeeded"
    body = read(api, made["id"])
    assert (body["jobId"], body["progress"]["done"]) == (again["id"], 2)
    assert [sent["model"] for sent in openrouter.heard] == [
        "maker/first", "maker/second", "maker/second",
    ]  # fmt: skip


def test_a_cancelled_run_stops_and_keeps_what_was_done(api, models, openrouter):
    made, job_id = ask_for(api, models=list(SLUGS))
    openrouter.will_answer(an_outline())

    def cancel(body):
        api.post(f"/api/v1/jobs/{job_id}/cancel/")
        return openrouter._reply(body, {"content": json.dumps(an_outline())}, "0.0001", "stop")

    openrouter.will_do(cancel)
    job = run(job_id)

    assert job.status == "cancelled"
    body = read(api, made["id"])
    assert (body["status"], [result["model"] for result in body["results"]]) == (
        "cancelled", ["maker/first"],
    )  # fmt: skip
    assert len(openrouter.heard) == 2
    assert UpstreamCall.objects.filter(ended_at=None).count() == 0


def test_a_model_that_rests_is_asked_later_and_the_others_first(api, models, openrouter):
    keys = [OUTLINE_KEY, "outline-cast-of-many"]
    made, job_id = ask_for(api, cases=keys, models=["maker/first", "maker/second"])
    openrouter.will_fail(429, "slow down", **{"Retry-After": "30"})
    openrouter.will_answer(an_outline())
    openrouter.will_answer(an_outline())

    job = run(job_id)

    assert job.status == "queued"
    assert "waits" in steps_of(job_id)
    assert [sent["model"] for sent in openrouter.heard] == [
        "maker/first", "maker/second", "maker/second",
    ]  # fmt: skip
    ModelHealth.objects.all().delete()
    openrouter.will_answer(an_outline())
    assert run_after_wait(job_id).status == "succeeded"
    body = read(api, made["id"])
    assert len(body["results"]) == 4
    assert cells(body)["maker/first"]["isValid"] is True
    assert "slow down" in next(r for r in body["results"] if r["isValid"] is None)["error"]


def test_what_the_workspace_does_not_want_is_not_asked(api, models, openrouter):
    edit_configuration(workspace=api.workspace, provider={"max_price": {"prompt": "0.5"}})
    make_entry("maker/second", prompt_nusd_per_m=400_000_000)
    openrouter.will_answer(an_outline())

    body = done(api, models=["maker/first", "maker/second"])

    dear, cheap = (cells(body)[slug] for slug in SLUGS[:2])
    assert (dear["isValid"], dear["tries"], dear["costUsd"]) == (None, 0, None)
    assert dear["error"] == "not asked: its prompt price is over 0.5 USD"
    assert cheap["isValid"] is True
    assert openrouter.heard[0]["provider"]["max_price"] == {"prompt": "0.5"}


def test_a_cost_that_comes_to_be_known_later_is_shown(api, models, openrouter):
    openrouter.will_answer(an_outline(), cost=None)

    body = done(api)
    assert body["results"][0]["costUsd"] is None
    assert body["summary"][0]["costUsd"] is None
    UpstreamCall.objects.update(cost_nusd=7_000, status="settled", hold_nusd=0)

    body = read(api, body["id"])
    assert body["results"][0]["costUsd"] == "0.000007"
    assert body["summary"][0]["costUsd"] == "0.000007"
    answers = api.get(f"/api/v1/lab/runs/{body['id']}/results/").json()["results"]
    assert answers[0]["costUsd"] == "0.000007"


def test_an_unknown_cost_stays_unknown_when_the_call_after_it_charged_nothing(
    api, models, openrouter
):
    openrouter.will_answer({"title": "No outline"}, cost=None)
    openrouter.will_fail(503)

    body = done(api, models=[SLUGS[0]])

    first, second = UpstreamCall.objects.order_by("created_at")
    assert (first.cost_nusd, second.status, second.cost_nusd) == (None, "failed", 0)
    assert body["results"][0]["costUsd"] is None
    assert body["summary"][0]["costUsd"] is None
    UpstreamCall.objects.filter(pk=first.pk).update(cost_nusd=7_000, status="settled", hold_nusd=0)
    assert read(api, body["id"])["results"][0]["costUsd"] == "0.000007"


def test_a_cost_is_completed_from_the_calls_of_its_own_answer(api, models, openrouter):
    for _ in range(2):
        openrouter.will_answer(an_outline(), cost=None)

    body = done(api, models=[SLUGS[0]], wordings=[{"name": "one"}, {"name": "two"}])
    first, second = UpstreamCall.objects.order_by("created_at")
    for call, cost in ((first, 3_000), (second, 5_000)):
        UpstreamCall.objects.filter(pk=call.pk).update(
            cost_nusd=cost, status="settled", hold_nusd=0
        )

    results = read(api, body["id"])["results"]
    assert [one["costUsd"] for one in results] == ["0.000003", "0.000005"]


def test_a_simulated_answer_says_so(api, models, openrouter):
    def simulated(body):
        reply = openrouter._reply(body, {"content": json.dumps(an_outline())}, "0", "stop")
        text = reply.content.replace(b'{"id": ', b'{"simulated": true, "id": ')
        return httpx.Response(200, headers=dict(reply.headers), content=text)

    openrouter.will_do(simulated)

    body = done(api)

    assert body["results"][0]["simulated"] is True
    assert body["summary"][0]["simulated"] is True


def test_answers_come_in_pages_and_by_model(api, models, openrouter):
    for _ in SLUGS:
        openrouter.will_answer(an_outline())
    body = done(api, models=list(SLUGS))
    address = f"/api/v1/lab/runs/{body['id']}/results/"

    page = api.get(address, {"limit": 2}).json()
    rest = api.get(page["next"]).json()
    own = api.get(address, {"model": "maker/second"}).json()["results"]

    assert [row["model"] for row in page["results"] + rest["results"]] == list(SLUGS)
    assert [(row["model"], json.loads(row["answer"])["title"]) for row in own] == [
        ("maker/second", "The Interview")
    ]
    assert "answer" not in body["results"][0]


def test_a_list_asks_the_database_no_more_with_more_runs(api, models, openrouter):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert api.get("/api/v1/lab/runs/").status_code == 200
        return len(queries)

    ask_for(api)
    few = asked()
    for _ in range(8):
        ask_for(api)

    assert asked() == few
    assert len(api.get("/api/v1/lab/runs/", {"task": "outline"}).json()["results"]) == 9
    assert api.get("/api/v1/lab/runs/", {"task": "chat"}).json()["results"] == []


def test_a_whole_run_asks_the_database_no_more_with_more_results(api, models, openrouter):
    def asked(run_id):
        with CaptureQueriesContext(connection) as queries:
            read(api, run_id)
        return len(queries)

    for _ in range(4):
        openrouter.will_answer(an_outline())
    one, three = done(api), done(api, models=list(SLUGS))

    assert asked(one["id"]) == asked(three["id"])


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"models": ["maker/nobody"]}, "wrong-model-id", "/models/0"),
        ({"baseline": "maker/nobody"}, "wrong-model-id", "/baseline"),
        ({"cases": [OUTLINE_KEY, "nothing"]}, "unknown-case", "/cases/1"),
        ({"models": []}, "invalid", "/models"),
        ({"models": ["maker/first"] * 9}, "invalid", "/models"),
        ({"cases": None}, "one-source", ""),
        ({"request": {"text": "A."}}, "one-source", ""),
        ({"cases": None, "request": {"content": "A."}}, "wrong-request", "/request"),
        (
            {"task": "chat", "cases": None, "request": {"content": " \n\t "}},
            "wrong-request",
            "/request",
        ),
        (
            {"task": "chat", "cases": None, "request": {"content": "A.", "target": {"scenes": 2}}},
            "wrong-request",
            "/request/target",
        ),
        (
            {"cases": None, "request": {"text": "A.", "expectations": [{"check": "asks"}]}},
            "expectations",
            "/request/expectations/0",
        ),
        ({"expectations": [{"check": "agrees"}]}, "expectations", "/expectations"),
        (
            {"cases": None, "request": {"text": "A."}, "expectations": [{"check": "agrees"}]},
            "expectations",
            "/expectations",
        ),
        (
            {"wordings": [{"name": "a", "system": "Now $nothing of $source"}]},
            "wording",
            "/wordings/0/system",
        ),
        ({"wordings": [{"name": "a", "user": "No source."}]}, "wording", "/wordings/0"),
        ({"wordings": [{"name": "a", "system": "costs $ 5"}]}, "wording", "/wordings/0/system"),
        ({"wordings": [{"name": "a"}, {"name": "a"}]}, "wording", "/wordings/1/name"),
    ],
)
def test_a_run_that_cannot_be_is_refused_at_its_place(api, models, openrouter, body, code, pointer):
    sent = {"task": "outline", "cases": [OUTLINE_KEY], "models": ["maker/first"], **body}

    answer = api.post("/api/v1/lab/runs/", {k: v for k, v in sent.items() if v is not None})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code), problem
    assert pointer in [fault["pointer"] for fault in problem["errors"]]
    assert (LabRun.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"task": "image"}, "/task"),
        ({"cases": "some"}, "/cases"),
        ({"cases": [7]}, "/cases"),
        ({"request": {"words": "x"}}, "/request/words"),
        ({"wordings": [{"system": "x"}]}, "/wordings/0/name"),
        ({"nonsense": 1}, "/nonsense"),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused(api, models, body, pointer):
    sent = {"task": "outline", "cases": [OUTLINE_KEY], "models": ["maker/first"], **body}

    answer = api.post("/api/v1/lab/runs/", sent)

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert LabRun.objects.count() == 0


def test_a_run_of_more_answers_than_are_allowed_says_how_many(api, models, openrouter):
    many = [f"maker/m{number}" for number in range(7)]
    for slug in many:
        make_entry(slug)
    sent = {
        "task": "outline",
        "cases": "all",
        "models": many,
        "wordings": [{"name": str(number)} for number in range(4)],
    }

    answer = api.post("/api/v1/lab/runs/", sent)

    assert answer.status_code == 422
    assert answer.json()["detail"] == "This run asks for 256 answers; 200 is the most."
    assert LabRun.objects.count() == 0


def test_all_is_the_whole_frozen_set(api, models):
    body, _ = ask_for(api, cases="all")

    kept = LabRun.objects.get(pk=body["id"]).cases
    assert [case["key"] for case in kept["cases"]] == frozen_set("outline").keys
    assert kept["set"]["digest"] == frozen_set("outline").digest


def test_a_job_of_another_kind_is_refused(api, project, models, openrouter):
    openrouter.will_say("Who?")
    made = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "A quay."}).json()

    answer = api.post(
        "/api/v1/lab/runs/",
        {"task": "outline", "jobId": made["job"]["id"], "models": ["maker/first"]},
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "wrong-job")
    assert LabRun.objects.count() == 0


def test_another_workspaces_rows_are_missing(api, models, make_workspace):
    theirs = make_project(roomy_workspace())
    job, asset = make_job(theirs), make_asset(theirs, model_input="model.jpg")
    made, _ = ask_for(api)
    stranger = client_for(theirs.workspace)
    before = LabRun.objects.count()

    asked = [
        api.post("/api/v1/lab/runs/", {"models": ["maker/first"], **body}).status_code
        for body in (
            {"task": "chat", "jobId": str(job.pk)},
            {"task": "vision", "request": {"assetId": str(asset.pk)}},
            {"task": "outline", "cases": "all", "projectId": str(theirs.pk)},
        )
    ]
    seen = [
        stranger.get(f"/api/v1/lab/runs/{made['id']}/{end}").status_code for end in ("", "results/")
    ]

    assert (asked, seen) == ([404, 404, 404], [404, 404])
    assert stranger.get("/api/v1/lab/runs/").json()["results"] == []
    assert LabRun.objects.count() == before


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 202), (Role.EDITOR, 202), (Role.COMMENTER, 403), (Role.VIEWER, 403)],
)
def test_owners_and_editors_may_ask_for_a_run(api, models, role, status):
    client = browser_for(make_member(api.workspace, role).user)

    answer = client.post(
        "/api/v1/lab/runs/",
        {"task": "outline", "cases": [OUTLINE_KEY], "models": ["maker/first"]},
        "application/json",
        headers={"X-Workspace": str(api.workspace.pk)},
    )

    assert answer.status_code == status
    assert LabRun.objects.count() == (1 if status == 202 else 0)


def test_the_frozen_sets_can_be_read(api, db):
    sets = api.get("/api/v1/lab/cases/").json()["sets"]

    assert [(one["task"], len(one["cases"])) for one in sets] == [
        ("chat", 12), ("outline", 8), ("vision", 4),
    ]  # fmt: skip
    assert [one["digest"] for one in sets] == [
        frozen_set(task).digest for task in (Task.CHAT, Task.OUTLINE, Task.VISION)
    ]


def test_a_long_run_makes_room_for_other_work_and_goes_on(api, models, openrouter, monkeypatch):
    monkeypatch.setattr(running, "SHARE_OF_CLAIM", 0)
    _, job_id = ask_for(api, models=list(SLUGS))
    for _ in SLUGS:
        openrouter.will_answer(an_outline())

    first = run(job_id)

    assert (first.status, first.crashes, LabResult.objects.count()) == ("queued", 0, 1)
    assert run_after_wait(job_id).status == "queued"
    last = run_after_wait(job_id)
    assert (last.status, last.result["results"], last.result["valid"]) == ("succeeded", 3, 3)
    assert len(openrouter.heard) == 3


def test_progress_is_told_after_each_answer(api, project, models, openrouter):
    _, job_id = ask_for(api, models=list(SLUGS[:2]), projectId=str(project.pk))
    openrouter.will_answer(an_outline())
    openrouter.will_answer(an_outline())

    run(job_id)

    job = api.get(f"/api/v1/jobs/{job_id}/").json()
    assert (job["kind"], job["costUsd"]) == ("lab", "0.0002")
    assert job["progress"] == {
        "done": 2, "total": 2, "note": f"{OUTLINE_KEY}: maker/second",
    }  # fmt: skip
    assert set(UpstreamCall.objects.values_list("task", "recipe", "project_id")) == {
        ("lab", "outline", project.pk)
    }


def test_a_run_whose_row_is_gone_ends_plainly(api, models, openrouter):
    _, job_id = ask_for(api)
    LabRun.objects.all().delete()

    job = run(job_id)

    assert (job.status, job.error["status"]) == ("failed", 404)
    assert openrouter.heard == []


def test_nothing_is_asked_without_money(api, models, openrouter):
    type(api.workspace).objects.filter(pk=api.workspace.pk).update(budget_nusd_a_month=0)

    answer = api.post(
        "/api/v1/lab/runs/", {"task": "outline", "cases": "all", "models": ["maker/first"]}
    )

    assert (answer.status_code, answer.json()["code"]) == (402, "budget-exhausted")
    assert (LabRun.objects.count(), Job.objects.count()) == (0, 0)


def test_odd_texts_are_kept_sent_and_shown(api, models, openrouter):
    text = "x" + "\nx".join(STORABLE.values()) + "x"
    openrouter.will_call(("update_bible", json.dumps({"characters": [text]})), text=text)
    says = [word for word in STORABLE.values() if word.strip()][:30]
    body = done(
        api,
        task="chat",
        cases=None,
        name=f"x{says[0]}x",
        request={"content": text, "expectations": [{"check": "says", "any": says}]},
        wordings=[{"name": f"x{says[1][:70]}x", "system": text.replace("$", "$$")}],
    )

    assert (body["name"], body["wordings"][0]["name"]) == (f"x{says[0]}x", f"x{says[1][:70]}x")
    assert [one["content"] for one in openrouter.heard[0]["messages"]] == [text, text]
    assert body["results"][0]["isValid"] is False
    assert api.get(f"/api/v1/lab/runs/{body['id']}/results/").status_code == 200
