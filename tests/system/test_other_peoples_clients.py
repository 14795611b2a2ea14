"""The exam: OAuth2 clients that others wrote, and that know nothing of us.

They talk to a real server. What they make of chapter 4's refusals is wrong;
from chapter 5 on they understand.
"""

import re
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as Authlib
from authlib.oauth2.rfc6749.errors import MismatchingStateException
from oauthlib.oauth2 import (
    InvalidClientError,
    InvalidGrantError,
    LegacyApplicationClient,
    MissingTokenError,
    OAuth2Error,
)
from oauthlib.oauth2.rfc6749.errors import InsecureTransportError
from requests import Response
from requests_oauthlib import OAuth2Session

from course.classroom.server import serve
from snippets import ch12_browser_clients as ch12
from tests.support.chapters import apps

APPS = apps(first=4)
STRICT = [stem for stem in APPS if stem >= "ch05"]
RENEWING = [stem for stem in APPS if stem >= "ch08"]
JOHN = {"username": "johndoe", "password": "secret"}
ME = "/users/me/"
SCOPE = "me items"

pytestmark = pytest.mark.integration
every_app = pytest.mark.parametrize("stem", APPS)
sign_up_apps = pytest.mark.parametrize(
    "stem", [stem for stem in APPS if stem >= "ch07"]
)
strict_apps = pytest.mark.parametrize("stem", STRICT)
renewing_apps = pytest.mark.parametrize("stem", RENEWING)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """Serve every app, and say where: `{"ch04_token_endpoint": "http…"}`."""
    running = {stem: serve(app) for stem, app in APPS.items()}
    yield {stem: server.url for stem, server in running.items()}
    for server in running.values():
        server.stop()


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let oauthlib talk to a server on this machine without TLS."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def authlib() -> Iterator[Authlib]:
    with Authlib("a teaching client", scope=SCOPE) as client:
        yield client


@pytest.fixture
def oauthlib() -> Iterator[OAuth2Session]:
    client = LegacyApplicationClient("a teaching client", scope=SCOPE)
    with OAuth2Session(client=client) as session:
        yield session


@every_app
def test_authlib_logs_in_and_calls(
    stem: str, servers: dict[str, str], authlib: Authlib
) -> None:
    authlib.fetch_token(f"{servers[stem]}/token", **JOHN)
    assert authlib.get(servers[stem] + ME).json()["username"] == "johndoe"


@every_app
def test_requests_oauthlib_logs_in_and_calls(
    stem: str, servers: dict[str, str], oauthlib: OAuth2Session
) -> None:
    oauthlib.fetch_token(f"{servers[stem]}/token", **JOHN)
    assert oauthlib.get(servers[stem] + ME).json()["username"] == "johndoe"


