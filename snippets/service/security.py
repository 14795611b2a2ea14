"""Who may call what: users, scopes, roles, owners (6, 9, 13)."""

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

import jwt
import sqlalchemy as sa
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.security import OAuth2PasswordBearer, SecurityScopes
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from .accounts import Text
from .logins import is_denied
from .models import (
    IdentityRow,
    ItemRow,
    RoleRow,
    Session,
    StoredUser,
    user_named_by,
)
from .oauth import (
    SCOPES,
    OAuthError,
    bearer_error,
    scopes_in,
    split_scopes,
    write_scopes,
    www_authenticate,
)
from .sessions import session_user
from .tokens import TRUSTED, ours, read_access_token


class BearerScheme(OAuth2PasswordBearer):
    """The header's token, with a realm in the challenge (RFC 6750 §2, §3)."""

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the request's only token.

        Raises:
            OAuthError: 400, the request carries more than one token.
            HTTPException: 401, the request carries no token.
        """
        sent = len(request.headers.getlist("Authorization"))
        if sent + len(request.query_params.getlist("access_token")) > 1:
            raise bearer_error(400, "invalid_request", "more than one token")
        return await super().__call__(request)

    def make_not_authenticated_error(self) -> HTTPException:
        """Build a 401 whose challenge has no error code (RFC 6750 §3.1)."""
        return HTTPException(401, "Not authenticated", www_authenticate())


oauth2_scheme = BearerScheme(tokenUrl="token", scopes=SCOPES)


def user_of(claims: dict[str, Any]) -> StoredUser | None:
    """Return the active user that verified claims name, or None."""
    issuer, subject = claims["iss"], claims["sub"]
    if issuer == ours.name:
        return None if is_denied(claims) else user_named_by(subject)
    with Session() as session:
        row = session.get(IdentityRow, (issuer, subject))
    return user_named_by(row.user_id.urn) if row else None


def scopes_of(claims: dict[str, Any], user: StoredUser) -> frozenset[str]:
    """Return the scopes that a token has here.

    A list and a string of them are both in use. What another issuer grants
    counts as far as the user has it with us.

    Raises:
        jwt.InvalidTokenError: the claim is neither.
    """
    trust = TRUSTED[claims["iss"]]
    granted = claims.get(trust.scope_claim, "")
    if isinstance(granted, list):
        granted = " ".join(map(str, granted))
    scopes = scopes_in({"scope": granted})
    if trust.issuer == ours.name:
        return scopes
    prefix = trust.scope_prefix
    named = {s.removeprefix(prefix) for s in scopes if s.startswith(prefix)}
    return split_scopes(user.scopes) & named


async def get_current_user(
    required: SecurityScopes,
    token: Annotated[str, Security(oauth2_scheme)],
) -> StoredUser:
    """Return the active user of a token that has the required scopes.

    Raises:
        OAuthError: 401, the token is invalid or revoked, or its user is gone
            or disabled; 403, the token lacks a scope (RFC 6750 §3.1).
    """
    refusal = bearer_error(401, "invalid_token", "the token is not valid")
    try:
        claims = await read_access_token(token)
        user = await run_in_threadpool(user_of, claims)
        if user is None:
            raise refusal
        granted = scopes_of(claims, user)
    except jwt.InvalidTokenError as error:
        raise refusal from error
    if not granted >= set(required.scopes):
        scope = write_scopes(required.scopes)
        lacks = "the token lacks a scope"
        raise bearer_error(403, "insufficient_scope", lacks, scope=scope)
    return user


CurrentUser = Annotated[StoredUser, Security(get_current_user)]

Me = Annotated[StoredUser, Security(get_current_user, scopes=["me"])]

Owner = Annotated[
    StoredUser, Security(get_current_user, scopes=["me", "items"])
]


async def anyone() -> None:
    """Declare that a route is open to anybody: `Depends(anyone)`."""


CALLER_GUARDS = frozenset({get_current_user, session_user, anyone})


class OpenRouteError(Exception):
    """Routes do not say who may call them."""


def calls_in(dependant: Dependant) -> Iterator[object]:
    """List all functions that run before a route's own."""
    for each in dependant.dependencies:
        yield each.call
        yield from calls_in(each)


def says_who(route: RouteContext) -> bool:
    """Return whether a route needs a user, or says that it needs none.

    Nothing is known of a mounted app. FastAPI's own documents are routes of
    Starlette; the setting `docs` decides on them.
    """
    dependant = getattr(route, "dependant", None)
    if isinstance(dependant, Dependant):
        return not CALLER_GUARDS.isdisjoint(calls_in(dependant))
    return route.path in DOCUMENTS


DOCUMENTS = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}


def refuse_open_routes(app: FastAPI) -> None:
    """Start only if every route says who may call it.

    Raises:
        OpenRouteError: some do not; the message names their paths.
    """
    routes = iter_route_contexts(app.routes)
    paths = [str(route.path) for route in routes if not says_who(route)]
    if paths:
        raise OpenRouteError(f"who may call these? {', '.join(paths)}")


class NewItem(BaseModel):
    """What a user sends to `POST /items/`, as JSON."""

    title: Annotated[Text, Field(min_length=1)]


class Item(NewItem):
    """An item, as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID


def find_item(item_id: UUID, owner: StoredUser) -> Item | None:
    """Return a user's own item, or None."""
    mine = ItemRow.id == item_id, ItemRow.owner_id == owner.id
    with Session() as session:
        row = session.scalar(sa.select(ItemRow).where(*mine))
        return Item.model_validate(row) if row else None


async def own_item(item_id: UUID, owner: Owner) -> Item:
    """Return the item in the path, if the current user owns it.

    Raises:
        HTTPException: 404, there is none, or it is another user's. A 403
            would tell which items exist.
    """
    item = await run_in_threadpool(find_item, item_id, owner)
    if item is None:
        raise HTTPException(404, "there is no such item of yours")
    return item


OwnItem = Annotated[Item, Depends(own_item)]


def has_role(user: StoredUser, role: str) -> bool:
    """Return whether a user has a role today."""
    with Session() as session:
        return session.get(RoleRow, (user.id, role)) is not None


async def administrator(me: Me) -> StoredUser:
    """Return the current user, if that is an administrator.

    The token's scope says what its program may do. The role says what the
    user may do, and is read from the database each time.

    Raises:
        OAuthError: 403, the user has no such role.
    """
    if not await run_in_threadpool(has_role, me, "administrator"):
        raise OAuthError(403, "access_denied", "for administrators")
    return me


Administrator = Annotated[StoredUser, Depends(administrator)]
