"""A service with lists, and an empty catalogue where a test wants one."""

import io

import pytest
from django.core.management import CommandError, call_command

from ai import exchange
from ai.models import (
    CatalogueAlias,
    CatalogueEndpoint,
    CatalogueEntry,
    CatalogueProvider,
    CatalogueSync,
)
from tests.ai.catalogue.lists import Lists
from tests.secrecy import CANARY_KEY


@pytest.fixture
def lists(monkeypatch, settings, db):
    """The service's lists; the catalogue knows nothing yet."""
    for table in (CatalogueEndpoint, CatalogueEntry, CatalogueProvider, CatalogueAlias):
        table.objects.all().delete()
    found = Lists()
    settings.OPENROUTER_API_KEY = CANARY_KEY
    monkeypatch.setattr(exchange, "fake_transport", found.transport)
    return found


@pytest.fixture
def sync():
    """Run the command; give what it printed, and the last sync. `failed` expects exit code 1."""

    def run(*arguments, failed=False):
        out = io.StringIO()
        if failed:
            with pytest.raises(CommandError) as caught:
                call_command("sync_catalogue", *arguments, stdout=out)
            assert caught.value.returncode == 1
        else:
            call_command("sync_catalogue", *arguments, stdout=out)
        row = CatalogueSync.objects.first()
        return out.getvalue(), row

    return run
