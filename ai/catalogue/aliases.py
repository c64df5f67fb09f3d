"""Other names of models, learned from the lists. What an editor wrote stays as it is."""

from collections.abc import Iterable

from ai.catalogue.records import ModelRecord
from ai.models import AliasKind, CatalogueAlias

BATCH = 500


def learn(records: Iterable[ModelRecord]) -> None:
    """Keep dated ids and aliases that lead to a model.

    A dated id that several models share leads to the plain one; one that is a model's own id, to
    nothing else.
    """
    found: dict[str, CatalogueAlias] = {}
    known = {record.key: record for record in records}
    for record in sorted(known.values(), key=lambda one: (":" in one.key, one.key)):
        dated = record.columns.get("canonical_slug", "")
        if record.alias_target and record.alias_target != record.key:
            found.setdefault(record.key, _alias(record.key, record.alias_target, AliasKind.ALIAS))
        elif dated and dated not in known:
            found.setdefault(dated, _alias(dated, record.key, AliasKind.DATED))
    written = dict(
        CatalogueAlias.objects.exclude(note="", kind__in=[AliasKind.DATED, AliasKind.ALIAS])
        .filter(alias__in=list(found)).values_list("alias", "slug")
    )  # fmt: skip
    CatalogueAlias.objects.bulk_create(
        [row for alias, row in sorted(found.items()) if alias not in written],
        BATCH,
        update_conflicts=True,
        unique_fields=["alias"],
        update_fields=["slug", "kind"],
    )


def _alias(alias: str, slug: str, kind: AliasKind) -> CatalogueAlias:
    return CatalogueAlias(alias=alias, slug=slug, kind=kind)
