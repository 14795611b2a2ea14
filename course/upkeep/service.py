"""Write `snippets/service/`: the chapters' code as one folder to copy."""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from course.chapters import ROOT, chapters
from course.upkeep.assemble import File, Import, Key, Own, Plan

SERVICE = Path("snippets") / "service"


def keys(chapter: str, names: str) -> list[Key]:
    """Write keys briefly: `keys("ch07", "connect UserRow")`."""
    return [(chapter, name) for name in names.split()]


SETTINGS = ("ch13", "settings")


def router(file: str, *, public: bool) -> Own:
    """Make a file's router; a public one declares that anyone may call it."""
    declared = "dependencies=[Depends(anyone)]" if public else ""
    return Own(
        (file, "router"),
        f"router = APIRouter({declared})\n",
        uses=(("ch13", "anyone"),) if public else (),
        imports=(Import("fastapi", "APIRouter"),)
        + ((Import("fastapi", "Depends"),) if public else ()),
    )


PATH = Import("pathlib", "Path")
FILES = [
    File(
        "settings.py",
        "Settings, read when the service starts (chapter 13).",
        [
            ("ch03", "TEACHING_KEY"),
            *keys(
                "ch13", "PUBLISHED good_key split Words Host GoodKey SECRETS"
            ),
            ("ch12", "Client"),
            ("ch13", "Settings"),
            Own(
                SETTINGS,
                "# They come from the environment.\n"
                "settings = Settings()  # type: ignore[call-arg]\n",
            ),
        ],
    ),
    File(
        "models.py",
        "The database, its tables, and how users are read (chapters 7 to 13).",
        [
            Own(
                ("ch07", "DATABASE_URL"),
                "DATABASE_URL = settings.database_url\n",
                uses=(SETTINGS,),
            ),
            *keys("ch07", "connect Session AwareDateTime Base UserRow"),
            *keys("ch08", "LoginTable FamilyRow RefreshTokenRow RevokedRow"),
            *keys("ch09", "IdentityTable IdentityRow"),
            *keys("ch12", "BrowserTable SessionRow CodeTable CodeRow"),
            *keys("ch13", "WorkTable ItemRow RoleRow"),
            *keys("ch03", "User UserInDB"),
            *keys("ch07", "StoredUser username_key read_user find_user"),
            ("ch07", "user_named_by"),
        ],
    ),
    File(
        "oauth.py",
        "Refusals, challenges, forms and scopes (chapters 4 to 8).",
        [
            *keys("ch05", "NO_STORE OAuthError refuse challenge"),
            ("ch05", "bearer_error"),
            *keys("ch04", "Refusal refuse_form"),
            *keys("ch05", "ErrorBody REFUSALS"),
            ("ch07", "RESPONSES"),
            *keys("ch06", "SCOPES DEFAULT_SCOPES write_scopes split_scopes"),
            ("ch06", "scopes_in"),
            ("ch07", "grant_scopes"),
            *keys("ch05", "PasswordGrant read_form authenticates_client"),
            *keys("ch05", "read_password_grant FORM_TYPE"),
            *keys("ch08", "NotEmpty RefreshGrant Revocation Fields"),
            *keys("ch08", "read_fields form_of"),
        ],
    ),
    File(
        "passwords.py",
        "Passwords: hashed with Argon2, old hashes verified (chapters 2, 7).",
        [
            *keys("ch02", "pwd_context MAX_PASSWORD_BYTES"),
            *keys("ch02", "UnhashablePasswordError ensure_hashable"),
            ("ch02", "verify_password"),
            ("ch04", "DUMMY_HASH"),
            *keys("ch07", "normalised argon2 hash_password"),
            *keys("ch07", "ARGON2_DUMMY_HASH logger verify_any"),
            *keys("ch07", "COMMON_PASSWORDS allowed_password"),
        ],
    ),
    File(
        "accounts.py",
        "Sign-up, the check of a password, and its change (chapter 7).",
        [
            *keys("ch07", "replace_hash authenticate_user UNSEEN"),
            *keys("ch07", "allowed_username Text Username Password SignUp"),
            *keys("ch07", "UsernameTakenError add_user PasswordChange"),
            ("ch07", "change_password"),
        ],
    ),
    File(
        "tokens.py",
        "Access tokens: our keys, our signature, and its check (chapter 9).",
        [
            *keys("ch01", "MAX_TOKEN_LENGTH RefusedTokenError"),
            *keys("ch01", "base64url_encode base64url_decode"),
            *keys("ch01", "without_duplicates read_object"),
            *keys("ch09", "PrivateKey SigningKey public_jwk"),
            ("ch13", "signing_key"),
            *keys("ch09", "METADATA_PATH JWKS_PATH CACHE_LIFE Issuer"),
            Own(
                ("ch09", "ours"),
                "ours = Issuer(\n    settings.issuer, "
                "[signing_key(key) for key in settings.secret_keys]\n)\n",
                uses=(SETTINGS, ("ch09", "Issuer"), ("ch13", "signing_key")),
            ),
            *keys("ch09", "ALGORITHMS PRIVATE usable_key keys_in"),
            *keys("ch09", "FindKey Trust find_our_key KeysUnavailableError"),
            Own(
                ("ch09", "AUDIENCE"),
                "AUDIENCE = settings.audience\n",
                uses=(SETTINGS,),
            ),
            Own(
                ("ch09", "TRUSTED"),
                "TRUSTED = {ours.name: "
                "Trust(ours.name, AUDIENCE, find_our_key)}\n",
            ),
            *keys("ch09", "unverified check_kind check_types"),
            ("ch09", "read_access_token"),
            Own(
                ("ch03", "SECRET_KEY"),
                "# It signs what never leaves: see `sign_afresh`.\n"
                "SECRET_KEY = settings.secret_keys[0].get_secret_value()\n",
                uses=(SETTINGS,),
            ),
            ("ch03", "ALGORITHM"),
            *keys("ch04", "ACCESS_TOKEN_LIFETIME create_access_token"),
        ],
    ),
    File(
        "logins.py",
        "Logins that last, and their end (chapters 8 and 9).",
        [
            *keys("ch08", "ACCESS_LIFETIME IDLE_LIFETIME LOGIN_LIFETIME"),
            *keys("ch08", "CLOCK_SKEW hash_token"),
            ("ch06", "Token"),
            *keys("ch08", "Token issue_tokens start_family"),
            *keys("ch08", "use_refresh_token invalid_grant renew"),
            *keys("ch08", "end_families owns refresh jti_of"),
            *keys("ch09", "CLIENT_ID sign_afresh is_denied deny revoke"),
        ],
    ),
    File(
        "limits.py",
        "Rate limits, and a queue for what hashes (chapter 11).",
        [
            *keys("ch11", "P R BusyError HashingQueue CORES hashing"),
            Own(
                ("ch11", "LIMITS_URL"),
                "LIMITS_URL = settings.limits_url\n",
                uses=(SETTINGS,),
            ),
            *keys("ch11", "OneAtATime counters strategy PER_ACCOUNT"),
            *keys("ch11", "PER_ADDRESS FOR_ALL account_key"),
            *keys("ch11", "TooManyRequestsError count uncount"),
            *keys("ch11", "count_account forget_failures host_of"),
            *keys("ch11", "address_key count_address take_back"),
            *keys("ch11", "check_password authenticate_active_user"),
        ],
    ),
    File(
        "sessions.py",
        "Pages, cookies and the sessions behind them (chapter 12).",
        [
            Own(
                ("ch12", "PAGES"),
                'PAGES = Path(__file__).parent / "pages"\n',
                imports=(PATH,),
            ),
            *keys(
                "ch12", "PAGE_HEADERS page SameSite set_cookie SESSION_COOKIE"
            ),
            *keys("ch12", "family_of start_session find_session"),
            *keys("ch12", "user_of_session check_from_page session_user"),
            ("ch12", "SessionUser"),
        ],
    ),
    File(
        "codes.py",
        "The authorization code grant with PKCE (chapter 12).",
        [
            Own(
                ("ch12", "CLIENTS"),
                "CLIENTS = settings.clients\n",
                uses=(SETTINGS,),
            ),
            *keys("ch12", "AuthorizationRequest client_of fault_of answer"),
            *keys("ch12", "CODE_LIFE give_code CodeGrant challenge_of fits"),
            *keys("ch12", "use_code redeem FORM_COOKIE consent_page"),
            *keys("ch12", "check_form_token FORM_FIELDS Parameters text_in"),
            ("ch12", "read_authorization"),
            Own(
                ("ch12", "PASSWORD_GRANT"),
                "PASSWORD_GRANT = settings.password_grant\n",
                uses=(SETTINGS,),
            ),
            *keys("ch12", "RenewalGrant Grant read_grant client_of_login"),
            *keys("ch12", "tokens_for client_of_token ClientRevocation"),
            ("ch12", "read_revocation"),
        ],
    ),
    File(
        "security.py",
        "Who may call what: users, scopes, roles, owners (6, 9, 13).",
        [
            ("ch05", "BearerScheme"),
            Own(
                ("ch06", "oauth2_scheme"),
                'oauth2_scheme = BearerScheme(tokenUrl="token", '
                "scopes=SCOPES)\n",
                uses=(("ch06", "SCOPES"),),
            ),
            *keys("ch09", "user_of scopes_of get_current_user"),
            *keys("ch09", "CurrentUser Me Owner"),
            *keys(
                "ch13", "anyone CALLER_GUARDS OpenRouteError calls_in says_who"
            ),
            *keys("ch13", "DOCUMENTS refuse_open_routes"),
            *keys("ch13", "NewItem Item find_item own_item OwnItem"),
            *keys("ch13", "has_role administrator Administrator"),
        ],
    ),
    File(
        "middleware.py",
        "What stands around every route (chapters 12 and 13).",
        [
            Own(
                ("ch12", "PAGE_ORIGINS"),
                "PAGE_ORIGINS = settings.page_origins\n",
                uses=(SETTINGS,),
            ),
            ("ch12", "CORSForAPI"),
            *keys("ch13", "SafeHeaders MOST_BODY_BYTES protect"),
        ],
    ),
    File(
        "errors.py",
        "Failures that become an answer of 503 (chapters 7 and 9).",
        [
            ("ch09", "FETCH_PAUSE"),
            ("ch07", "unavailable"),
            ("ch09", "no_keys"),
        ],
    ),
    File(
        "logs.py",
        "Logs without credentials (chapter 13).",
        keys("ch13", "CREDENTIAL redact message_of NoCredentials"),
    ),
    File(
        "routers/health.py",
        "Is the service alive, and is it ready? (chapter 13)",
        [
            router("health", public=True),
            *keys("ch13", "check_stores read_life read_readiness"),
        ],
    ),
    File(
        "routers/login.py",
        "Trade a grant for tokens, and end a login (chapters 4 to 13).",
        [
            router("login", public=True),
            *keys("ch13", "check_login login_for_access_token revoke_token"),
        ],
    ),
    File(
        "routers/pages.py",
        "The login page, consent, and sessions (chapter 12).",
        [
            router("pages", public=True),
            *keys("ch12", "read_login_page read_login_script"),
            *keys("ch12", "log_in_to_session read_session end_session"),
            *keys("ch12", "ask_for_consent authorize"),
        ],
    ),
    File(
        "routers/events.py",
        "A WebSocket that begins with a token (chapter 12).",
        [
            router("events", public=True),
            *keys("ch12", "FIRST_MESSAGE websocket_user send_events"),
        ],
    ),
    File(
        "routers/keys.py",
        "The issuer's metadata and public keys (chapter 9).",
        [
            router("keys", public=True),
            ("ch12", "read_own_metadata"),
            ("ch09", "published"),
            Own(
                ("keys", "included"),
                "router.include_router(published(ours))\n",
                uses=(("ch09", "published"), ("ch09", "ours")),
            ),
        ],
    ),
    File(
        "routers/sign_up.py",
        "Sign up (chapters 7 and 11).",
        [router("sign_up", public=True), ("ch13", "sign_up")],
    ),
    File(
        "routers/users.py",
        "What users may do with their own accounts (chapters 4 to 11).",
        [
            router("users", public=False),
            *keys("ch13", "log_out_everywhere change_own_password"),
            *keys("ch13", "read_system_status read_users_me read_own_items"),
        ],
    ),
    File(
        "routers/items.py",
        "Items, each of which has an owner (chapter 13).",
        [
            router("items", public=False),
            *keys("ch13", "add_item items_of delete_item create_item"),
            *keys("ch13", "read_items read_item remove_item"),
        ],
    ),
    File(
        "routers/admin.py",
        "What administrators may do (chapter 13).",
        [
            router("admin", public=False),
            *keys("ch13", "usernames read_usernames"),
        ],
    ),
]
RENAMED: dict[Key, str] = {
    ("ch06", "Token"): "AccessToken",
    ("ch05", "challenge"): "www_authenticate",  # others have that variable
    ("ch08", "owns"): "owned_by",  # as well
}


