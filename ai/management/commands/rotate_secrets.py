"""Encrypt the stored keys of workspaces anew, with the first of SECRETS_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ai.services.keys import rotate_secrets


class Command(BaseCommand):
    """`manage.py rotate_secrets`: exit 0 when everything could be read, else 1."""

    help = __doc__ or ""

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Say how many were encrypted, and whose key cannot be read any more."""
        done, unreadable = rotate_secrets()
        self.stdout.write(f"{done} keys encrypted anew")
        for row in unreadable:
            self.stdout.write(f"unreadable: key {row.pk} of workspace {row.workspace_id}")
        if unreadable:
            raise CommandError(
                f"{len(unreadable)} cannot be decrypted: a key is missing in SECRETS_KEYS, or its "
                "workspace has to send it anew"
            )
