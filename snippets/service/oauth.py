"""Refusals, challenges, forms and scopes (chapters 4 to 8)."""

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import jwt
from fastapi import Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError

from .models import StoredUser

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(eq=False)
class OAuthError(Exception):
    """A refusal with an error code of RFC 6749 §5.2 or RFC 6750 §3.1.

    `OAuthError(400, "invalid_grant", "wrong username or password")`
    """

    status_code: int
    error: str
    description: str
    headers: dict[str, str] = field(default_factory=dict)


async def refuse(request: Request, refusal: OAuthError) -> JSONResponse:
    """Answer with `error` and `error_description` (RFC 6749 §5.2)."""
    body = {"error": refusal.error, "error_description": refusal.description}
    return JSONResponse(body, refusal.status_code, NO_STORE | refusal.headers)


def www_authenticate(
    scheme: str = "Bearer", **attributes: str
) -> dict[str, str]:
    """Build `{"WWW-Authenticate": 'Bearer realm="course"'}` (RFC 6750 §3)."""
    named = {"realm": "course", **attributes}.items()
    listed = ", ".join(f'{key}="{text}"' for key, text in named)
    return {"WWW-Authenticate": f"{scheme} {listed}"}


def bearer_error(
    status_code: int, error: str, description: str, **more: str
) -> OAuthError:
    """Build an OAuthError with the error in its challenge (RFC 6750 §3.1)."""
    headers = www_authenticate(
        error=error, error_description=description, **more
    )
    return OAuthError(status_code, error, description, headers)


class Refusal(BaseModel):
    """A 400 or 401: `{"detail": "Incorrect username or password"}`."""

    detail: str


async def refuse_form(
    request: Request, error: RequestValidationError
) -> JSONResponse:
    """Answer 422 with the `type`, `loc` and `msg` of each problem.

    FastAPI's own 422 also repeats the input, which may be a password, or text
    that UTF-8 cannot encode: that would leak the first and be a 500 for the
    second.
    """
    detail = [
        {key: problem[key] for key in ("type", "loc", "msg")}
        for problem in error.errors()
    ]
    return JSONResponse(
        {"detail": detail}, status.HTTP_422_UNPROCESSABLE_CONTENT
    )


class ErrorBody(BaseModel):
    """The error body of RFC 6749 §5.2, used for RFC 6750 §3.1 as well.

    Only a 401 without a token has chapter 4's: `{"detail": "Not …"}`.
    """

    error: str
    error_description: str


REFUSALS: dict[int | str, Any] = {"4XX": {"model": ErrorBody | Refusal}}


RESPONSES = REFUSALS | {
    422: {"model": dict[str, list[Any]], "description": "Fields, and why"},
    503: {"model": ErrorBody, "description": "No database"},
}


SCOPES = {"me": "Read who you are.", "items": "Read your items."}

DEFAULT_SCOPES = frozenset({"me"})


def write_scopes(scopes: Iterable[str]) -> str:
    """Join scopes into one sorted string (RFC 6749 §3.3): `"items me"`."""
    return " ".join(sorted(scopes))


def split_scopes(text: str) -> frozenset[str]:
    """Split a `scope` string at its spaces: `"items me"` has two scopes."""
    return frozenset(text.split(" ")) - {""}


def scopes_in(claims: dict[str, object]) -> frozenset[str]:
    """Return the scopes in the `scope` claim (RFC 8693 §4.2), or none.

    Raises:
        jwt.InvalidTokenError: the claim is not a string.
    """
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise jwt.InvalidTokenError("scope is not a string")
    return split_scopes(scope)


def grant_scopes(user: StoredUser, requested: str) -> str:
    """Narrow requested scopes, such as `"me items"`, to the user's own.

    Raises:
        OAuthError: 400 `invalid_scope`, a scope is unknown, or none of the
            scopes may be granted (RFC 6749 §5.2).
    """
    wanted = split_scopes(requested) or DEFAULT_SCOPES
    granted = wanted & split_scopes(user.scopes)
    if not granted or not wanted <= SCOPES.keys():
        raise OAuthError(400, "invalid_scope", "no scope may be granted")
    return write_scopes(granted)