@sign_up_apps
@pytest.mark.parametrize("name", ["authlib", "oauthlib"])
def test_new_user_logs_in_changes_the_password_and_logs_in_again(
    stem: str,
    name: str,
    servers: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    """The client sends the access token with each request by itself."""
    client: Any = request.getfixturevalue(name)
    url = servers[stem]
    user = {"username": "José", "password": "a long password of José's"}
    assert requests.post(f"{url}/users/", json=user).status_code == 201
    client.fetch_token(f"{url}/token", **user)
    assert client.get(url + ME).json()["username"] == "José"
    change = {
        "old_password": user["password"],
        "new_password": "another long password",
    }
    done = client.post(f"{url}{ME}password", json=change)
    assert done.status_code == 204
    with pytest.raises((OAuthError, InvalidGrantError)):
        client.fetch_token(f"{url}/token", **user)
    again = {"username": "jose\u0301", "password": change["new_password"]}
    client.fetch_token(f"{url}/token", **again)
    assert client.get(url + ME).json()["username"] == "José"


def test_authlib_takes_chapter_4s_refusal_for_a_token(
    servers: dict[str, str], authlib: Authlib
) -> None:
    url = servers["ch04_token_endpoint"]
    token = authlib.fetch_token(f"{url}/token", **{**JOHN, "password": "x"})
    assert dict(token) == {"detail": "Incorrect username or password"}


def test_requests_oauthlib_misses_a_token_in_chapter_4s_refusal(
    servers: dict[str, str], oauthlib: OAuth2Session
) -> None:
    url = servers["ch04_token_endpoint"]
    with pytest.raises(MissingTokenError, match="Missing access token"):
        oauthlib.fetch_token(f"{url}/token", **{**JOHN, "password": "x"})


@strict_apps
@pytest.mark.parametrize(
    ("user", "password"),
    [("johndoe", "x"), ("nobody", "secret"), ("alice", "secret2")],
)
def test_authlib_understands_a_refusal(
    stem: str,
    user: str,
    password: str,
    servers: dict[str, str],
    authlib: Authlib,
) -> None:
    url = f"{servers[stem]}/token"
    with pytest.raises(OAuthError) as refusal:
        authlib.fetch_token(url, username=user, password=password)
    assert refusal.value.error == "invalid_grant"
    assert refusal.value.description


@strict_apps
@pytest.mark.parametrize(
    ("user", "password"),
    [("johndoe", "x"), ("nobody", "secret"), ("alice", "secret2")],
)
def test_requests_oauthlib_understands_a_refusal(
    stem: str,
    user: str,
    password: str,
    servers: dict[str, str],
    oauthlib: OAuth2Session,
) -> None:
    url = f"{servers[stem]}/token"
    with pytest.raises(InvalidGrantError, match="wrong username or password"):
        oauthlib.fetch_token(url, username=user, password=password)


@strict_apps
def test_authlib_learns_that_another_grant_is_unsupported(
    stem: str, servers: dict[str, str], authlib: Authlib
) -> None:
    url = f"{servers[stem]}/token"
    with pytest.raises(OAuthError) as refusal:
        authlib.fetch_token(url, grant_type="client_credentials")
    assert refusal.value.error == "unsupported_grant_type"


@every_app
def test_requests_oauthlib_sends_an_empty_secret_with_every_login(
    stem: str, servers: dict[str, str], oauthlib: OAuth2Session
) -> None:
    sent: list[Any] = []

    def watch(response: Response) -> Response:
        sent.append(response.request.headers.get("Authorization"))
        return response

    oauthlib.register_compliance_hook("access_token_response", watch)
    oauthlib.fetch_token(f"{servers[stem]}/token", **JOHN)
    nothing = b64encode(b"a teaching client:").decode()
    assert sent == [f"Basic {nothing}"]


@strict_apps
def test_requests_oauthlib_learns_that_its_secret_is_not_ours(
    stem: str, servers: dict[str, str], oauthlib: OAuth2Session
) -> None:
    """It sends a client's id and secret in the header, as Basic."""
    url = f"{servers[stem]}/token"
    with pytest.raises(InvalidClientError):
        oauthlib.fetch_token(
            url, client_secret="a teaching client's secret", **JOHN
        )


@strict_apps
def test_requests_oauthlib_learns_which_parameter_is_missing(
    stem: str, servers: dict[str, str], oauthlib: OAuth2Session
) -> None:
    url = f"{servers[stem]}/token"
    with pytest.raises(
        OAuth2Error, match="the form has no password"
    ) as refusal:
        oauthlib.fetch_token(url, username="johndoe", password="")
    # Its class is InvalidClientIdError: oauthlib has two for this code.
    assert refusal.value.error == "invalid_request"


@strict_apps
def test_both_know_how_long_the_token_is_good(
    stem: str,
    servers: dict[str, str],
    authlib: Authlib,
    oauthlib: OAuth2Session,
) -> None:
    for client in (authlib, oauthlib):
        token = client.fetch_token(f"{servers[stem]}/token", **JOHN)
        assert token["expires_at"] > time.time()
        assert token["expires_in"] == (300 if stem in RENEWING else 1800)


@strict_apps
def test_bad_token_gets_a_challenge_that_says_so(
    stem: str, servers: dict[str, str], authlib: Authlib
) -> None:
    authlib.token = {"access_token": "nonsense", "token_type": "bearer"}
    answer = authlib.get(servers[stem] + ME)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@every_app
def test_requests_oauthlib_sends_no_password_without_tls(
    stem: str,
    servers: dict[str, str],
    oauthlib: OAuth2Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT")
    with pytest.raises(InsecureTransportError):
        oauthlib.fetch_token(f"{servers[stem]}/token", **JOHN)


# From chapter 8 on: they refresh by themselves, and log out


def expired(token: Any) -> dict[str, Any]:
    """Copy a token answer, with an access token that is over and no good."""
    return {**token, "access_token": "x", "expires_at": time.time() - 1}


@renewing_apps
def test_authlib_refreshes_by_itself(
    stem: str, servers: dict[str, str]
) -> None:
    url, renewed = servers[stem], list[Any]()
    with Authlib(
        "a teaching client",
        scope=SCOPE,
        token_endpoint=f"{url}/token",
        update_token=lambda token, **_: renewed.append(token),
    ) as client:
        for times in (1, 2):
            client.token = expired(
                client.token or client.fetch_token(f"{url}/token", **JOHN)
            )
            assert client.get(url + ME).json()["username"] == "johndoe"
            assert client.get(url + ME).status_code == 200
            assert len(renewed) == times
        assert renewed[0]["refresh_token"] != renewed[1]["refresh_token"]


@renewing_apps
def test_requests_oauthlib_refreshes_by_itself(
    stem: str, servers: dict[str, str]
) -> None:
    url, renewed = servers[stem], list[Any]()
    client = LegacyApplicationClient("a teaching client", scope=SCOPE)
    with OAuth2Session(
        client=client,
        auto_refresh_url=f"{url}/token",
        token_updater=renewed.append,
    ) as session:
        session.fetch_token(f"{url}/token", **JOHN)
        for times in (1, 2):
            session.token = expired(session.token)
            assert session.get(url + ME).json()["username"] == "johndoe"
            assert session.get(url + ME).status_code == 200
            assert len(renewed) == times
        assert renewed[0]["refresh_token"] != renewed[1]["refresh_token"]


@renewing_apps
def test_both_learn_that_a_used_refresh_token_is_refused(
    stem: str,
    servers: dict[str, str],
    authlib: Authlib,
    oauthlib: OAuth2Session,
) -> None:
    url = f"{servers[stem]}/token"
    used = authlib.fetch_token(url, **JOHN)["refresh_token"]
    authlib.refresh_token(url, used)
    with pytest.raises(OAuthError) as refusal:
        authlib.refresh_token(url, used)
    assert refusal.value.error == "invalid_grant"
    with pytest.raises(InvalidGrantError):
        oauthlib.refresh_token(url, used)


@renewing_apps
@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_authlib_logs_out(
    stem: str, kind: str, servers: dict[str, str], authlib: Authlib
) -> None:
    url = servers[stem]
    token = authlib.fetch_token(f"{url}/token", **JOHN)
    answer = authlib.revoke_token(
        f"{url}/revoke", token[kind], token_type_hint=kind
    )
    assert answer.status_code == 200
    assert authlib.get(url + ME).status_code == 401


@renewing_apps
def test_oauthlib_logs_out(
    stem: str, servers: dict[str, str], oauthlib: OAuth2Session
) -> None:
    url = servers[stem]
    token = oauthlib.fetch_token(f"{url}/token", **JOHN)
    client = LegacyApplicationClient("a teaching client")
    where, headers, body = client.prepare_token_revocation_request(
        f"{url}/revoke", token["refresh_token"], "refresh_token"
    )
    answer = oauthlib.post(
        where, data=body, headers=headers, withhold_token=True
    )
    assert answer.status_code == 200
    assert oauthlib.get(url + ME).status_code == 401


# Chapter 12: a code with PKCE


@pytest.fixture
def clicks(servers: dict[str, str]) -> Iterator[requests.Session]:
    """A browser at chapter 12's server, which follows no redirect."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def consent(clicks: requests.Session, address: str) -> str:
    """Log in at an address, allow it, and return where the answer leads.

    The cookie is `Secure`: requests sends it only over TLS, so it is copied.
    """
    page = clicks.get(address)
    form_token = page.headers["Set-Cookie"].partition(";")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    answer = clicks.post(
        address,
        data={**fields, **JOHN, "decision": "allow"},
        headers={"Cookie": form_token},
        allow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


@pytest.mark.parametrize("password_grant", [True, False])
def test_authlib_logs_in_by_a_code_with_pkce(
    servers: dict[str, str],
    clicks: requests.Session,
    password_grant: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It makes verifier, challenge and state, and checks the state."""
    monkeypatch.setattr(ch12, "PASSWORD_GRANT", password_grant)
    url = servers["ch12_browser_clients"]
    with Authlib(
        "shop",
        scope=SCOPE,
        redirect_uri="https://shop.example/callback",
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
    ) as client:
        verifier = generate_token(48)
        address, state = client.create_authorization_url(
            f"{url}/authorize", code_verifier=verifier
        )
        location = consent(clicks, address)
        token = client.fetch_token(
            f"{url}/token",
            authorization_response=location,
            state=state,
            code_verifier=verifier,
        )
        assert token["scope"] == "items me"
        assert client.get(url + ME).json()["username"] == "johndoe"
        token = client.refresh_token(f"{url}/token", token["refresh_token"])
        assert client.get(url + ME).status_code == 200
        with pytest.raises(OAuthError) as refusal:
            client.fetch_token(
                f"{url}/token",
                authorization_response=location,
                state=state,
                code_verifier=verifier,
            )
        assert refusal.value.error == "invalid_grant"
        assert client.get(url + ME).status_code == 401


def test_authlib_refuses_the_state_of_another_login(
    servers: dict[str, str], clicks: requests.Session
) -> None:
    url = servers["ch12_browser_clients"]
    with Authlib(
        "shop",
        redirect_uri="https://shop.example/callback",
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
    ) as client:
        address, _ = client.create_authorization_url(
            f"{url}/authorize", code_verifier=generate_token(48)
        )
        location = consent(clicks, address)
        with pytest.raises(MismatchingStateException):
            client.fetch_token(
                f"{url}/token",
                authorization_response=location,
                state="another",
            )


def test_authlib_learns_that_a_code_needs_its_verifier(
    servers: dict[str, str], clicks: requests.Session
) -> None:
    url = servers["ch12_browser_clients"]
    with Authlib(
        "shop",
        redirect_uri="https://shop.example/callback",
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
    ) as client:
        for sent in (None, generate_token(48)):
            address, state = client.create_authorization_url(
                f"{url}/authorize", code_verifier=generate_token(48)
            )
            location = consent(clicks, address)
            more = {"code_verifier": sent} if sent else {}
            with pytest.raises(OAuthError) as refusal:
                client.fetch_token(
                    f"{url}/token",
                    authorization_response=location,
                    state=state,
                    **more,
                )
            assert refusal.value.error == "invalid_grant"
