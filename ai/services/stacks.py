"""Which models the plans use: edited with history; models that cannot do the task are refused."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from ai.models import CatalogueEntry, Revision, Stack
from ai.models.stack import EFFORTS
from ai.routing import preferences
from ai.routing.chain import entry_of
from ai.routing.choice import catalogue_slug
from ai.routing.fitness import refuse_unfit
from ai.routing.proposals import propose
from ai.services import revisions
from canvas.core.errors import Fault, Invalid, Missing
from canvas.core.serializers import camel

HOTTEST: Final = 2.0
MOST_FALLBACKS: Final = 8
COLUMNS: Final = (
    "model_slug",
    "fallback_slugs",
    "max_output_tokens",
    "temperature",
    "reasoning_effort",
    "provider",
)


def edit_stack(
    *,
    stack: Stack,
    user_id: UUID | None = None,
    note: str = "",
    **changes: Any,  # noqa: ANN401 columns
) -> Stack:
    """Change a stack and keep the change; it counts from the next call on.

    Args:
        stack: the row to change, or a new one to add.
        user_id: who does it.
        note: why, for the history.
        changes: new values of some of COLUMNS.

    Raises:
        Invalid: a model that cannot do the task, or a value out of range; nothing is changed.
        Missing: somebody has deleted it.
    """
    changes = check(stack.task, changes)
    with transaction.atomic():
        before = Stack.objects.select_for_update(of=("self",)).filter(pk=stack.pk).first()
        if before is None:
            if not stack._state.adding:  # noqa: SLF001 Django documents it
                raise Missing("The stack is gone.")
            for name, value in changes.items():
                setattr(stack, name, value)
            stack.save(force_insert=True)
            return stack
        after = Stack.objects.select_related("plan").get(pk=stack.pk)
        for name, value in changes.items():
            setattr(after, name, value)
        if changes:
            after.save(update_fields=list(changes))
        revisions.record(
            subject=revisions.STACK,
            subject_id=stack.pk,
            before=values_of(before),
            after=values_of(after),
            user_id=user_id,
            note=note,
        )
    return after


def go_back(*, stack: Stack, number: int, user_id: UUID | None = None) -> Stack:
    """Give a stack the values of one of its revisions; that is a new revision.

    Raises:
        Missing: `revision-missing`.
        Invalid: a model of then cannot do the task any more.
    """
    found = revisions.get_revision(subject=revisions.STACK, subject_id=stack.pk, number=number)
    return edit_stack(
        stack=stack, user_id=user_id, note=f"Back to revision {number}", **found.values
    )


def take_proposal(*, stack: Stack, user_id: UUID | None = None) -> Stack:
    """Give a stack the fallbacks that the catalogue proposes for its first model."""
    slugs = [one.slug for one in propose(stack.model_slug, stack.task)]
    if not slugs:
        raise Invalid("The catalogue has no fallback to propose.", code="nothing-to-propose")
    return edit_stack(
        stack=stack, user_id=user_id, note="The proposed fallbacks", fallback_slugs=slugs
    )


def history_of(stack: Stack) -> list[Revision]:
    """List a stack's revisions, newest first."""
    return list(revisions.history(subject=revisions.STACK, subject_id=stack.pk))


def values_of(stack: Stack) -> dict[str, Any]:
    """Give what a revision keeps of a stack."""
    return {name: getattr(stack, name) for name in COLUMNS}


def unknown_of(slugs: Iterable[str]) -> list[str]:
    """Name the models that the catalogue does not know: they are tried, their price is unknown."""
    asked = list(slugs)
    bases = {slug: catalogue_slug(slug) for slug in asked}
    known = set(
        CatalogueEntry.objects.filter(slug__in=bases.values()).values_list("slug", flat=True)
    )
    return [slug for slug in asked if bases[slug] not in known]


def check(task: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Say what columns would be set to.

    Raises:
        Invalid: as `edit_stack` would.
    """
    wrong = set(changes) - set(COLUMNS)
    if wrong:
        raise TypeError(f"a stack has no {', '.join(sorted(wrong))}")
    if "model_slug" in changes:
        slug = changes["model_slug"]
        refuse_unfit(slug, entry_of(slug), task, pointer="/modelSlug")
    for place, slug in enumerate(changes.get("fallback_slugs", ())):
        refuse_unfit(slug, entry_of(slug), task, pointer=f"/fallbackSlugs/{place}")
    _refuse_numbers(changes)
    if "provider" in changes:
        changes = {**changes, "provider": preferences.read(changes["provider"]).kept()}
    return changes


def column_of(pointer: str) -> str:
    """Name the column that a fault's pointer is about."""
    first = pointer.split("/")[1]
    return next(column for column in COLUMNS if camel(column) == first)


def _refuse_numbers(changes: dict[str, Any]) -> None:
    if not 0 <= changes.get("temperature", 0) <= HOTTEST:
        raise _wrong("/temperature", f"A temperature is from 0 to {HOTTEST:g}.")
    if changes.get("max_output_tokens", 1) < 1:
        raise _wrong("/maxOutputTokens", "At least one token.")
    if changes.get("reasoning_effort", "") not in {"", *EFFORTS}:
        raise _wrong("/reasoningEffort", f"One of {', '.join(EFFORTS)}.")
    if len(changes.get("fallback_slugs", ())) > MOST_FALLBACKS:
        raise _wrong("/fallbackSlugs", f"At most {MOST_FALLBACKS} models are tried.")


def _wrong(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, code="out-of-range", faults=[Fault(pointer, "out-of-range", detail)])
