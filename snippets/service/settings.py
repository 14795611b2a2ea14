"""Settings, read when the service starts (chapter 13)."""

import hashlib
from pathlib import Path
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

TEACHING_KEY = "a teaching key, published: protects nothing"


# The SHA-256 of keys that everybody can read: the one in FastAPI's tutorial,
# and this course's teaching key.
PUBLISHED = {
    "570dad43de1af4c925f92c16a68a50936da42b7dd6fdeb24850507a1199aac89",
    hashlib.sha256(TEACHING_KEY.encode()).hexdigest(),
}


def good_key(key: SecretStr) -> SecretStr:
    """Return a secret that may sign tokens.

    Raises:
        ValueError: it is empty, shorter than 32 bytes, or published.
    """
    secret = key.get_secret_value().encode()
    if len(secret) < 32:
        raise ValueError("a key has at least 32 bytes")
    if hashlib.sha256(secret).hexdigest() in PUBLISHED:
        raise ValueError("this key is published: anybody can sign with it")
    return key


def split(value: object) -> object:
    """Split a text at its white space: `"a.example b.example"`."""
    return value.split() if isinstance(value, str) else value


Words: TypeAlias = Annotated[list[str], NoDecode, BeforeValidator(split)]

Host: TypeAlias = Annotated[str, Field(pattern=r"^(\*\.)?[\w.-]+$")]

GoodKey: TypeAlias = Annotated[SecretStr, AfterValidator(good_key)]

SECRETS = Path("/run/secrets")  # where Docker puts files with secrets


class Client(NamedTuple):
    """A registered program without a secret (RFC 6749 §2.1, public)."""

    title: str
    redirect_uris: tuple[str, ...]


class Settings(BaseSettings):
    """What differs between your laptop and the service that people use.

    Each is an environment variable, `SECRET_KEYS=…`, or a file of that name
    among Docker's secrets.

    Attributes:
        secret_keys: the first signs, all of them verify.
        issuer: `iss` of the tokens, the service's own https address.
        audience: `aud` of the tokens, the API's address.
        hosts: the host names that the service answers to, never `*`.
        clients: the programs of chapter 12, as JSON.
        docs: whether `/docs` and `/openapi.json` are there.
    """

    model_config = SettingsConfigDict(
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # it would be a secret
    )

    secret_keys: Annotated[
        list[GoodKey], NoDecode, BeforeValidator(split), Field(min_length=1)
    ]
    issuer: Annotated[str, Field(pattern="^https://")]
    audience: str
    hosts: Annotated[
        list[Host], NoDecode, BeforeValidator(split), Field(min_length=1)
    ]
    database_url: str = "sqlite:///users.db"
    limits_url: str = "memory://"
    page_origins: Words = []
    password_grant: bool = False
    clients: dict[str, Client] = {}
    docs: bool = False


# They come from the environment.
settings = Settings()  # type: ignore[call-arg]
