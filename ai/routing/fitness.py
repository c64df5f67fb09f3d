"""May this model do this task for them? Asked at the doors, before anything is kept."""

from ai.catalogue.resolve import resolve
from ai.models import CatalogueEntry, Task
from ai.routing.chain import entry_of
from ai.routing.needs import OF_TASK, why_not
from ai.routing.preferences import MaxPrice
from canvas.core.errors import Fault, Invalid


def fit(slug: str, task: str, *, pointer: str, price: MaxPrice | None = None) -> str:
    """Give the id of the model that is meant, a routing shortcut included.

    Raises:
        Invalid: `wrong-model-id`, or `unfit-model` with what it lacks.
    """
    found = resolve(slug, pointer=pointer)
    meant = f"{found.slug}:{found.variant}" if found.variant else found.slug
    refuse_unfit(meant, entry_of(meant), task, pointer=pointer, price=price)
    return meant


def refuse_unfit(
    slug: str,
    entry: CatalogueEntry | None,
    task: str,
    *,
    pointer: str,
    price: MaxPrice | None = None,
) -> None:
    """Refuse a model that is known to be unable.

    Raises:
        Invalid: `unfit-model`.
    """
    reason = why_not(entry, OF_TASK[Task(task)], price)
    if reason:
        detail = f"{slug} cannot be used for {Task(task).label.lower()}: {reason}."
        raise Invalid(detail, code="unfit-model", faults=[Fault(pointer, "unfit-model", detail)])
