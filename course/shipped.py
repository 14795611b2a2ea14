"""What a service has before it ships: a comparison, and a checklist.

Lines of FastAPI's tutorial are compared with those of chapters 7 to 13. Each
line of the checklist names a test of this course that shows it.
"""

from dataclasses import dataclass
from html import escape

from course.classroom.card import Card, to_html, wrap
from course.tutorial import HEADINGS, Change, row_of, table, text_of
from snippets import ch07_database as ch07
from snippets import ch13_ship_it as ch13

CHANGES = [
    Change(
        "The key",
        'SECRET_KEY = "09d25e…"',
        ch13.Settings,
        "secret_keys: Annotated[",
        "A published or a short key stops the service at its start, and a "
        "list of keys lets you replace one.",
        lines=3,
    ),
    Change(
        "The algorithm",
        'ALGORITHM = "HS256"',
        ch13.signing_key,
        'return ch09.SigningKey(kid, "ES256"',
        "With HS256, each service that verifies tokens can also make them.",
    ),
    Change(
        "The users",
        "fake_users_db = {",
        ch07.UserRow,
        "username_key: Mapped[str]",
        "The database decides which usernames are free, whatever their "
        "spelling.",
    ),
    Change(
        "The hash",
        'CryptContext(schemes=["bcrypt"], deprecated="auto")',
        ch07,
        "argon2 = Argon2Hasher(",
        "Argon2 takes memory as well as time, and reads the whole password.",
    ),
    Change(
        "The login",
        "authenticate_user(db, form_data.username, form_data.password)",
        ch13.check_login,
        "user = await ch11.check_password(",
        "Guesses are counted before they are hashed, and the hash waits in a "
        "short queue.",
        lines=3,
    ),
    Change(
        "The lifetime of a login",
        "ACCESS_TOKEN_EXPIRE_MINUTES = 30",
        ch13.login_for_access_token,
        "return await run_in_threadpool(ch12.tokens_for",
        "After half an hour the user has to type the password again. A "
        "refresh token renews the login, and a logout ends it.",
    ),
    Change(
        "The client",
        "form_data: Annotated[OAuth2PasswordRequestForm, Depends()]",
        ch13.login_for_access_token,
        "if not isinstance(grant, ch05.PasswordGrant):",
        "A code needs no password in the client's hands.",
        lines=2,
    ),
    Change(
        "A forgotten guard",
        '@app.get("/users/me/items/")',
        ch13.protect,
        "refuse_open_routes(app)",
        "A route without a guard is open, and no error says so.",
    ),
    Change(
        "The items",
        '[{"item_id": "Foo", "owner": current_user.username}]',
        ch13.read_item,
        "async def read_item(",
        "Stored items have owners, and each look-up asks for the owner.",
    ),
    Change(
        "The app",
        "app = FastAPI()",
        ch13,
        "max_body_size=MOST_BODY_BYTES",
        "Without a limit, one request can fill the memory.",
    ),
]


@dataclass(frozen=True)
class Promise:
    """A line of the checklist, and the test that shows it.

    Attributes:
        words: what holds: "No answer shows a hash".
        file: the test's module, below `tests/`.
        test: the name of the test function.
    """

    words: str
    file: str
    test: str


CHECKLIST = [
    Promise(
        "No service starts on a weak key.",
        "system/test_ch13_ship_it.py",
        "test_weak_key_is_refused_and_not_repeated",
    ),
    Promise(
        "A key is replaced, and users stay logged in.",
        "system/test_ch13_ship_it.py",
        "test_keys_change_in_three_deployments",
    ),
    Promise(
        "No app starts with a route that does not say who may call it.",
        "system/test_ch13_ship_it.py",
        "test_app_does_not_start_whose_route",
    ),
    Promise(
        "A forged token gets a 401, at each route.",
        "system/test_security.py",
        "test_forged_tokens_get_401",
    ),
    Promise(
        "No client gets a scope that the user does not have.",
        "system/test_escalation.py",
        "test_no_wish_gains_more_than_the_table",
    ),
    Promise(
        "Another user's item is one that does not exist.",
        "system/test_ch13_items_and_roles.py",
        "test_another_users_item_is_one_that_does_not_exist",
    ),
    Promise(
        "A wrong password and an unknown username look alike.",
        "system/test_every_app.py",
        "test_refused_logins_are_alike_to_the_byte",
    ),
    Promise(
        "Guesses are counted, also if they come at once.",
        "system/test_ch11_under_load.py",
        "test_of_200_guesses_at_once_five_are_hashed",
    ),
    Promise(
        "All workers count together.",
        "system/test_shared_limits.py",
        "test_of_200_guesses_at_two_workers_five_are_hashed",
    ),
    Promise(
        "A stolen refresh token ends its login.",
        "system/test_ch08_refresh_logout.py",
        "test_reuse_ends_the_family_for_thief_and_owner",
    ),
    Promise(
        "A new password ends all logins.",
        "system/test_ch08_refresh_logout.py",
        "test_new_password_ends_all_logins",
    ),
    Promise(
        "A code goes to registered addresses alone.",
        "system/test_ch12_authorization.py",
        "test_other_address_is_never_redirected_to",
    ),
    Promise(
        "A form of another page logs nobody in.",
        "system/test_ch12_sessions.py",
        "test_login_that_another_page_may_have_sent_is_refused",
    ),
    Promise(
        "The service answers to its own host names alone.",
        "system/test_ch13_ship_it.py",
        "test_service_answers_to_its_own_names_alone",
    ),
    Promise(
        "No body is read beyond a limit.",
        "system/test_ch13_ship_it.py",
        "test_body_of_unknown_length_is_not_read_to_its_end",
    ),
    Promise(
        "No answer shows a hash.",
        "system/test_security.py",
        "test_no_route_ever_shows_a_hash",
    ),
    Promise(
        "No log has a credential in it.",
        "system/test_ch13_logs.py",
        "test_access_log_has_the_path_without_the_secret",
    ),
    Promise(
        "Without its database, the service lets nobody in.",
        "system/test_ch08_refresh_logout.py",
        "test_no_token_is_good_without_the_deny_list",
    ),
]


def compare_with_service() -> None:
    """Display every change: the tutorial's lines, ours, and the reason."""
    text = "\n\n".join(
        text_of(number, change) for number, change in enumerate(CHANGES, 1)
    )
    Card(text, table(HEADINGS, [row_of(change) for change in CHANGES])).show()


def show_checklist() -> None:
    """Display the lines to tick, each with its test."""
    text = "\n".join(
        f"{wrap(f'[ ] {each.words}', '    ')}\n    tests/{each.file}\n"
        f"      {each.test}"
        for each in CHECKLIST
    )
    rows = [
        (
            f"☐ {to_html(each.words)}",
            f"<code>{escape(each.test)}</code> in "
            f"<code>tests/{escape(each.file)}</code>",
        )
        for each in CHECKLIST
    ]
    Card(text, table(("to tick", "the test that shows it"), rows)).show()
