"""A client with a project that is full of things, and the address of its document."""

import pytest

from canvas.workspaces.models import Role
from tests.factories import client_for
from tests.scenes.factories import make_asset, make_project, make_scene, roomy_workspace


class Film:
    """A project behind its document's address, for one client."""

    def __init__(self, workspace, project, role=Role.OWNER):
        self.workspace = workspace
        self.project = project
        self.client = client_for(workspace, role)
        self.path = f"/api/v1/projects/{project.pk}/document/"

    def read(self, **headers):
        return self.client.get(self.path, headers=headers)

    def save(self, document, **headers):
        return self.client.put(
            self.path, document, content_type="application/json", headers=headers
        )

    def document(self):
        answer = self.read()
        assert answer.status_code == 200, answer.content
        return answer.json()

    def saved(self, document):
        """Save and give the document as it is then; the answer is that document too."""
        answer = self.save(document)
        assert answer.status_code == 200, answer.content
        shown = self.document()
        assert answer.json() == shown
        return shown


@pytest.fixture
def blank(db):
    """A project with nothing in it."""
    workspace = roomy_workspace()
    return Film(workspace, make_project(workspace, title="Salt Roads"))


@pytest.fixture
def film(blank):
    """Two scenes and a picture that were made through other doors."""
    for title in ("Harbour", "Pier"):
        make_scene(blank.project, title=title, location="Sea", cast=["Mara"])
    make_asset(blank.project, label="Fog")
    return blank
