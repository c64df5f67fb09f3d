"""The model that a request asks for: checked at the door, kept with the job."""

from uuid import UUID

from ai.routing import written
from ai.routing.fitness import fit
from canvas.workspaces.models import Workspace


def asked_model(
    workspace: Workspace,
    project_id: UUID | None,
    task: str,
    model: str | None,
    *,
    pointer: str = "/model",
) -> dict[str, str]:
    """Give what a job's payload keeps of the wish; nothing when there is none.

    The highest price of plan, workspace and project holds for what is asked for, too.

    Raises:
        Invalid: `wrong-model-id` or `unfit-model`.
    """
    if not model:
        return {}
    price = written(workspace, project_id, task).provider().max_price
    return {"model": fit(model, task, pointer=pointer, price=price)}
