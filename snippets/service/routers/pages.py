"""The login page, consent, and sessions (chapter 12)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse

from ..codes import (
    FORM_FIELDS,
    answer,
    check_form_token,
    client_of,
    consent_page,
    fault_of,
    give_code,
    read_authorization,
    text_in,
)
from ..limits import authenticate_active_user, check_password
from ..logins import end_families
from ..models import FamilyRow, User
from ..oauth import OAuthError, read_form
from ..security import anyone
from ..sessions import (
    PAGE_HEADERS,
    PAGES,
    SESSION_COOKIE,
    SessionUser,
    check_from_page,
    find_session,
    page,
    set_cookie,
    start_session,
)

router = APIRouter(dependencies=[Depends(anyone)])


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def read_login_page() -> HTMLResponse:
    """Show a page that logs in."""
    return page("login.html")


@router.get("/login.js", response_class=FileResponse, include_in_schema=False)
async def read_login_script() -> FileResponse:
    """Return the page's script."""
    return FileResponse(PAGES / "login.js", headers=PAGE_HEADERS)


@router.post("/session/", status_code=204)
async def log_in_to_session(
    username: Annotated[str, Form()],
    password: Annotated[str, Form()],
    request: Request,
    response: Response,
) -> None:
    """Start a session for the right username and password."""
    check_from_page(request)
    user = await check_password(
        request, username, authenticate_active_user, username, password
    )
    if user is None:
        refusal = "wrong username or password"
        raise OAuthError(400, "invalid_grant", refusal)
    session_id = await run_in_threadpool(start_session, user)
    set_cookie(response, SESSION_COOKIE, session_id)


@router.get("/session/")
async def read_session(me: SessionUser) -> User:
    """Return the public fields of the session's user."""
    return me


@router.delete("/session/", status_code=204)
async def end_session(
    me: SessionUser, request: Request, response: Response
) -> None:
    """End the session, in the database as well."""
    session_id = request.cookies[SESSION_COOKIE]
    family = await run_in_threadpool(find_session, session_id)
    if family:
        ended = FamilyRow.id == family.id
        await run_in_threadpool(end_families, ended)
    set_cookie(response, SESSION_COOKIE, "")


@router.get("/authorize", include_in_schema=False)
async def ask_for_consent(request: Request) -> Response:
    """Show the login page of the authorization code grant."""
    asked = read_authorization(request.query_params)
    client_of(asked)
    if error := fault_of(asked):
        return answer(asked, error=error)
    return consent_page(asked)


@router.post("/authorize", include_in_schema=False)
async def authorize(request: Request) -> Response:
    """Send the browser back to the client, with a code or an error."""
    await read_form(request)
    form = await request.form()
    asked = read_authorization(form)
    sent = {name: text_in(form, name) for name in FORM_FIELDS}
    check_form_token(request, sent["form_token"])
    client_of(asked)
    if fault := fault_of(asked):
        return answer(asked, error=fault)
    if sent["decision"] != "allow":
        return answer(asked, error="access_denied")
    name, password = sent["username"], sent["password"]
    check = authenticate_active_user
    user = await check_password(request, name, check, name, password)
    if user is None:
        return consent_page(asked, "Wrong username or password.", 400)
    try:
        code = await run_in_threadpool(give_code, user, asked)
    except OAuthError as error:
        return answer(asked, error=error.error)
    return answer(asked, code=code)
