"""Fixtures for every test: a fence around the network, a client, makers of rows."""

import ipaddress
import socket
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from pytest_django.plugin import blocking_manager_key

from canvas.workspaces import throttling
from tests import factories, secrecy

SHIPPED = {
    "canvas.workspaces.migrations.0002_plans": "add_plans",
    "scenes.migrations.0002_templates": "add_templates",
    "ai.migrations.0002_stacks": "add",
    "ai.migrations.0010_shipped_catalogue": "add",
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Bring the shipped rows back after a test that truncated every table."""
    result = yield
    marker = item.get_closest_marker("django_db")
    committed = marker is not None and marker.kwargs.get("transaction", False)
    committed = committed or "transactional_db" in item.fixturenames
    if committed and nextitem is not None:  # after the last test the database is gone
        with item.config.stash[blocking_manager_key].unblock():
            for module, function in SHIPPED.items():
                getattr(import_module(module), function)(apps, None)
            connection.close()
    return result


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """End the sessions of threads that outlive their test, or the database cannot be dropped."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            connection.close()


class NetworkUsedError(AssertionError):
    """A test tried to leave this machine."""


def _is_local(address) -> bool:
    if not isinstance(address, tuple):
        return True  # a path: a socket of this machine
    host = str(address[0])
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _network_fence(monkeypatch):
    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}

    def guarded(name):
        def connect(self, address):
            if not _is_local(address):
                raise NetworkUsedError(f"a test tried to reach {address}")
            return real[name](self, address)

        return connect

    for name in real:
        monkeypatch.setattr(socket.socket, name, guarded(name))


@pytest.fixture(autouse=True)
def _fresh_counts():
    throttling.storage.reset()


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _the_key_stays_where_it_belongs(request, monkeypatch):
    """Look for the key in whatever comes of a test that calls models, or asks over HTTP."""
    rows = {"transactional_db", "db"} & set(request.fixturenames)
    if not {"openrouter", "api"} & set(request.fixturenames):
        yield
        return
    for name in sorted(rows, reverse=True):
        request.getfixturevalue(name)
    with secrecy.watching(monkeypatch) as finds:
        yield
    if rows and "openrouter" in request.fixturenames:
        secrecy.look_at_rows(finds)
    assert finds == []


@pytest.fixture
def make_user(db):
    return factories.make_user


@pytest.fixture
def make_workspace(db):
    return factories.make_workspace


@pytest.fixture
def api(db):
    """A client with an owner's token of a fresh workspace; `.workspace` and `.user` name them."""
    workspace = factories.make_workspace()
    client = factories.client_for(workspace)
    client.user = factories.owner_of(workspace)
    return client


@pytest.fixture
def staff(db):
    """A superuser's browser; `.user` is the person."""
    user = factories.make_user(is_staff=True, is_superuser=True)
    client = factories.browser_for(user)
    client.user = user
    return client