def build(root: Path = ROOT) -> dict[str, str]:
    """Return the source of each generated file, by its path in the folder."""
    modules = {each.name: each.module for each in chapters(root)}
    plan = Plan(FILES, RENAMED, modules)
    written = {file.path: plan.write(file) for file in FILES}
    with TemporaryDirectory() as folder:
        for path, source in written.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source, "utf-8")
        ruff(root, "check", "--fix", "--select", "I,F401", folder)
        ruff(root, "format", folder)
        return (
            {
                path: (Path(folder) / path).read_text("utf-8")
                for path in written
            }
            | copies(root)
            | {"requirements.txt": requirements(root)}
        )


def ruff(root: Path, *arguments: str) -> None:
    """Sort imports and format, as everywhere in the course."""
    config = str(root / "pyproject.toml")
    command = [sys.executable, "-m", "ruff", *arguments]
    options = ["--config", config, "--quiet", "--no-cache"]
    subprocess.run([*command, *options], check=True)


def copies(root: Path) -> dict[str, str]:
    """Return the files that are copied as they are, by their path."""
    folder = root / "snippets"
    paths = [
        *sorted((folder / "migrations").rglob("*.py")),
        *(folder / "pages" / name for name in PAGES),
    ]
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in paths
    }


def requirements(root: Path) -> str:
    """Return the lines of the course's requirements that the service needs."""
    lines = (root / "requirements.txt").read_text("utf-8").splitlines()
    kept = [line for line in lines if PACKAGE.split(line)[0] in PACKAGES]
    return HEADER + "\n".join([*kept, ""])


HEADER = """\
# What the service needs. Before you deploy it, pin what these need in turn,
# with hashes: uv pip compile --generate-hashes requirements.txt
"""
PACKAGE = re.compile(r"[=\[ ]")
PACKAGES = {
    *("fastapi", "uvicorn", "websockets", "python-multipart", "httpx"),
    *("pyjwt", "cryptography", "passlib", "bcrypt", "pwdlib", "argon2-cffi"),
    *("sqlalchemy", "alembic", "psycopg", "limits", "redis"),
    *("pydantic-settings", "markupsafe"),
}
PAGES = ("consent.html", "login.html", "login.js")


def write(root: Path = ROOT) -> list[str]:
    """Write the files that are missing or outdated; return their paths."""
    changed = []
    for path, source in build(root).items():
        target = root / SERVICE / path
        if target.exists() and target.read_text("utf-8") == source:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source, "utf-8", newline="\n")
        changed.append(path)
    return changed
