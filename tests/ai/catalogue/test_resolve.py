"""Names of models: ids, dated and other names, shortcuts, mistakes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.catalogue.resolve import Resolved, resolve, resolve_all
from ai.models import CatalogueAlias, CatalogueEntry
from canvas.core.errors import Invalid
from tests.ai.catalogue.rows import empty_catalogue, make_model

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _catalogue(db):
    empty_catalogue()
    CatalogueAlias.objects.all().delete()
    make_model("maker/one", canonical_slug="maker/one-20260102")
    make_model("maker/one:free", canonical_slug="maker/one-20260102")
    make_model("maker/two")
    CatalogueAlias.objects.create(alias="~maker/latest", slug="maker/two")
    CatalogueAlias.objects.create(alias="maker/two-0301", slug="maker/two", kind="dated")
    CatalogueAlias.objects.create(
        alias="maker/won", slug="maker/one", kind="mistake", note="A homophone."
    )
    CatalogueAlias.objects.create(alias="maker/lost", slug="maker/never-was")


@pytest.mark.parametrize(
    ("name", "slug", "kind", "variant"),
    [
        ("maker/one", "maker/one", "exact", ""),
        ("maker/one:free", "maker/one:free", "exact", ""),
        ("maker/one-20260102", "maker/one", "dated", ""),
        ("~maker/latest", "maker/two", "alias", ""),
        ("maker/two-0301", "maker/two", "dated", ""),
        ("maker/one:nitro", "maker/one", "shortcut", "nitro"),
        ("maker/one:floor", "maker/one", "shortcut", "floor"),
        ("maker/one:exacto", "maker/one", "shortcut", "exacto"),
        ("maker/one:online", "maker/one", "shortcut", "online"),
        ("maker/one:free:nitro", "maker/one:free", "shortcut", "nitro"),
        ("~maker/latest:floor", "maker/two", "shortcut", "floor"),
    ],
)
def test_a_name_leads_to_its_model(name, slug, kind, variant):
    found = resolve(name)

    assert (found.slug, found.kind, found.variant, found.name) == (slug, kind, variant, name)
    assert bool(found.note) == (kind != "exact")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("maker/won", "maker/one"),
        ("maker/won:nitro", "maker/one"),
        ("maker/too", "maker/two"),
        ("Maker/Two", "maker/two"),
        ("maker/two-20260101", "maker/two"),
        ("maker/one:extended", "maker/one"),
        ("maker/lost", None),
        ("zzz/qqq", None),
        ("", None),
        ("one", None),
        ("x" * 5_000, None),
    ],
)
def test_a_wrong_name_is_refused_with_the_right_one(name, right):
    with pytest.raises(Invalid) as refused:
        resolve(name, pointer="/chatModel")

    assert refused.value.code == "wrong-model-id"
    assert refused.value.extra == {"suggestion": right}
    (fault,) = refused.value.faults
    assert (fault.pointer, fault.code) == ("/chatModel", "wrong-model-id")
    assert right is None or right in fault.detail
    assert len(fault.detail) < 500


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("maker/three", "maker/three-preview"),
        ("Maker/Three-Image", "maker/three-image-preview"),
    ],
)
def test_an_id_that_was_cut_short_leads_to_the_one_that_goes_on(name, right):
    make_model("maker/three-preview")
    make_model("maker/three-image-preview")

    with pytest.raises(Invalid) as refused:
        resolve(name)

    assert refused.value.extra == {"suggestion": right}


def test_a_mistake_says_what_it_is():
    with pytest.raises(Invalid, match=r"the right one is maker/one\. A homophone\."):
        resolve("maker/won")


def test_every_wrong_name_of_many_is_named():
    with pytest.raises(Invalid) as refused:
        resolve_all(["maker/one", "maker/won", "zzz/qqq"])

    assert [fault.pointer for fault in refused.value.faults] == ["/models", "/models"]


def test_a_model_that_is_gone_is_still_found_and_never_suggested():
    CatalogueEntry.objects.filter(slug="maker/two").update(gone_at="2026-01-01T00:00:00Z")

    assert resolve("maker/two") == Resolved("maker/two", name="maker/two")
    with pytest.raises(Invalid) as refused:
        resolve("maker/too")
    assert refused.value.extra != {"suggestion": "maker/two"}


def test_the_number_of_statements_does_not_grow_with_the_names():
    for number in range(30):
        make_model(f"maker/many-{number}")
        CatalogueAlias.objects.create(alias=f"maker/alias-{number}", slug=f"maker/many-{number}")
    counts = []

    for last in (2, 30):
        names = [f"maker/{kind}-{n}" for n in range(last) for kind in ("many", "alias")]
        with CaptureQueriesContext(connection) as queries:
            assert len(resolve_all(names)) == 2 * last
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 3
    with CaptureQueriesContext(connection) as queries:
        resolve("maker/one")
    assert len(queries) == 1
