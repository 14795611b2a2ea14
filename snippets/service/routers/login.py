"""Trade a grant for tokens, and end a login (chapters 4 to 13)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from ..codes import (
    ClientRevocation,
    CodeGrant,
    Grant,
    RenewalGrant,
    read_grant,
    read_revocation,
    tokens_for,
)
from ..limits import authenticate_active_user, check_password
from ..logins import Token, revoke, sign_afresh, start_family
from ..models import StoredUser
from ..oauth import NO_STORE, OAuthError, PasswordGrant, form_of
from ..security import anyone

router = APIRouter(dependencies=[Depends(anyone)])


async def check_login(grant: PasswordGrant, request: Request) -> StoredUser:
    """Return the active user of a password grant, checked within the limits.

    Raises:
        OAuthError: 400 `invalid_grant`; or see chapter 11's `check_password`.
    """
    name, password = grant.username, grant.password
    user = await check_password(
        request, name, authenticate_active_user, name, password
    )
    if user is None:
        refusal = "wrong username or password"
        raise OAuthError(400, "invalid_grant", refusal)
    return user


@router.post(
    "/token",
    openapi_extra=form_of(PasswordGrant, RenewalGrant, CodeGrant),
)
async def login_for_access_token(
    grant: Annotated[Grant, Depends(read_grant)],
    request: Request,
    response: Response,
) -> Token:
    """Trade a code, a refresh token or a password for a pair of tokens."""
    response.headers.update(NO_STORE)
    if not isinstance(grant, PasswordGrant):
        return await run_in_threadpool(tokens_for, grant)
    user = await check_login(grant, request)
    tokens = await run_in_threadpool(start_family, user, grant.scope)
    return sign_afresh(tokens)


@router.post(
    "/revoke",
    openapi_extra=form_of(ClientRevocation),
    response_class=Response,
)
async def revoke_token(
    form: Annotated[ClientRevocation, Depends(read_revocation)],
) -> Response:
    """Log a client out; an invalid token gets 200 too (RFC 7009 §2.2)."""
    await revoke(form.token)
    return Response(headers=NO_STORE)
