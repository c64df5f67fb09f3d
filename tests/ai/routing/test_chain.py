"""Who decides which model is asked, in which order, and what is left out."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai.models import Configuration, Job, JobStep, UpstreamCall
from ai.routing import OF_TASK, Scope, chain, choice_of, snapped
from canvas.core.errors import Unavailable
from tests.ai.conftest import run, run_after_wait
from tests.ai.jobs.test_runner import OUTLINE, outline
from tests.ai.routing.conftest import (
    make_endpoint,
    make_model,
    route_of,
    say,
    stack_of,
    use_models,
)
from tests.factories import make_plan


def slugs(project, task="chat", asked=""):
    scope = Scope(project.workspace, project.pk, asked)
    return [choice.slug for choice in chain(scope, task, needs=OF_TASK[task])]


def skipped(project, task="chat", needs=None):
    found = {}
    scope = Scope(project.workspace, project.pk)
    chain(scope, task, needs=needs or OF_TASK[task], on_skip=found.__setitem__)
    return found


def test_each_scope_stands_before_the_wider_one_and_the_stack_follows(project, models):
    make_model("maker/project")
    make_model("maker/workspace")
    make_model("maker/asked")
    Configuration.objects.create(workspace=project.workspace, chat_model="maker/workspace")
    Configuration.objects.create(
        workspace=project.workspace, project=project, chat_model="maker/project"
    )
    scope = Scope(project.workspace, project.pk, "maker/asked")

    found = chain(scope, "chat", needs=OF_TASK["chat"])

    assert [(choice.slug, choice.chosen_as) for choice in found] == [
        ("maker/asked", "request"),
        ("maker/project", "project"),
        ("maker/workspace", "workspace"),
        ("maker/first", "plan"),
        ("maker/second", "fallback 1"),
    ]


def test_a_model_that_is_named_twice_is_tried_once_where_it_comes_first(project, models):
    Configuration.objects.create(workspace=project.workspace, chat_model="maker/second")

    assert slugs(project) == ["maker/second", "maker/first"]


def test_a_configuration_of_another_project_or_workspace_says_nothing_here(project, models):
    from tests.scenes.factories import make_project, roomy_workspace

    other = make_project(project.workspace)
    foreign = make_project(roomy_workspace())
    make_model("maker/other")
    for film in (other, foreign):
        Configuration.objects.create(
            workspace=film.workspace, project=film, chat_model="maker/other"
        )

    assert slugs(project) == ["maker/first", "maker/second"]


def test_the_director_s_temperature_and_effort_count_for_the_chat_alone(project, models):
    Configuration.objects.create(
        workspace=project.workspace, temperature=0.0, reasoning_effort="low"
    )
    scope = Scope(project.workspace, project.pk)

    found = {task: chain(scope, task, needs=OF_TASK[task])[0] for task in ("chat", "outline")}

    assert (found["chat"].temperature, found["chat"].reasoning_effort) == (0.0, "low")
    assert (found["outline"].temperature, found["outline"].reasoning_effort) == (0.3, "")


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"supported_parameters": []}, "cannot call tools"),
        ({"gone_at": timezone.now().replace(2026, 3, 1)}, "gone since 2026-03-01"),
        ({"expires_at": timezone.now().replace(2026, 2, 1)}, "ended on 2026-02-01"),
        ({"output_modalities": ["image"]}, "does not write text"),
    ],
)
def test_a_model_that_cannot_is_left_out_and_it_is_said_why(project, models, over, reason):
    type(models["maker/first"]).objects.filter(slug="maker/first").update(**over)

    assert slugs(project) == ["maker/second"]
    assert skipped(project) == {"maker/first": reason}


def test_a_prompt_that_surely_does_not_fit_leaves_a_model_out(project, models):
    from ai.routing import Needs

    models["maker/first"].context_length = 500
    models["maker/first"].save()

    found = skipped(project, "outline", Needs(context_tokens=501))

    assert found == {"maker/first": "501 tokens do not fit its 500"}


def test_a_price_over_the_highest_leaves_a_model_out(project, models):
    stack_of(project.workspace, provider={"max_price": {"prompt": "0.999999999"}})
    models["maker/second"].prompt_nusd_per_m = 999_999_999
    models["maker/second"].save()

    assert slugs(project) == ["maker/second"]
    assert skipped(project) == {"maker/first": "its prompt price is over 0.999999999 USD"}


def test_a_price_that_is_not_known_is_not_under_the_highest(project, models):
    stack_of(project.workspace, provider={"max_price": {"completion": "9"}})
    models["maker/first"].completion_nusd_per_m = None
    models["maker/first"].save()

    assert skipped(project) == {"maker/first": "its completion price is not known"}


def test_a_model_whose_every_known_provider_learns_from_prompts_is_left_out(project, models):
    stack_of(project.workspace, provider={"data_collection": "deny"})
    make_endpoint(models["maker/first"], "greedy", trains=True)
    make_endpoint(models["maker/second"], "greedy", trains=True)
    make_endpoint(models["maker/second"], "modest", trains=False)

    found = chain(Scope(project.workspace, project.pk), "chat", needs=OF_TASK["chat"])

    assert [choice.slug for choice in found] == ["maker/second"]
    assert found[0].provider.ignore == ("greedy",)
    assert skipped(project) == {
        "maker/first": "each of its known providers keeps prompts or learns from them"
    }


def test_a_model_without_shapes_is_left_out_only_while_another_has_them(project, models):
    from ai.routing import Needs

    shaped = Needs(structured=True)
    models["maker/first"].supported_parameters = ["temperature"]
    models["maker/first"].save()
    one = skipped(project, "outline", shaped)
    models["maker/second"].supported_parameters = []
    models["maker/second"].save()
    both = skipped(project, "outline", shaped)

    assert one == {"maker/first": "has no structured output, and another model has"}
    assert both == {}


def test_without_an_able_model_it_is_said_who_has_to_mend_it(project, models):
    type(models["maker/first"]).objects.update(gone_at=timezone.now())

    with pytest.raises(Unavailable) as refused:
        slugs(project)

    assert refused.value.code == "no-model"


def test_an_effort_is_snapped_to_what_the_model_knows(db):
    knows = make_model("maker/x", reasoning={"supported_efforts": ["high", "low"]})
    must = make_model("maker/y", wire={"reasoning": {"supported_efforts": ["none", "high"],
                                                     "mandatory": True}})  # fmt: skip
    silent = make_model("maker/z")

    assert snapped("medium", knows) == "low"
    assert snapped("none", knows) == "low"
    assert snapped("none", must) == "high"
    assert snapped("minimal", silent) == "minimal"
    assert snapped("minimal", None) == "minimal"


def test_one_model_can_be_asked_for_by_itself(db):
    make_model("maker/x", max_output_tokens=200)

    choice = choice_of("maker/x", "chat")

    assert (choice.slug, choice.max_output_tokens, choice.temperature) == ("maker/x", 200, 0.7)
    assert choice_of("maker/nobody-knows", "chat").entry is None
    assert choice_of("maker/x:nitro", "chat").entry.slug == "maker/x"


def test_the_chain_takes_two_statements_and_one_for_each_model(project, models):
    slugs(project)  # what is compiled once is compiled now

    with CaptureQueriesContext(connection) as queries:
        slugs(project)

    assert len(queries) == 4


def test_a_change_of_the_stack_the_plan_or_the_configuration_counts_at_once(project, models):
    before = slugs(project)
    stack_of(project.workspace, model_slug="maker/second", fallback_slugs=["maker/first"])
    stack = slugs(project)
    make_model("maker/third")
    plan = make_plan()
    use_models(type("W", (), {"plan": plan}), "maker/third")
    type(project.workspace).objects.filter(pk=project.workspace_id).update(plan=plan)
    plans = slugs(project)  # the workspace in hand still names the plan of before

    assert before == ["maker/first", "maker/second"]
    assert stack == ["maker/second", "maker/first"]
    assert plans == ["maker/third"]


# --- at the edge ----------------------------------------------------------------------------------


def test_a_request_s_model_is_tried_first_and_the_stack_follows(api, project, models, openrouter):
    make_model("maker/asked")
    openrouter.will_fail(503)
    openrouter.will_say("Yes.")

    job = run(say(api, project, model="maker/asked"))

    assert job.status == "succeeded"
    assert [heard["model"] for heard in openrouter.heard] == ["maker/asked", "maker/first"]
    assert route_of(api, job.pk) == [
        ("maker/asked", "request", "left"),
        ("maker/first", "plan", "answered"),
    ]


@pytest.mark.parametrize(
    ("model", "code"),
    [("maker/nobody", "wrong-model-id"), ("maker/blind", "unfit-model"), ("gpt", "wrong-model-id")],
)
def test_a_model_that_cannot_is_refused_at_the_door(api, project, models, model, code):
    make_model("maker/blind", supported_parameters=[], input_modalities=["text"])

    answer = api.post(
        f"/api/v1/projects/{project.pk}/messages/", {"content": "Hi.", "model": model}
    )

    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["pointer"] == "/model"
    assert not Job.objects.exists()
    assert not project.messages.exists()


def test_a_request_s_model_may_not_cost_more_than_the_plan_allows(api, project, models):
    stack_of(project.workspace, provider={"max_price": {"prompt": "1"}})
    make_model("maker/dear", prompt_nusd_per_m=1_000_000_001)
    address = f"/api/v1/projects/{project.pk}/messages/"

    answer = api.post(address, {"content": "Hi.", "model": "maker/dear"})

    assert (answer.status_code, answer.json()["code"]) == (422, "unfit-model")
    assert not Job.objects.exists()


def test_an_outline_and_a_retry_keep_the_model_that_was_asked_for(api, project, models, openrouter):
    make_model("maker/asked")
    openrouter.will_fail(400)
    openrouter.will_fail(400)
    openrouter.will_fail(400)
    for _ in range(6):
        openrouter.will_fail(400)
    first = run(outline(api, project, model="maker/asked"))
    openrouter._answers.clear()
    openrouter.will_answer(OUTLINE)

    again = api.post(f"/api/v1/jobs/{first.pk}/retry/").json()["id"]
    done = run(again)

    assert (first.status, done.status) == ("failed", "succeeded")
    assert UpstreamCall.objects.filter(job=done).get().chosen_as == "request"


def test_what_is_left_out_is_told_once_however_many_rounds(api, project, models, openrouter):
    stack_of(project.workspace, model_slug="maker/gone")
    make_model("maker/gone", gone_at=timezone.now() - timedelta(days=1))
    openrouter.will_call(("create_scene", '{"title": "A", "description": "B"}'))
    openrouter.will_say("Done.")

    job = run(say(api, project))

    assert job.status == "succeeded"
    assert JobStep.objects.filter(job=job, name="model-skipped").count() == 1
    assert [stop[0::2] for stop in route_of(api, job.pk)] == [
        ("maker/gone", "skipped"),
        ("maker/second", "answered"),
        ("maker/second", "answered"),
    ]


def test_a_model_that_vanishes_while_its_job_waits_is_not_asked_again(
    api, project, models, openrouter
):
    job_id = say(api, project)
    openrouter.will_fail(503)
    openrouter.will_fail(503)
    waiting = run(job_id)
    type(models["maker/first"]).objects.filter(slug="maker/first").update(gone_at=timezone.now())
    openrouter.will_say("Yes.")

    done = run_after_wait(job_id)

    assert (waiting.status, done.status) == ("queued", "succeeded")
    assert openrouter.heard[-1]["model"] == "maker/second"


def test_wishes_for_providers_go_out_with_the_request(api, project, models, openrouter):
    wishes = {"order": ["acme"], "zdr": True, "max_price": {"prompt": "3.50"}}
    stack_of(project.workspace, provider=wishes)
    openrouter.will_say("Yes.")

    run(say(api, project))

    assert openrouter.heard[0]["provider"] == wishes
