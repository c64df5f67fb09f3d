"""A superuser's browser, and a film to edit."""

import pytest

from tests.scenes.factories import make_project, roomy_workspace


@pytest.fixture
def film(db):
    """A project in a workspace without limits."""
    return make_project(roomy_workspace(), title="Salt Roads")
