"""The whole way: requests over HTTP, done by the runner, billed by the wire, then backtested."""

# ruff: noqa: S311 dice for traffic, not for secrets

import random

import httpx
import pytest

from ai.estimates import backtest
from ai.models import Job, UpstreamCall
from tests.ai.conftest import run
from tests.ai.estimates.traffic import COMPLETION_NUSD, PROMPT_NUSD, heavy
from tests.ai.jobs.test_runner import OUTLINE

REQUESTS = 70
ROUND = '{"title": "Quay", "description": "She waits."}'
_USAGE = b'"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15'


class Meter:
    """Bills answers by what was sent: a token for about four bytes, answers with a long tail."""

    def __init__(self, openrouter, seed):
        self.openrouter, self.dice, self.billed_nusd = openrouter, random.Random(seed), 0

    def will_reply(self, message, finish="stop"):
        said = heavy(self.dice, 240, 0.7)

        def answer(body):
            prompt = round(len(str(body)) / 4 * self.dice.uniform(0.9, 1.1))
            nusd = prompt * PROMPT_NUSD + said * COMPLETION_NUSD
            self.billed_nusd += nusd
            cost = f"{nusd / 10**9:.9f}"
            reply = self.openrouter._reply(body, message, cost, finish)
            usage = f'"prompt_tokens": {prompt}, "completion_tokens": {said}'.encode()
            assert _USAGE in reply.content
            headers = {"Content-Type": reply.headers["Content-Type"]}
            headers["X-Generation-Id"] = reply.headers["X-Generation-Id"]
            content = reply.content.replace(_USAGE, usage)
            return httpx.Response(200, headers=headers, content=content)

        self.openrouter.will_do(answer)


def talk(api, project, meter, words):
    for place in range(min(5, int(meter.dice.expovariate(1.0)))):
        function = {"name": "create_scene", "arguments": ROUND}
        call = {"index": 0, "id": f"call_{words}_{place}", "type": "function", "function": function}
        meter.will_reply({"content": "", "tool_calls": [call]}, "tool_calls")
    meter.will_reply({"content": "It is done. " * heavy(meter.dice, 20, 0.8)})
    body = {"content": "Add a scene. " * words}
    return api.post(f"/api/v1/projects/{project.pk}/messages/", body).json()["job"]["id"]


def draft(api, project, meter, words):
    if meter.dice.random() < 0.15:
        meter.will_reply({"content": "I cannot do that."})
    meter.will_reply({"content": json_of(OUTLINE)})
    body = {"source": "text", "text": "Mara waits. " * words * 20}
    return api.post(f"/api/v1/projects/{project.pk}/outlines/", body).json()["id"]


def json_of(value):
    return httpx.Request("POST", "http://a/", json=value).content.decode()


@pytest.mark.parametrize(("kind", "ask"), [("chat", talk), ("outline", draft)])
def test_p95_holds_for_jobs_that_were_really_done(api, priced, openrouter, kind, ask):
    meter = Meter(openrouter, 11)
    for _ in range(REQUESTS):
        job = run(ask(api, priced, meter, heavy(meter.dice, 20, 0.9)))
        assert job.status == "succeeded", job.error

    found = backtest.report(backtest.replay(kind=kind))
    cost = {(line.kind, line.basis, line.figure): line for line in found}[kind, "history", "cost"]

    assert Job.objects.filter(kind=kind, status="succeeded").count() == REQUESTS
    assert sum(UpstreamCall.objects.values_list("cost_nusd", flat=True)) == meter.billed_nusd
    assert cost.tally.jobs == REQUESTS - 20
    assert cost.is_well
    assert cost.tally.coverage_p95 >= 0.90
    assert cost.tally.width < 10
