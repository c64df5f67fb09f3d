"""A project in the caller's workspace, and one in a stranger's."""

import pytest

from tests.scenes.factories import make_project, roomy_workspace


@pytest.fixture
def project(api):
    return make_project(api.workspace)


@pytest.fixture
def foreign(db):
    return make_project(roomy_workspace())
