"""`manage.py check_models`: the stacks looked up, and the service asked for a few cents."""

import io
import time
from decimal import Decimal

import httpx
import pytest
from django.core.management import CommandError, call_command

from ai import exchange
from ai.models import CatalogueEntry, Stack, UpstreamCall
from ai.services.checks import live
from ai.services.checks.abilities import of_wire, price_of
from ai.services.checks.findings import CheckFailedError
from ai.services.checks.live import check_live
from ai.services.checks.purse import Purse
from ai.simulator.background import serving
from ai.simulator.settings import Settings
from tests.ai.openrouter.sse_bodies import body, call, delta
from tests.ai.small_openrouter import ROW, SLUG, Service, completion

pytestmark = pytest.mark.django_db

STEPS = ["key", "credits", "models", "model", "endpoints", "providers", "chat", "stream", "tools",
         "structure", "vision", "picture", "generation", "cancel"]  # fmt: skip
FREE = STEPS[:6]
PAID = [step for step in STEPS[6:] if step != "generation"]


def run(*args):
    """Run the command; return its exit code, what it printed, and what it said at its end."""
    out = io.StringIO()
    try:
        call_command("check_models", *args, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), ""


def only(task="chat", slug=SLUG, **over):
    """Leave one stack, with one model."""
    stack = Stack.objects.filter(task=task).first()
    Stack.objects.exclude(pk=stack.pk).delete()
    Stack.objects.filter(pk=stack.pk).update(model_slug=slug, fallback_slugs=[], **over)
    return f"{stack.plan_id} {task}: {slug}"


# --- without asking anybody ----------------------------------------------------------------------


def test_the_shipped_stacks_are_well():
    code, said, _ = run()

    assert code == 0
    count = sum(1 + len(stack.fallback_slugs) for stack in Stack.objects.all())
    assert said.endswith(f"all {count} are well\n")
    assert "failed" not in said


def entry(**over):
    values = {"slug": SLUG, "name": "Cheap", "input_modalities": ["text", "image"],
              "output_modalities": ["text"], "supported_parameters": ["tools", "response_format"],
              "max_output_tokens": 100_000, "prompt_nusd_per_m": 1,
              "completion_nusd_per_m": 1}  # fmt: skip
    return CatalogueEntry.objects.create(**(values | over))


FAULTS = {
    "no tools": ("chat", {"supported_parameters": []}, "does not support tools"),
    "blind": ("vision", {"input_modalities": ["text"]}, "does not read image"),
    "pictures only": ("outline", {"output_modalities": ["image"]}, "does not write text"),
    "gone": ("chat", {"wire": {"expiration_date": "2020-01-01"}}, "is gone since 2020-01-01"),
}


