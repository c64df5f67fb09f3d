"""p95 holds: finished jobs of many sizes, each estimated from what was before it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ai.estimates import backtest
from ai.models import JobStatus, UpstreamCall
from canvas.core.rows import uuid7
from scenes.services.changes import Actor
from scenes.services.projects import add_project
from tests.ai.estimates import traffic
from tests.ai.estimates.traffic import Book
from tests.ai.factories import make_job

KINDS = {"chat": traffic.chats, "outline": traffic.outlines, "vision": traffic.pictures}


def lines_of(**options):
    found = backtest.report(backtest.replay(**options))
    return {(line.kind, line.basis, line.figure): line for line in found}


def printed(*options):
    out = StringIO()
    try:
        call_command("backtest_estimates", *options, stdout=out)
    except CommandError as exc:
        return out.getvalue(), str(exc)
    return out.getvalue(), ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "seed", [7, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (8, 2026, 424242))]
)
def test_p95_holds_in_90_to_99_percent_of_jobs_and_is_not_idle(priced, kind, seed):
    book = Book(priced)
    KINDS[kind](book, 200, seed)
    book.write()

    lines = lines_of(kind=kind)

    cost = lines[kind, "history", "cost"]
    assert cost.tally.jobs == 180
    assert 0.90 <= cost.tally.coverage_p95 <= 0.99
    assert 0.35 <= cost.tally.coverage_p50 <= 0.65
    assert cost.tally.width < 10
    assert (cost.is_judged, cost.is_well) == (True, True)
    for figure in ("prompt", "completion", "seconds"):
        assert 0.90 <= lines[kind, "history", figure].tally.coverage_p95 <= 1
    assert lines[kind, "prices", "cost"].tally.jobs == 20
    assert lines[kind, "prices", "cost"].tally.coverage_p95 == 1
    assert lines["all", "all", "cost"].tally.jobs == 200


def test_the_command_prints_what_held_and_is_content(priced):
    book = Book(priced)
    traffic.pictures(book, 80, 7)
    book.write()

    said, complaint = printed("--kind", "vision", "--last", "75")

    rows = {tuple(line.split()[:3]): line.split() for line in said.splitlines()[1:]}
    assert complaint == ""
    assert rows["vision", "history", "cost"][3] == "60"
    assert rows["vision", "history", "cost"][-1] == "well"
    assert rows["all", "all", "cost"][3] == "75"
    assert "NOT WELL" not in said


def test_the_command_fails_when_costs_rise_above_what_history_says(priced):
    book = Book(priced)
    for place in range(160):
        book.add("vision", [(1_000, 100 + 8 * place)], subject_id=uuid7())
    book.write()

    said, complaint = printed()

    assert "NOT WELL" in said
    assert complaint.startswith("p95 of the cost does not hold: all by all in ")


def test_one_project_can_be_looked_at_and_nothing_is_said_of_nothing(priced):
    other = add_project(workspace=priced.workspace, by=Actor.human(uuid7()), title="Other")
    book = Book(priced)
    traffic.pictures(book, 25, 7)
    book.write()

    assert printed("--project", str(other.pk)) == (
        "there are no finished jobs whose cost is known\n",
        "",
    )
    assert "vision   history  cost             5" in printed("--project", str(priced.pk))[0]


def test_jobs_whose_cost_is_not_known_are_no_jobs_of_no_cost(priced):
    book = Book(priced)
    for _ in range(25):
        book.add("vision", [(1_000, 100)], subject_id=uuid7())
    for _ in range(25):
        book.add("vision", [(1_000, 100)], subject_id=uuid7(), cost_nusd=None)
    book.write()

    lines = lines_of(kind="vision")

    assert UpstreamCall.objects.filter(cost_nusd=None).count() == 25
    assert lines["all", "all", "cost"].tally.jobs == 25
    assert lines["vision", "history", "cost"].tally.coverage_p50 == 1


def test_no_estimate_knows_what_came_after_it(priced):
    book = Book(priced)
    for place in range(60):
        book.add("vision", [(1_000, 100 if place < 30 else 5_000)], subject_id=uuid7())
    book.write()

    tried = list(backtest.replay(kind="vision"))

    cheap, dear = 1_000 * 150 + 100 * 600, 1_000 * 150 + 5_000 * 600
    assert {one.forecast.cost_nusd.p95 for one in tried[20:31]} == {cheap}
    assert tried[31].forecast.cost_nusd.p95 == dear
    assert tried[31].used.cost_nusd == dear


def test_jobs_of_deleted_messages_and_of_other_kinds_are_left_out(priced):
    book = Book(priced)
    traffic.chats(book, 3, 7)
    book.add("chat", [(1_000, 100)], subject_id=uuid7())
    book.add("vision", [(1_000, 100)], subject_id=uuid7(), status=JobStatus.CANCELLED)
    book.write()
    make_job(priced, kind="export", status=JobStatus.SUCCEEDED)

    assert [one.kind for one in backtest.replay()] == ["chat"] * 3
