"""A client in a workspace without limits, and a project of its own."""

import pytest

from tests.factories import client_for, owner_of
from tests.scenes.factories import make_project, roomy_workspace


@pytest.fixture
def film(db):
    """A client with an owner's token; `.workspace`, `.user` and `.project` name its world."""
    workspace = roomy_workspace()
    client = client_for(workspace)
    client.user = owner_of(workspace)
    client.project = make_project(workspace, title="Salt Roads")
    return client
