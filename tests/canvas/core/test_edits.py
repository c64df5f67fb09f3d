"""The guarded edit of one row."""

import pytest

from canvas.core.edits import edit_row
from canvas.core.errors import Missing, Stale
from canvas.core.etag import etag_of
from canvas.workspaces.models import Workspace


def test_an_edit_raises_the_version_and_the_time(make_workspace):
    row = make_workspace()
    before = row.modified_at

    edited = edit_row(row, expected_version=1, name="New")

    assert edited is row
    assert (row.name, row.version) == ("New", 2)
    assert row.modified_at > before


def test_the_slower_of_two_edits_learns_the_present_etag(make_workspace):
    row = make_workspace()
    twin = Workspace.objects.get(pk=row.pk)
    edit_row(row, expected_version=1, name="First")

    with pytest.raises(Stale) as caught:
        edit_row(twin, expected_version=1, name="Second")

    assert caught.value.extra == {"etag": etag_of(row)}
    assert Workspace.objects.get(pk=row.pk).name == "First"


def test_an_edit_of_nothing_leaves_the_version(make_workspace):
    row = make_workspace()

    assert edit_row(row, expected_version=1).version == 1
    with pytest.raises(Stale):
        edit_row(row, expected_version=2)


def test_an_edit_of_what_is_gone_is_missing(make_workspace):
    row = make_workspace()
    Workspace.objects.filter(pk=row.pk).delete()

    with pytest.raises(Missing):
        edit_row(row, name="New")
