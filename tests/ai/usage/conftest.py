"""A workspace with a few calls whose sums can be told by hand."""

import pytest

from ai.models import CallStatus
from tests.ai.factories import make_call, make_job
from tests.factories import client_for, make_access
from tests.scenes.factories import make_project, roomy_workspace


@pytest.fixture
def api(db):
    """A client with an owner's token of a workspace without limits."""
    return client_for(roomy_workspace())


@pytest.fixture
def film(api):
    """A project of the client's workspace."""
    return make_project(api.workspace, title="The Ferry")


@pytest.fixture
def access(api):
    return make_access(api.workspace)


@pytest.fixture
def call(film):
    """Make a line of the ledger of the film: settled, 1 cent, unless told otherwise."""
    job = make_job(film)

    def make(**over):
        values = {
            "task": "chat",
            "model_slug": "maker/one",
            "provider": "Alpha",
            "prompt_tokens": 100,
            "completion_tokens": 10,
            "cost_nusd": 10_000_000,
            **over,
        }
        if "project" in values:
            return make_call(make_job(values.pop("project")), **values)
        return make_call(job, **values)

    return make


@pytest.fixture
def failed_call(call):
    def make(**over):
        told = {"prompt_tokens": None, "completion_tokens": None, "cost_nusd": 0}
        return call(**{**told, "status": CallStatus.FAILED, "error_code": "rate_limited", **over})

    return make
