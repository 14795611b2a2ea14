"""The app: `uvicorn service.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from limits.errors import StorageError
from sqlalchemy.exc import SQLAlchemyError

from .database import check_schema, engine
from .errors import no_keys, unavailable
from .logs import NoCredentials
from .middleware import MOST_BODY_BYTES, protect
from .oauth import RESPONSES, OAuthError, refuse, refuse_form
from .routers import (
    admin,
    events,
    health,
    items,
    keys,
    login,
    pages,
    sign_up,
    users,
)
from .security import refuse_open_routes
from .settings import settings
from .tokens import KeysUnavailableError


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Look at routes and tables first; hang up after the last request.

    Migrations run before, once: `python -m service migrate`. Several workers
    at once would get into each other's way.

    Raises:
        OpenRouteError: a route does not say who may call it.
        OldSchemaError: the tables are not those of this version.
    """
    NoCredentials.install()
    refuse_open_routes(app)
    await run_in_threadpool(check_schema)
    yield
    engine().dispose()


app = FastAPI(
    title="Log in",
    lifespan=lifespan,
    responses=RESPONSES,
    exception_handlers={
        OAuthError: refuse,
        RequestValidationError: refuse_form,
        SQLAlchemyError: unavailable,
        StorageError: unavailable,
        KeysUnavailableError: no_keys,
    },
    openapi_url="/openapi.json" if settings.docs else None,
    redirect_slashes=False,
    max_body_size=MOST_BODY_BYTES,
)
for part in (
    *(health, sign_up, login, pages, events, keys),  # open to anyone
    *(users, items, admin),
):
    app.include_router(part.router)
protect(app, settings.hosts)
