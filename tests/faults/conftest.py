"""Fixtures of the faults: `template` (session) a small published home on each kind of database, to be copied only."""

import pytest
import sqlalchemy as sa

from tests.cli.conftest import Place
from tests.faults import homes
from tests.faults.servers import administer, drop
from tests.postgres import KINDS


@pytest.fixture(scope="session", params=KINDS)
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """Give a home that was published once and has an item since; copy it, never write to it."""
    root = tmp_path_factory.mktemp("template") / request.param
    if request.param == "sqlite":
        yield homes.build(root)
        return
    server = request.getfixturevalue("postgres_server")
    name = f"faults_template_{root.parent.name.replace('-', '_').lower()}"
    administer(server("postgres"), f"CREATE DATABASE {name} TEMPLATE template0")
    yield homes.build(root, server(name))
    drop(server(name))


@pytest.fixture
def hurt(template: Place, tmp_path):
    """Give a copy of the template, of this test alone."""
    with homes.copied(template, tmp_path / "home") as place:
        yield place


@pytest.fixture
def kind(template: Place) -> str:
    """Give the kind of the template's database."""
    return sa.make_url(homes.url_of(template)).get_backend_name()
