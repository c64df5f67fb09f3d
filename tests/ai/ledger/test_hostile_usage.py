"""What a provider says of tokens and cost may be absent, negative, absurd, or come later."""

import json

import httpx
import pytest

from ai.jobs import bills
from ai.ledger import audit
from ai.models import Budget, UpstreamCall
from tests.ai.conftest import run
from tests.ai.jobs.test_runner import OUTLINE, outline

COLUMNS = ("spent_nusd", "hold_nusd", "tokens", "hold_tokens", "images")


def answer_with(openrouter, usage):
    """Let the next answer carry this text as its `usage`; None is no usage at all."""

    def answer(_):
        openrouter._number += 1
        number = openrouter._number
        whole = json.dumps(
            {
                "id": f"gen-{number}",
                "model": "maker/model-20260101",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"role": "assistant", "content": json.dumps(OUTLINE)},
                    }
                ],
            }
        )
        text = whole if usage is None else f'{whole[:-1]}, "usage": {usage}}}'
        headers = {"X-Generation-Id": f"gen-{number}", "Content-Type": "application/json"}
        return httpx.Response(200, content=text.encode(), headers=headers)

    openrouter.will_do(answer)


def look_up(bill=None, openrouter=None):
    if bill is not None:
        openrouter.bills["gen-1"] = {"id": "gen-1", **bill}
    UpstreamCall.objects.exclude(look_up_at=None).update(look_up_at="2020-01-01T00:00:00Z")
    bills.look_up_due()
    return UpstreamCall.objects.get()


def counters():
    [same] = set(Budget.objects.values_list(*COLUMNS))
    return dict(zip(COLUMNS, same, strict=True))


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "null",
        "{}",
        "[]",
        '"much"',
        '{"cost": null}',
        '{"cost": -1}',
        '{"cost": "-0.5"}',
        '{"cost": "NaN"}',
        '{"cost": "Infinity"}',
        '{"cost": NaN}',
        '{"cost": true}',
        '{"cost": {"usd": 1}}',
        '{"cost": "dear"}',
        '{"cost": 1e400}',
        '{"cost": 1e15}',
        '{"cost": "1e999999"}',
        f'{{"cost": {"9" * 60}}}',
    ],
)
def test_a_cost_that_is_none_is_unknown_and_held_until_the_bill_comes(
    api, project, openrouter, usage
):
    answer_with(openrouter, usage)

    job = run(outline(api, project))

    call, held = UpstreamCall.objects.get(), counters()["hold_nusd"]
    assert job.status == "succeeded"
    assert (call.status, call.cost_nusd) == ("unknown", None)
    assert call.hold_nusd == held > 0
    assert audit.differences() == []
    settled = look_up({"total_cost": 0.25, "tokens_prompt": 3}, openrouter)
    assert (settled.status, settled.cost_nusd) == ("settled", 250_000_000)
    assert counters() == {
        "spent_nusd": 250_000_000, "hold_nusd": 0, "tokens": 3, "hold_tokens": 0, "images": 0,
    }  # fmt: skip
    assert audit.differences() == []


@pytest.mark.parametrize("tokens", ["-5", "2.5", "1180591620717411303424", '"many"', "NaN", "1e30"])
def test_tokens_that_cannot_be_are_not_counted_and_the_cost_is(api, project, openrouter, tokens):
    answer_with(openrouter, f'{{"prompt_tokens": {tokens}, "completion_tokens": 5, "cost": 0.001}}')

    job = run(outline(api, project))

    call = UpstreamCall.objects.get()
    assert job.status == "succeeded"
    assert (call.status, call.cost_nusd, call.completion_tokens) == ("settled", 1_000_000, 5)
    assert call.prompt_tokens in {None, 2}
    assert counters()["tokens"] == 5 + (call.prompt_tokens or 0)
    assert audit.differences() == []


def test_an_absurd_cost_is_looked_up_before_it_is_booked(api, project, openrouter):
    answer_with(openrouter, '{"prompt_tokens": 10, "completion_tokens": 5, "cost": 5000}')

    run(outline(api, project))

    asked = UpstreamCall.objects.get()
    assert (asked.status, asked.cost_nusd) == ("unknown", None)
    assert "5000 USD" in asked.error_detail
    assert counters()["spent_nusd"] == 0
    assert look_up({"total_cost": 0.002}, openrouter).cost_nusd == 2_000_000


def test_an_absurd_cost_that_the_bill_confirms_is_booked(api, project, openrouter):
    answer_with(openrouter, '{"prompt_tokens": 10, "completion_tokens": 5, "cost": 5000}')
    run(outline(api, project))

    call = look_up({"total_cost": 5000}, openrouter)

    assert (call.status, call.cost_nusd) == ("settled", 5_000_000_000_000)
    assert counters()["spent_nusd"] == 5_000_000_000_000


def test_what_no_call_costs_is_not_booked_even_if_the_bill_says_so(api, project, openrouter):
    answer_with(openrouter, '{"cost": 1000000000}')
    run(outline(api, project))

    call = look_up({"total_cost": 1_000_000_000}, openrouter)
    UpstreamCall.objects.update(look_ups=bills.MOST_LOOK_UPS)
    given_up = look_up()

    assert (call.status, call.cost_nusd) == ("unknown", None)
    assert (given_up.status, given_up.cost_nusd, given_up.hold_nusd) == ("unknown", None, 0)
    assert counters() == dict.fromkeys(COLUMNS, 0)
    assert audit.differences() == []


def test_a_cost_above_the_hold_that_may_be_is_booked_at_once(api, project, openrouter):
    answer_with(openrouter, '{"prompt_tokens": 10, "completion_tokens": 5, "cost": 9.99}')

    run(outline(api, project))

    assert UpstreamCall.objects.get().cost_nusd == 9_990_000_000