class PasswordGrant(BaseModel):
    """The form fields of RFC 6749 §4.3.2; other fields are ignored (§3.2).

    An empty field counts as missing (§3.2).
    """

    grant_type: str = Field(min_length=1)
    username: str = Field(min_length=1)
    password: str = Field(min_length=1)
    scope: str = ""


async def read_form(request: Request) -> dict[str, Any]:
    """Return a form's fields: `{"username": "johndoe", …}`.

    Raises:
        OAuthError: 400, the body is not a form, or repeats a field of
            PasswordGrant (RFC 6749 §3.2).
    """
    try:
        async with request.form() as form:
            fields = form.multi_items()
    except Exception as error:  # of any type: codecs, multipart, network
        raise OAuthError(400, "invalid_request", "damaged form") from error
    if not fields:  # also after JSON, and fields in the address
        raise OAuthError(400, "invalid_request", "the body is not a form")
    names = [name for name, _ in fields]
    if any(names.count(name) > 1 for name in PasswordGrant.model_fields):
        raise OAuthError(400, "invalid_request", "a parameter is repeated")
    return dict(fields)


def authenticates_client(request: Request, fields: dict[str, Any]) -> bool:
    """Return whether a request carries credentials of a client.

    They come in the form's fields or in the Authorization header (RFC 6749
    §2.3). A bearer token is no client's credential; Basic without a secret,
    which Swagger UI sends, is none either.
    """
    if fields.get("client_secret") or fields.get("client_assertion"):
        return True
    for header in request.headers.getlist("Authorization"):
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() in ("", "bearer"):
            continue
        try:
            basic = b64decode(credentials.strip(), validate=True)
        except ValueError:
            return True
        if scheme.lower() != "basic" or basic.partition(b":")[2]:
            return True
    return False


async def read_password_grant(request: Request) -> PasswordGrant:
    """Return the password grant in a request's form.

    Raises:
        OAuthError: the first rule of RFC 6749 that the form breaks.
    """
    fields = await read_form(request)
    if fields.get("grant_type", "") not in ("", "password"):
        raise OAuthError(400, "unsupported_grant_type", "only password")
    if authenticates_client(request, fields):
        raise OAuthError(
            401, "invalid_client", "unknown", www_authenticate("Basic")
        )
    try:
        return PasswordGrant.model_validate(fields)
    except ValidationError as error:
        missing = f"the form has no {error.errors()[0]['loc'][0]}"
        raise OAuthError(400, "invalid_request", missing) from error


FORM_TYPE = "application/x-www-form-urlencoded"


NotEmpty = Annotated[str, Field(min_length=1)]


class RefreshGrant(BaseModel):
    """The form fields of RFC 6749 §6."""

    grant_type: NotEmpty
    refresh_token: NotEmpty
    scope: str = ""


class Revocation(BaseModel):
    """The form fields of RFC 7009 §2.1."""

    token: NotEmpty
    token_type_hint: str = ""


Fields = TypeVar("Fields", bound=BaseModel)


async def read_fields(request: Request, model: type[Fields]) -> Fields:
    """Return the fields of a form, each sent at most once.

    Raises:
        OAuthError: 400 `invalid_request`, the body is not such a form; 401
            `invalid_client`, it carries credentials of a client.
    """
    fields = await read_form(request)
    if authenticates_client(request, fields):
        basic = www_authenticate("Basic")
        raise OAuthError(401, "invalid_client", "unknown", basic)
    form = await request.form()
    if any(len(form.getlist(name)) > 1 for name in model.model_fields):
        raise OAuthError(400, "invalid_request", "a field is repeated")
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        wrong = f"the form has no {error.errors()[0]['loc'][0]}"
        raise OAuthError(400, "invalid_request", wrong) from error


def form_of(*models: type[BaseModel]) -> dict[str, Any]:
    """Describe a form for the API docs: the fields of one of the models."""
    schemas = [model.model_json_schema() for model in models]
    content = {FORM_TYPE: {"schema": {"anyOf": schemas}}}
    return {"requestBody": {"content": content}}
