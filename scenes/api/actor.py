"""Who acts, when a person calls the API."""

from canvas.workspaces.access import Access
from scenes.services.changes import Actor


def actor_of(access: Access) -> Actor:
    """Name the caller as the one who changes the canvas."""
    return Actor.human(access.user.pk if access.user else None)
