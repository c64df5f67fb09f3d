"""Two clients save at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from canvas.core.errors import Stale
from scenes.models import ChangeSet
from scenes.services.documents import check_document, get_head, save_document
from scenes.services.projects import edit_project
from scenes.services.scenes import edit_scene
from tests.factories import client_for, default_plan, make_access
from tests.scenes.documents import samples
from tests.scenes.documents.conftest import Film
from tests.scenes.factories import HUMAN, make_project, roomy_workspace

CLIENTS = 6


def test_a_change_between_the_look_and_the_lock_is_not_overwritten(blank):
    document = check_document(samples.project())
    head = get_head(access=make_access(blank.workspace), project_id=blank.project.pk)
    edit_project(project=blank.project, by=HUMAN, title="Theirs")

    with pytest.raises(Stale):
        save_document(
            project=head.project,
            by=HUMAN,
            document=document,
            base_url="http://testserver",
            expected=head.version,
        )

    assert blank.document()["title"] == "Theirs"


def _at_once(*acts):
    start = Barrier(len(acts))

    def run(act):
        start.wait()
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [one.result() for one in [pool.submit(run, act) for act in acts]]


@pytest.fixture
def shared(transactional_db):
    default_plan()  # the truncation before took the shipped plans away
    workspace = roomy_workspace()
    film = Film(workspace, make_project(workspace))
    film.saved(samples.project())
    return film


def test_of_many_saves_of_one_version_one_wins(shared):
    etag = shared.read().headers["ETag"]
    document = shared.document()
    clients = [client_for(shared.workspace) for _ in range(CLIENTS)]
    sets = ChangeSet.objects.count()

    def saving(client, number):
        return lambda: client.put(
            shared.path,
            document | {"title": f"Title {number}"},
            content_type="application/json",
            headers={"if-match": etag},
        )

    answers = _at_once(*(saving(client, number) for number, client in enumerate(clients)))

    assert sorted(answer.status_code for answer in answers) == [200, *[412] * (CLIENTS - 1)]
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert shared.document() == winner.json()
    assert ChangeSet.objects.count() == sets + 1


def test_a_save_and_an_edit_at_once_lose_neither(shared):
    scene = shared.project.scenes.get(order=0)
    client = client_for(shared.workspace)

    for number in range(5):
        read = shared.read()
        document = read.json() | {"description": f"Save {number}"}

        def save(document=document, etag=read.headers["ETag"]):
            return client.put(
                shared.path,
                document,
                content_type="application/json",
                headers={"if-match": etag},
            )

        def edit(number=number):
            return edit_scene(scene=scene, by=HUMAN, notes=f"Edit {number}")

        answer, _ = _at_once(save, edit)

        shown = shared.document()
        assert shown["scenes"][0]["notes"] == f"Edit {number}"
        assert (shown["description"] == f"Save {number}") is (answer.status_code == 200)
        assert answer.status_code in {200, 412}
