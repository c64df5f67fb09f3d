"""The last cents, from behind a barrier: 8 processes on PostgreSQL take exactly what is there."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, transaction

from ai.jobs import runner
from ai.ledger import audit
from ai.ledger.purses import today
from ai.models import Budget, UpstreamCall
from canvas.workspaces.models import Workspace
from chaos.within.cents import CENT_NUSD
from tests.ai.jobs.test_runner import outline
from tests.factories import make_plan

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL"),
]
PROCESSES, THREADS = 8, 5


@pytest.fixture
def job(api, project):
    """A running job of a workspace without limits; the takers book for it."""
    Workspace.objects.filter(pk=api.workspace.pk).update(plan=make_plan())
    return runner.claim(outline(api, project))


@contextmanager
def takers(times):
    """Start the processes and let each wait at the barrier."""
    one = connection.settings_dict
    address = f"{one['HOST'] or '127.0.0.1'}:{one['PORT'] or 5432}/{one['NAME']}"
    secret = f":{one['PASSWORD']}" if one["PASSWORD"] else ""
    env = os.environ | {
        "DATABASE_URL": f"postgresql://{one['USER']}{secret}@{address}",
        "DATABASE_POOL_SIZE": "5",
        "DJANGO_SETTINGS_MODULE": "canvas.settings",
    }
    command = [sys.executable, "-m", "chaos.within.grab", "cents", str(THREADS), str(times)]
    started = [
        subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    try:
        for each in started:
            assert each.stdout.readline() == "ready\n"
        yield started
    finally:
        for each in started:
            each.kill()
            each.wait()
            each.stdin.close()
            each.stdout.close()


def nod(started):
    for each in started:
        each.stdin.write("\n")
        each.stdin.flush()


def got(started):
    return sum(json.loads(each.stdout.readline())["got"] for each in started)


def limit(job, purse, cents):
    """Let so many cents and nearly one more be left in one purse."""
    left = cents * CENT_NUSD + CENT_NUSD - 1
    if purse == "project":
        key = {"scope_id": job.project_id, "period": "all", "payer": "operator"}
        Budget.objects.update_or_create(
            **key,
            defaults={"limit_nusd": left},
            create_defaults={
                "limit_nusd": left,
                "workspace_id": job.workspace_id,
                "project_id": job.project_id,
            },
        )
        return
    column = f"budget_nusd_a_{purse}"
    Workspace.objects.filter(pk=job.workspace_id).update(**{column: left})


@pytest.mark.parametrize("purse", ["month", "day", "project"])
def test_a_thousand_requests_on_the_last_hundred_cents_admit_exactly_a_hundred(job, purse):
    limit(job, purse, 100)

    with takers(times=25) as started:  # 8 processes x 5 threads x 25 = 1,000
        nod(started)
        admitted = got(started)
        held = set(Budget.objects.values_list("hold_nusd", flat=True))
        wrong = audit.differences()
        nod(started)  # now they give everything back
        for each in started:
            each.wait(60)

    assert admitted == 100
    assert held == {100 * CENT_NUSD}
    assert wrong == []
    assert UpstreamCall.objects.filter(status="failed").count() == 100
    assert set(Budget.objects.values_list("hold_nusd", "spent_nusd")) == {(0, 0)}


def used_now(job):
    """Read what is held in the month, after whoever is holding something now."""
    with transaction.atomic():
        day = Budget.objects.select_for_update().filter(scope_id=job.workspace_id, period=today())
        assert len(day) == 1
        return Budget.objects.get(scope_id=job.workspace_id, period=today()[:7]).hold_nusd


def wait_until_held(job, cents):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        row = Budget.objects.filter(scope_id=job.workspace_id, period=today()[:7]).first()
        if row is not None and row.hold_nusd >= cents * CENT_NUSD:
            return
        time.sleep(0.005)
    raise AssertionError("nothing is taken")


@pytest.mark.parametrize("how", ["another plan", "the plan's figure", "the workspace's figure"])
def test_a_smaller_budget_holds_for_every_call_after_its_commit(job, how):
    plan = make_plan(budget_nusd_a_month=100_000 * CENT_NUSD)
    smaller = make_plan(budget_nusd_a_month=30 * CENT_NUSD)
    Workspace.objects.filter(pk=job.workspace_id).update(plan=plan)

    with takers(times=40) as started:
        nod(started)
        wait_until_held(job, 50)
        if how == "another plan":
            Workspace.objects.filter(pk=job.workspace_id).update(plan=smaller)
        elif how == "the plan's figure":
            type(plan).objects.filter(pk=plan.pk).update(budget_nusd_a_month=30 * CENT_NUSD)
        else:
            Workspace.objects.filter(pk=job.workspace_id).update(budget_nusd_a_month=30 * CENT_NUSD)
        at_the_change = used_now(job)
        admitted = got(started)

    assert admitted * CENT_NUSD == at_the_change
    assert 50 <= admitted < PROCESSES * THREADS * 40
    assert audit.differences() == []
