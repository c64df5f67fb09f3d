"""Estimates over HTTP: what a request would cost, said before it is made."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai.models import (
    Budget,
    CatalogueChange,
    CatalogueSync,
    Job,
    JobStatus,
    Payer,
    Stack,
    UpstreamCall,
)
from canvas.core.rows import uuid7
from canvas.workspaces.models import Plan, Role
from tests.ai.conftest import run, use_models
from tests.ai.estimates import traffic
from tests.ai.estimates.conftest import price
from tests.ai.estimates.traffic import COMPLETION_NUSD, PROMPT_NUSD, Book
from tests.ai.factories import make_call, make_job, make_message
from tests.ai.jobs.test_runner import OUTLINE
from tests.ai.jobs.test_runner import outline as submit_outline
from tests.factories import browser_for, client_for, make_member
from tests.hostile.world import everything
from tests.scenes.factories import make_asset, make_entry, make_project, make_scene, roomy_workspace

URL = "/api/v1/estimates/"
TEXT = "INT. CABIN - NIGHT\n\nMara waits. " * 40


def chat(project, **over):
    return {"kind": "chat", "projectId": str(project.pk), "content": "Add a scene.", **over}


def outline(project, **over):
    return {
        "kind": "outline", "projectId": str(project.pk), "source": "text", "text": TEXT, **over,
    }  # fmt: skip


def vision(project, **over):
    return {"kind": "vision", "projectId": str(project.pk), "count": 1, **over}


def asked(api, body, status=200):
    answer = api.post(URL, body)
    assert answer.status_code == status, answer.content
    return answer.json()


def faults(problem):
    return [(one["pointer"], one["code"]) for one in problem["errors"]]


def analyses(project, number, tokens=(1_000, 100), **over):
    book = Book(project)
    for _ in range(number):
        book.add("vision", [tokens], subject_id=uuid7(), **over)
    return book.write()


def test_a_message_in_an_empty_project_is_estimated_from_prices_and_the_packed_prompt(api, priced):
    said = asked(api, chat(priced))

    assert said["kind"] == "chat"
    assert (said["basis"], said["samples"], said["where"]) == ("prices", 0, None)
    assert (said["model"], said["fallbacks"]) == ("maker/first", ["maker/second"])
    assert (said["simulated"], said["reason"], said["count"]) == (False, None, 1)
    prompt, completion = said["tokens"]["prompt"], said["tokens"]["completion"]
    low = prompt["p50"] * PROMPT_NUSD + completion["p50"] * COMPLETION_NUSD
    assert said["costUsd"]["p50"] == f"{low / 10**9:.9f}".rstrip("0")
    assert 2_000 < prompt["p50"] < prompt["p95"]
    assert (completion["p50"], completion["p95"]) == (2 * 300, 6 * 900)
    assert said["seconds"]["p50"] < said["seconds"]["p95"]
    assert said["budget"]["fits"] is True


def test_estimating_writes_no_row_and_asks_nobody(api, priced, openrouter):
    failed = make_job(
        priced, kind="outline", status=JobStatus.FAILED, payload={"source": "text", "text": TEXT}
    )
    make_message(priced, content="A courier crosses.")
    before = everything()

    for body in (
        chat(priced), outline(priced), outline(priced, source="chat", text=""), vision(priced),
        {"kind": "retry", "jobId": str(failed.pk)},
    ):  # fmt: skip
        asked(api, body)

    assert everything() == before
    assert openrouter.heard == []


def test_what_the_project_holds_and_what_was_said_makes_a_message_dearer(api, priced):
    make_scene(priced)
    empty = asked(api, chat(priced))
    make_scene(priced, title="Quay", notes="Mara waits. " * 40)
    make_entry(priced, name="Mara", description="A courier in a yellow coat. " * 15)
    with_canvas = asked(api, chat(priced))
    make_message(priced, content="She crosses at dawn. " * 400)
    with_talk = asked(api, chat(priced))
    long = asked(api, chat(priced, content="And then she goes on. " * 4_000))

    grown = [one["tokens"]["prompt"]["p50"] for one in (empty, with_canvas, with_talk, long)]
    assert grown == sorted(grown)
    assert grown[1] - grown[0] > 2 * 200
    assert grown[2] - grown[1] > 2 * 2_000
    assert grown[3] - grown[2] > 2 * 20_000


def test_an_outline_costs_by_its_text_and_its_target(api, priced):
    Stack.objects.update(max_output_tokens=8_000)
    short = asked(api, outline(priced, target={"scenes": 3}))
    more = asked(api, outline(priced, target={"scenes": 60}))
    longer = asked(api, outline(priced, text=TEXT * 20, target={"scenes": 3}))
    by_time = asked(api, outline(priced, target={"runtimeSeconds": 3_600}))

    completion = [one["tokens"]["completion"]["p50"] for one in (short, more, by_time)]
    assert completion == [400 + 3 * 260, 8_000, 8_000]  # the stack's limit
    assert (
        longer["tokens"]["prompt"]["p50"] - short["tokens"]["prompt"]["p50"] == 19 * len(TEXT) // 4
    )
    assert short["tokens"]["completion"]["p95"] == 3 * round((400 + 3 * 260) * 1.5)


def test_twenty_finished_jobs_are_a_history_and_nineteen_are_not(api, priced):
    book = analyses(priced, 19)
    assert asked(api, vision(priced))["basis"] == "prices"
    book.jobs, book.calls = [], []
    book.add("vision", [(1_000, 180)], subject_id=uuid7(), seconds=4.5)
    book.write()

    said = asked(api, vision(priced))

    assert (said["basis"], said["samples"], said["where"]) == ("history", 20, "project")
    assert said["tokens"] == {
        "prompt": {"p50": 1_000, "p95": 1_000}, "completion": {"p50": 100, "p95": 180},
    }  # fmt: skip
    assert said["costUsd"] == {"p50": "0.00021", "p95": "0.000258"}
    assert said["seconds"] == {"p50": 2.0, "p95": 4.5}


def test_a_new_project_learns_from_its_workspace_and_never_from_another(api, priced):
    other = make_project(api.workspace, title="Second")
    theirs = make_project(roomy_workspace())
    use_models(theirs.workspace, "maker/first")
    analyses(priced, 30)

    assert asked(api, vision(other))["where"] == "workspace"
    said = asked(client_for(theirs.workspace), vision(theirs))
    assert (said["basis"], said["where"], said["samples"]) == ("prices", None, 0)


def test_jobs_that_another_model_was_asked_for_or_another_purse_paid_say_nothing(api, priced):
    analyses(priced, 30, call={"model_slug": "maker/second"})
    analyses(priced, 30, call={"payer": Payer.OWN})

    assert asked(api, vision(priced))["basis"] == "prices"
    by_second = asked(api, vision(priced, model="maker/second"))
    assert (by_second["basis"], by_second["model"]) == ("history", "maker/second")


def test_simulated_answers_are_labelled_and_not_mixed_with_real_ones(api, priced):
    analyses(priced, 25, call={"simulated": True})
    simulated = asked(api, vision(priced))
    later = Book(priced, at=traffic.BEGAN.replace(year=2027))
    later.add("vision", [(1_000, 100)], subject_id=uuid7())
    later.write()

    assert (simulated["basis"], simulated["simulated"]) == ("history", True)
    said = asked(api, vision(priced))
    assert (said["basis"], said["simulated"]) == ("prices", False)


def test_a_model_without_a_price_has_an_estimate_without_a_cost(api, priced):
    use_models(api.workspace, "maker/unlisted")

    said = asked(api, chat(priced))

    assert (said["costUsd"], said["reason"], said["model"]) == (
        None, "price-unknown", "maker/unlisted",
    )  # fmt: skip
    assert said["tokens"]["prompt"]["p50"] > 0


def test_what_was_billed_prices_a_model_that_the_catalogue_does_not_know(api, priced):
    use_models(api.workspace, "maker/unlisted")
    analyses(priced, 20, call={"model_slug": "maker/unlisted"})

    said = asked(api, vision(priced))

    assert (said["costUsd"], said["reason"]) == ({"p50": "0.00021", "p95": "0.00021"}, None)


def test_a_free_model_costs_nothing_and_that_is_not_unknown(api, priced):
    price("maker/first", 0, 0)

    assert asked(api, chat(priced))["costUsd"] == {"p50": "0", "p95": "0"}


def test_after_a_change_of_prices_earlier_jobs_are_priced_anew(api, priced):
    analyses(priced, 30)
    price("maker/first", 2 * PROMPT_NUSD, 2 * COMPLETION_NUSD)
    sync = CatalogueSync.objects.create(source="openrouter", status="succeeded")
    CatalogueChange.objects.create(
        sync=sync, kind="model", key="maker/first", field="pricing.prompt"
    )

    assert asked(api, vision(priced))["costUsd"] == {"p50": "0.00042", "p95": "0.00042"}


def test_many_pictures_cost_less_than_as_many_times_the_dearest(api, priced):
    book = Book(priced)
    traffic.pictures(book, 100, 7)
    book.write()

    one, many = asked(api, vision(priced)), asked(api, vision(priced, count=100))

    low, high = (float(many["costUsd"][name]) for name in ("p50", "p95"))
    assert many["count"] == 100
    assert 90 * float(one["costUsd"]["p50"]) < low < high < 90 * float(one["costUsd"]["p95"])


def test_named_pictures_are_counted_once_each(api, priced):
    assets = [make_asset(priced, model_input="model.jpg") for _ in range(3)]
    ids = [str(asset.pk) for asset in assets]

    body = vision(priced, assetIds=[*ids, ids[0]])
    del body["count"]

    assert asked(api, body)["count"] == 3
    assert asked(api, {**body, "assetIds": ids[:1]})["count"] == 1


def test_the_named_model_is_asked_first_and_the_stack_stands_behind_it(api, priced):
    price("maker/third", 1_000, 5_000)

    said = asked(api, chat(priced, model="maker/third"))

    assert (said["model"], said["fallbacks"]) == ("maker/third", ["maker/first", "maker/second"])
    assert float(said["costUsd"]["p50"]) > 5 * float(asked(api, chat(priced))["costUsd"]["p50"])


def test_a_model_that_is_none_or_cannot_is_refused_by_name(api, priced):
    price("maker/blind", input_modalities=["text"])

    none = asked(api, chat(priced, model="maker/fist"), 422)
    blind = asked(api, vision(priced, model="maker/blind"), 422)

    assert faults(none) == [("/model", "wrong-model-id")]
    assert faults(blind) == [("/model", "unfit-model")]


def test_a_thinking_model_is_expected_to_think(api, priced):
    plain = asked(api, chat(priced))
    entry = price("maker/first")
    entry.supported_parameters = [*entry.supported_parameters, "reasoning"]
    entry.save()
    Stack.objects.filter(plan=api.workspace.plan).update(
        reasoning_effort="medium", max_output_tokens=8_000
    )

    thinking = asked(api, chat(priced))

    assert thinking["tokens"]["completion"]["p50"] > plain["tokens"]["completion"]["p50"]
    assert thinking["tokens"]["completion"]["p95"] == 6 * (900 + 4_000)


@pytest.mark.parametrize(
    ("scope", "refused_by"),
    [("project", "project"), ("day", "day"), ("month", "month")],
)
def test_it_says_which_purse_would_refuse_and_what_is_left(api, priced, scope, refused_by):
    now = timezone.now()
    limit = 1_000_000  # a tenth of a cent
    if scope == "project":
        Budget.objects.create(
            workspace=api.workspace, project=priced, scope_id=priced.pk, period="all",
            limit_nusd=limit, spent_nusd=400_000,
        )  # fmt: skip
    else:
        column = {"day": "budget_nusd_a_day", "month": "budget_nusd_a_month"}[scope]
        Plan.objects.filter(pk=api.workspace.plan_id).update(**{column: limit})
        Budget.objects.create(
            workspace=api.workspace, scope_id=api.workspace.pk, spent_nusd=400_000,
            period=now.strftime("%Y-%m-%d" if scope == "day" else "%Y-%m"),
        )  # fmt: skip

    said = asked(api, chat(priced))["budget"]

    assert (said["fits"], said["refusedBy"], said["leftUsd"]) == (False, refused_by, "0.0006")
    assert float(said["needUsd"]) > 0.0006
    assert "0.0006 USD" in said["detail"]


def test_without_limits_everything_fits_and_nothing_is_said_to_be_left(api, priced):
    Plan.objects.update(
        budget_nusd_a_month=None, budget_nusd_a_day=None, tokens_a_month=None, images_a_month=None
    )

    said = asked(api, chat(priced))["budget"]

    assert (said["fits"], said["leftUsd"], said["refusedBy"], said["detail"]) == (
        True, None, None, "",
    )  # fmt: skip


def test_the_plans_tokens_and_pictures_are_looked_at_as_well(api, priced):
    Plan.objects.update(images_a_month=2, tokens_a_month=None)
    assert asked(api, vision(priced, count=2))["budget"]["refusedBy"] is None
    assert asked(api, vision(priced, count=3))["budget"]["refusedBy"] == "pictures"

    Plan.objects.update(tokens_a_month=1_000)
    assert asked(api, chat(priced))["budget"]["refusedBy"] == "tokens"


@pytest.mark.parametrize(("less", "status"), [(0, "succeeded"), (1, "failed")])
def test_what_has_to_be_left_is_exactly_what_the_request_needs(
    api, priced, openrouter, less, status
):
    book = Book(priced)
    for _ in range(20):
        book.add("outline", [(1, 1)], payload=outline(priced))  # so cheap that the hold is more
    book.write()
    need = asked(api, outline(priced))["budget"]["needUsd"]
    Budget.objects.create(
        workspace=api.workspace, project=priced, scope_id=priced.pk, period="all",
        limit_nusd=int(Decimal(need) * 10**9) - less,
    )  # fmt: skip
    openrouter.will_answer(OUTLINE)

    said = asked(api, outline(priced))["budget"]
    job = run(submit_outline(api, priced, text=TEXT))

    assert said["fits"] is (less == 0)
    assert job.status == status
    assert status == "succeeded" or job.error["budget"] == said["refusedBy"] == "project"


def test_a_retry_is_estimated_as_the_job_that_it_repeats(api, priced):
    payload = {"source": "text", "text": TEXT, "target": {"scenes": 3}}
    failed = make_job(priced, kind="outline", status=JobStatus.FAILED, payload=payload)
    make_call(failed)
    message = make_message(priced, content="Add a scene.")
    silent = make_job(priced, status=JobStatus.CANCELLED, subject_id=message.pk)
    fresh = asked(api, outline(priced, target={"scenes": 3}))

    assert asked(api, {"kind": "retry", "jobId": str(failed.pk)}) == fresh
    again = asked(api, {"kind": "retry", "jobId": str(silent.pk), "projectId": str(priced.pk)})
    assert again["kind"] == "chat"


@pytest.mark.parametrize(
    ("over", "status", "code"),
    [
        ({"status": JobStatus.SUCCEEDED}, 409, "job-not-failed"),
        ({"status": JobStatus.QUEUED}, 409, "job-not-failed"),
        ({"status": JobStatus.FAILED, "kind": "export"}, 422, "asks-no-model"),
        ({"status": JobStatus.FAILED, "subject_id": uuid4()}, 404, "not-found"),
    ],
)
def test_what_cannot_be_tried_again_is_not_estimated(api, priced, over, status, code):
    job = make_job(priced, **over)

    assert asked(api, {"kind": "retry", "jobId": str(job.pk)}, status)["code"] == code


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, [("/kind", "required")]),
        ({"kind": "export"}, [("/kind", "invalid-choice")]),
        ({"kind": "chat"}, [("/content", "required"), ("/projectId", "required")]),
        ({"kind": "chat", "projectId": "x", "content": " "}, None),
        ({"kind": "vision", "projectId": str(uuid4()), "count": []}, [("/count", "invalid")]),
        ({"kind": "vision", "projectId": str(uuid4()), "count": "3"}, [("/count", "invalid")]),
        ({"kind": "retry"}, [("/jobId", "required")]),
        ({"kind": "retry", "jobId": 7}, [("/jobId", "invalid")]),
        (
            {"kind": "outline", "projectId": str(uuid4()), "source": "text", "scenes": 3},
            [("/scenes", "unknown-field")],
        ),
        (
            {"kind": "vision", "projectId": str(uuid4()), "count": 2, "assetId": str(uuid4())},
            [("/count", "one-of")],
        ),
    ],
)
def test_a_bad_body_names_the_wrong_member(api, body, wrong):
    problem = asked(api, body, 400)

    if wrong is None:
        assert {pointer for pointer, _ in faults(problem)} == {"/projectId", "/content"}
    else:
        assert sorted((one, code) for one, code in faults(problem)) == wrong


@pytest.mark.parametrize(
    ("over", "pointer", "code"),
    [
        ({"text": "  "}, "/text", "blank"),
        ({"text": "x" * 400_001}, "/text", "too-long"),
        ({"source": "chat", "text": ""}, "/source", "no-chat"),
        ({"source": "script"}, "/source", "source-unavailable"),
    ],
)
def test_what_the_request_would_be_refused_for_the_estimate_is_refused_for(
    api, priced, over, pointer, code
):
    problem = asked(api, outline(priced, **over), 422)

    assert (problem["code"], faults(problem)) == (code, [(pointer, code)])


def test_pictures_that_are_not_there_or_have_no_file_are_refused(api, priced):
    foreign = make_asset(make_project(roomy_workspace()), model_input="model.jpg")
    own = make_asset(priced, model_input="model.jpg")
    address = make_asset(priced, model_input="")
    body = vision(priced)
    del body["count"]

    for key in (foreign.pk, uuid4()):
        problem = asked(api, {**body, "assetIds": [str(own.pk), str(key)]}, 422)
        assert faults(problem) == [("/assetIds/1", "unknown-id")]
    assert asked(api, {**body, "assetId": str(address.pk)}, 409)["code"] == "no-file"


def test_foreign_and_absent_projects_and_jobs_look_the_same(api, priced):
    foreign = make_project(roomy_workspace())
    job = make_job(foreign, kind="outline", status=JobStatus.FAILED)

    for body in (chat, outline, vision):
        theirs, nobodys = (
            asked(api, {**body(foreign), "projectId": str(key)}, 404)
            for key in (foreign.pk, uuid4())
        )
        theirs.pop("requestId"), nobodys.pop("requestId")
        assert theirs == nobodys
    for key in (job.pk, uuid4()):
        assert asked(api, {"kind": "retry", "jobId": str(key)}, 404)["code"] == "not-found"
    own = make_job(priced, kind="outline", status=JobStatus.FAILED)
    wrong = {"kind": "retry", "jobId": str(own.pk), "projectId": str(foreign.pk)}
    assert faults(asked(api, wrong, 422)) == [("/projectId", "other-project")]


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        (Role.VIEWER, [403, 403, 403]),
        (Role.COMMENTER, [200, 403, 403]),
        (Role.EDITOR, [200, 200, 200]),
    ],
)
def test_who_may_ask_may_ask_for_the_price(api, priced, role, statuses):
    browser = browser_for(make_member(api.workspace, role).user)

    found = [
        browser.post(URL, body, "application/json").status_code
        for body in (chat(priced), outline(priced), vision(priced))
    ]

    assert found == statuses


def test_commenters_may_ask_what_another_try_of_their_own_job_costs(api, priced):
    member = make_member(api.workspace, Role.COMMENTER)
    payload = {"source": "text", "text": TEXT}
    own, others = (
        make_job(priced, kind="outline", status=JobStatus.FAILED, payload=payload, user_id=user)
        for user in (member.user.pk, api.user.pk)
    )
    browser = browser_for(member.user)

    found = [
        browser.post(URL, {"kind": "retry", "jobId": str(job.pk)}, "application/json").status_code
        for job in (own, others)
    ]

    assert found == [200, 403]


def test_a_plan_without_a_model_says_so(api, priced):
    Stack.objects.all().delete()

    assert asked(api, chat(priced), 409)["code"] == "no-model"


@pytest.mark.parametrize("kind", ["chat", "outline", "vision"])
def test_the_number_of_statements_does_not_grow_with_history(api, priced, kind):
    body = {"chat": chat, "outline": outline, "vision": vision}[kind](priced)
    write = {"chat": traffic.chats, "outline": traffic.outlines, "vision": traffic.pictures}[kind]
    counts = []
    for number in (22, 250):
        Job.objects.all().delete()
        priced.messages.all().delete()
        book = Book(priced)
        write(book, number, 7)
        book.write()
        asked(api, body)
        with CaptureQueriesContext(connection) as queries:
            assert asked(api, body)["basis"] == "history"
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 25


def test_earlier_pictures_are_priced_anew_as_pictures(api, priced):
    price("maker/first", image_nusd_per_k=1_000_000_000)
    analyses(priced, 30)
    sync = CatalogueSync.objects.create(source="openrouter", status="succeeded")
    CatalogueChange.objects.create(
        sync=sync, kind="model", key="maker/first", field="pricing.image"
    )

    assert asked(api, vision(priced))["costUsd"] == {"p50": "0.00121", "p95": "0.00121"}


def test_calls_that_failed_are_not_priced_anew(api, priced):
    price("maker/first", request_nusd_per_k=1_000_000_000)
    book = Book(priced)
    for _ in range(30):
        job = book.add("vision", [(1_000, 100)], subject_id=uuid7())
        book.calls.append(
            UpstreamCall(
                workspace_id=job.workspace_id, project_id=job.project_id, job=job,
                status="failed", model_slug="maker/first", cost_nusd=0, recipe="vision",
                task="vision", day=book.calls[-1].day, ended_at=job.finished_at,
            )
        )  # fmt: skip
    book.write()
    sync = CatalogueSync.objects.create(source="openrouter", status="succeeded")
    CatalogueChange.objects.create(
        sync=sync, kind="model", key="maker/first", field="pricing.request"
    )

    assert asked(api, vision(priced))["costUsd"] == {"p50": "0.00121", "p95": "0.00121"}


def test_jobs_during_which_the_clock_went_back_say_nothing_of_time(api, priced):
    without = asked(api, vision(priced))["seconds"]
    analyses(priced, 30, seconds=-3_600.0)

    said = asked(api, vision(priced))

    assert (said["basis"], said["samples"]) == ("history", 30)
    assert said["seconds"] == without
    analyses(priced, 20, seconds=2.0)
    assert asked(api, vision(priced))["seconds"] == {"p50": 2.0, "p95": 2.0}
