"""Migrations: bring the tables to this version, and see that they are."""

from pathlib import Path

import alembic.command
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from .models import Session

MIGRATIONS = Path(__file__).parent / "migrations"


class OldSchemaError(Exception):
    """The tables are of another version than the code."""


def engine() -> sa.Engine:
    """Return the pool of connections that all sessions share."""
    bound: sa.Engine = Session.kw["bind"]
    return bound


def configuration() -> Config:
    """Tell Alembic where the migrations are."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def migrate(revision: str = "head") -> None:
    """Bring the tables to a revision, by default the newest."""
    config = configuration()
    with Session.begin() as session:
        config.attributes["connection"] = session.connection()
        alembic.command.upgrade(config, revision)


def check_schema() -> None:
    """Start only with the tables that this version needs.

    Raises:
        OldSchemaError: they are older, or newer.
    """
    needed = ScriptDirectory.from_config(configuration()).get_current_head()
    with engine().connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != needed:
        raise OldSchemaError(
            f"the tables are of version {found}, not {needed}: "
            "run `python -m service migrate` first"
        )