@pytest.mark.parametrize(("task", "over", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_a_model_that_cannot_do_its_task_fails_the_check(task, over, words):
    what = only(task)
    entry(**over)

    code, said, why = run()

    assert (code, why) == (1, f"1 of 1 failed: {what}")
    assert said.split() == ["failed", *what.split(), *words.split()]


def test_a_model_nobody_knows_fails_the_check_and_so_do_no_stacks():
    only(slug="maker/unknown")

    unknown = run()
    Stack.objects.all().delete()
    none = run()

    assert unknown[0] == none[0] == 1
    assert "no such model is known" in unknown[1]
    assert none[2] == "1 of 1 failed: stacks"


NOTES = {
    "no shapes": ("outline", {"supported_parameters": []}, "asked in words only"),
    "short": ("chat", {"max_output_tokens": 5}, "writes 5 tokens at most, 4000 are set"),
    "no price": ("chat", {"prompt_nusd_per_m": None}, "has no known price"),
    "going": ("chat", {"wire": {"expiration_date": "2999-01-01T00:00:00Z"}},
              "will be gone on 2999-01-01"),
}  # fmt: skip


@pytest.mark.parametrize(("task", "over", "words"), NOTES.values(), ids=NOTES.keys())
def test_a_model_that_could_be_better_is_noted_and_passes(task, over, words):
    only(task, max_output_tokens=4_000)
    entry(**over)

    code, said, _ = run()

    assert code == 0
    assert said.startswith("note")
    assert words in said


def test_a_variant_is_its_model():
    only(slug=f"{SLUG}:nitro")
    entry()

    assert run()[0] == 0


# --- asking --------------------------------------------------------------------------------------


def test_without_a_key_nothing_is_asked(settings, monkeypatch):
    settings.OPENROUTER_API_KEY = ""
    asked: list[httpx.Request] = []
    monkeypatch.setattr(exchange, "fake_transport", httpx.MockTransport(asked.append))

    code, said, why = run("--live")

    assert (code, said) == (2, "")
    assert why == "nothing was asked: OPENROUTER_API_KEY is not set"
    assert asked == []


@pytest.mark.parametrize("amount", ["-1", "nan", "inf", "much"])
def test_a_ceiling_that_is_no_amount_is_refused(settings, amount):
    settings.OPENROUTER_API_KEY = ""

    code, said, why = run("--live", f"--most-usd={amount}")

    assert (code, said) == (1, "")
    assert "--most-usd" in why


def rows_of(said):
    """Return verdict and cost of every step that was printed."""
    lines = [line.split() for line in said.splitlines()]
    return {line[1]: (line[0], line[2]) for line in lines if len(line) > 2 and line[1] in STEPS}


def test_all_is_well_against_the_simulator_and_the_answers_say_what_they_are(settings):
    settings.OPENROUTER_API_KEY = "sk-or-v1-any"
    with serving(Settings(first_token_s=0.0, generation_misses=1)) as url:
        settings.OPENROUTER_BASE_URL = url

        code, said, why = run("--live")

    assert (code, why) == (0, "")
    assert [(step, verdict) for step, (verdict, _) in rows_of(said).items()] == [
        (step, "ok") for step in STEPS
    ]
    costs = [Decimal(cost) for _, cost in rows_of(said).values()]
    assert costs == sorted(costs)
    assert 0 < costs[-1] < Decimal("0.10")
    assert f"asking {url} for 0.10 USD at most" in said
    assert "no model was asked: these answers are simulated" in said
    assert "sk-or" not in said
    assert UpstreamCall.objects.count() == 0


def test_nothing_is_sent_that_could_cost_more_than_may_be_spent(settings):
    settings.OPENROUTER_API_KEY = "sk-or-v1-any"
    with serving() as url:
        settings.OPENROUTER_BASE_URL = url

        code, said, why = run("--live", "--most-usd", "0")
        bill = httpx.get(url.replace("/api/v1", "/__sim/bill")).json()

    assert code == 1
    assert why.endswith(f"failed: {', '.join(step for step in STEPS[6:])}")
    assert [rows_of(said)[step][0] for step in FREE] == ["ok"] * 6
    assert said.count("more than the 0 that may be spent") == len(PAID)
    assert bill == []


# --- a service that is odd -----------------------------------------------------------------------


@pytest.fixture
def visit(settings, monkeypatch):
    """Run the live check against a service; return findings by name, and the service."""
    only()
    settings.OPENROUTER_API_KEY = "sk-or-v1-test"
    settings.OPENROUTER_BASE_URL = "http://127.0.0.1:1/api/v1"

    def check(most_usd="0.10", **odd):
        service = Service(**odd)
        monkeypatch.setattr(exchange, "fake_transport", httpx.MockTransport(service))
        told = []
        found = check_live(most_usd=Decimal(most_usd), tell=told.append, look_up_s=0.3)
        assert told == found
        return {finding.what: finding for finding in found}, service

    return check


def test_a_plain_service_is_well_and_every_question_says_how_much_it_may_answer(visit):
    found, service = visit()

    assert {finding.verdict for finding in found.values()} == {"ok"}
    assert list(found)[: len(STEPS)] == STEPS
    assert "403" in found["credits"].detail
    assert found["key"].detail == "4.5 USD left, free tier"
    assert found["cancel"].detail == "stopped; 0.00001 USD"
    assert found["cancel"].spent_usd == Decimal("0.003") + 6 * Decimal("0.00001")
    assert "simulated" not in found
    assert all(asked.get("max_tokens") or asked["prompt"] for asked in service.posted)
    assert len(service.posted) == len(PAID)


def not_a_tool(name):
    made = call(0, "a", name, '{"title": 3}')["choices"][0]["delta"]
    return completion("", tool_calls=made["tool_calls"])


def seen(**over):
    return {"models": {"data": [ROW | over]}}


ODD = {
    "a refused key": ({"key": 401}, "key", "AuthenticationError"),
    "broken credits": ({"credits": 500}, "credits", "UnavailableError"),
    "an empty list": ({"models": {"data": []}}, "models", "the list is empty"),
    "models nobody may see": ({"models": 403}, "chat", "no model of the stacks has a known price"),
    "another model": ({"model": {"data": {"id": "x/y"}}}, "model", "told of x/y"),
    "no endpoints": ({"endpoints": {"data": {}}}, "endpoints", f"nobody serves {SLUG}"),
    "no providers": ({"providers": {"data": []}}, "providers", "the list is empty"),
    "no cost": ({"chat": completion("canvas", usage=None)}, "chat", "did not tell what it cost"),
    "an empty answer": ({"chat": completion("")}, "chat", "EmptyReplyError"),
    "a stream that is cut": (
        {"stream": body(delta(content="1"), done=False)}, "stream", "IncompleteReplyError"),
    "no id before the body": (
        {"stream": httpx.Response(200, content=body(delta("stop", content="1")))},
        "stream", "no X-Generation-Id"),
    "no tools": (seen(supported_parameters=[]), "tools", "no model of the stacks has tools"),
    "no call": ({"tools": completion("no")}, "tools", "called no tool: no"),
    "another call": ({"tools": not_a_tool("f")}, "tools", "called f"),
    "a call of odd arguments": (
        {"tools": not_a_tool("create_scene")}, "tools", 'with {"title": 3}'),
    "no shape": ({"structure": completion("Sure! " * 20)}, "structure", "said Sure!"),
    "another shape": ({"structure": completion("[1]")}, "structure", "said [1]"),
    "blind": (
        seen(architecture={"input_modalities": ["text"]}), "vision", "has image"),
    "no painters": ({"painters": {"data": []}}, "picture", "no image model has a known price"),
    "a painter nobody serves": ({"painter": 404}, "picture", "no image model has a known price"),
    "a painter without prices": (
        {"painter": {"endpoints": [{"pricing": None}, {"pricing": [{"billable": "input_text"}]},
                                   {"pricing": [{"billable": "output_image", "cost_usd": "-1"}]}]}},
        "picture", "no image model has a known price"),
    "a dear painter": (
        {"painter": {"endpoints": [{"pricing": [{"billable": "output_image", "unit": "token",
                                                 "cost_usd": "0.00003"}]}]}},
        "picture", "left out: up to 0.15000 USD"),
    "no picture": ({"picture": {"data": []}}, "picture", "NoImageError"),
    "no bill": ({"generation": 404}, "generation", "no bill after 0 s"),
    "a bill without a cost": (
        {"generation": {"data": {"id": "gen-1"}}}, "generation", "the bill has no cost"),
    "a stream that cannot be stopped": (
        {"cancel": body(delta("stop", content="1"))}, "cancel", "went on to its end"),
}  # fmt: skip


@pytest.mark.parametrize(("odd", "step", "words"), ODD.values(), ids=ODD.keys())
def test_what_is_odd_fails_its_step_and_keeps_no_other_from_being_tried(visit, odd, step, words):
    found, _ = visit(**odd)

    assert found[step].verdict == "failed"
    assert words in found[step].detail
    assert list(found)[: len(STEPS)] == STEPS


def test_a_model_of_the_stacks_that_is_gone_fails_the_whole(visit):
    found, _ = visit(models={"data": [ROW | {"id": "x/y"}]})

    (stack,) = [finding for what, finding in found.items() if what.endswith(SLUG)]
    assert stack.detail == "no such model is known"
    assert stack.verdict == "failed"


def test_without_any_id_there_is_no_bill_to_ask_for(visit):
    found, _ = visit(models=500)

    assert found["generation"].detail == "no answer had an id"
    assert not any(what.endswith(SLUG) for what in found)


def test_a_cost_that_is_not_told_counts_as_the_worst(visit):
    found, _ = visit(generation=404)
    worst = 2_000 * Decimal("0.0000001") + 1_000 * Decimal("0.0000002")

    assert found["cancel"].verdict == "ok"
    assert found["cancel"].detail == f"stopped; up to {worst:f} USD"
    assert found["cancel"].spent_usd == found["generation"].spent_usd + worst


def test_a_call_that_was_cut_is_paid_and_one_that_was_refused_is_not(visit):
    worst = 2_000 * Decimal("0.0000001") + 100 * Decimal("0.0000002")
    cut, _ = visit(stream=body(delta(content="1"), done=False))
    refused, _ = visit(stream=429)

    assert cut["stream"].spent_usd == cut["chat"].spent_usd + worst
    assert refused["stream"].spent_usd == refused["chat"].spent_usd


def test_a_service_that_is_away_costs_nothing(visit):
    def away():
        raise httpx.ConnectError("nobody")

    found, _ = visit(chat=away)

    assert found["chat"].verdict == "failed"
    assert found["chat"].spent_usd == 0


def test_a_model_that_thinks_may_think_and_is_the_last_to_be_asked(visit):
    thinks = ROW | {"id": "x/thinks", "supported_parameters": ["tools", "reasoning"],
                    "pricing": {"prompt": "0", "completion": "0"}}  # fmt: skip
    Stack.objects.update(fallback_slugs=["x/thinks"])

    _, both = visit(models={"data": [thinks, ROW]})
    Stack.objects.update(model_slug="x/thinks", fallback_slugs=[])
    _, alone = visit(models={"data": [thinks]})

    assert {asked["model"] for asked in both.posted} == {SLUG}
    assert alone.posted[0]["model"] == "x/thinks"
    assert alone.posted[0]["max_tokens"] == 1_500


def test_a_stop_that_was_not_ours_is_no_success(visit, monkeypatch):
    monkeypatch.setattr(live, "_LIMITS", live.Limits(0.1, 0.1, 0.1))

    def slow():
        time.sleep(0.4)
        return httpx.Response(200, content=body(delta("stop", content="1")))

    found, _ = visit(cancel=slow)

    assert found["cancel"].verdict == "failed"
    assert found["cancel"].detail.startswith("StoppedError")


@pytest.mark.parametrize("price", [None, "dear", "-1", "NaN", "Infinity"])
def test_a_price_that_is_none_is_not_told(price):
    assert price_of(price) is None


def test_an_entry_of_nothing_can_do_nothing():
    ability = of_wire({"architecture": [], "supported_parameters": None, "expiration_date": ""})

    assert (ability.inputs, ability.parameters) == (frozenset(), frozenset())
    assert (ability.token_usd, ability.max_output_tokens, ability.expires_on) == (None, None, None)


def test_a_purse_holds_what_it_has():
    purse = Purse(Decimal("0.10"))

    with purse.paying(Decimal("0.10")):
        purse.book(None, Decimal("0.06"))
    with pytest.raises(CheckFailedError, match="left out"), purse.paying(Decimal("0.05")):
        pass
    purse.give_back(Decimal("0.02"))

    assert purse.spent_usd == Decimal("0.04")
