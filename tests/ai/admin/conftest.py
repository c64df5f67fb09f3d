"""A superuser's browser, and a film with AI work."""

import pytest

from tests.factories import browser_for, make_user
from tests.scenes.factories import make_project, roomy_workspace


@pytest.fixture
def staff(db):
    """A superuser's client; `.user` is the person."""
    user = make_user(is_staff=True, is_superuser=True)
    client = browser_for(user)
    client.user = user
    return client


@pytest.fixture
def film(db):
    """A project in a workspace without limits."""
    return make_project(roomy_workspace(), title="Salt Roads")
