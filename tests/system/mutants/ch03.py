"""Mutants of chapter 3: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        'os.environ.get("SECRET_KEY", TEACHING_KEY)',
        "TEACHING_KEY",
        "the published key signs in production too",
        "test_ch03_dependency_wiring.py::test_key_comes_from_the_environment",
    ),
    Mutant(
        'os.environ.get("SECRET_KEY", TEACHING_KEY)',
        'os.environ.get("SECRET_KEY") or TEACHING_KEY',
        "an empty key in the environment is replaced by the published one",
        "test_every_app.py::test_no_app_starts_on_a_weak_secret_key",
    ),
    Mutant(
        'os.environ.get("SECRET_KEY", TEACHING_KEY)',
        'os.environ.get("SECRET_KEY", TEACHING_KEY).strip()',
        "white space around a key is cut off, and the key is another",
        "test_ch03_dependency_wiring.py::"
        "test_white_space_around_a_key_belongs_to_the_key",
    ),
    Mutant(
        'if len(SECRET_KEY.encode("utf-8")) < 32:  # RFC 7518 §3.2',
        "if False:",
        "an empty key signs, or fails at every login",
        "test_every_app.py::test_no_app_starts_on_a_weak_secret_key",
    ),
    Mutant(
        '"utf-8")) < 32:',
        '"utf-8")) <= 1:',
        "a key of two bytes signs",
        "test_every_app.py::test_no_app_starts_on_a_weak_secret_key",
    ),
    Mutant(
        "algorithms=[ALGORITHM]",
        'algorithms=["HS256", "HS512"]',
        "a second algorithm is accepted",
        "test_ch03_dependency_wiring.py::test_forged_token_is_not_read",
    ),
    Mutant(
        '"require": ["exp", "sub"]',
        '"require": ["exp", "sub"], "verify_signature": False',
        "anyone can sign",
        "test_ch03_dependency_wiring.py::test_forged_token_is_not_read",
    ),
    Mutant(
        '"require": ["exp", "sub"]',
        '"require": ["exp", "sub"], "verify_exp": False',
        "an expired token is accepted",
        "test_ch03_dependency_wiring.py::test_forged_token_is_not_read",
    ),
    Mutant(
        '        options={"require": ["exp", "sub"]},',
        '        options={"require": ["exp", "sub"]},\n        leeway=1,',
        "a token is good for one second past its expiry",
        "test_every_app.py::"
        "test_token_is_refused_from_the_second_of_its_expiry_on",
    ),
    Mutant(
        '"require": ["exp", "sub"]',
        '"require": ["sub"]',
        "a token may live for ever",
        "test_ch03_dependency_wiring.py::test_forged_token_is_not_read",
    ),
    Mutant(
        '"require": ["exp", "sub"]',
        '"require": ["exp"]',
        "a token without a subject is a KeyError: a 500",
        "test_ch03_dependency_wiring.py::test_forged_token_is_not_read",
    ),
    Mutant(
        '    if not isinstance(claims["exp"], int | float):  # PyJWT '
        'also takes "99"',
        "    if False:",
        "an expiry may be text",
        "test_conformance.py::"
        "test_chapter_meets_what_it_says_it_meets_and_nothing_else",
    ),
    Mutant(
        "        token,\n        SECRET_KEY",
        "        token.strip(),\n        SECRET_KEY",
        "white space around a token is cut off",
        "test_ch03_dependency_wiring.py::"
        "test_token_with_white_space_around_it_is_not_read",
    ),
    Mutant(
        "    except jwt.InvalidTokenError as error:",
        "    except jwt.ExpiredSignatureError as error:",
        "most bad tokens are a 500",
        "test_ch03_dependency_wiring.py::"
        "test_endpoint_does_not_run_for_the_refused",
    ),
    Mutant(
        "    if user is None:",
        "    if False:",
        "a deleted user goes on as None: a 500",
        "test_ch03_dependency_wiring.py::test_vanished_user_is_refused",
    ),
    Mutant(
        "    if current_user.disabled:",
        "    if False:",
        "a disabled user gets in",
        "test_ch03_dependency_wiring.py::test_disabled_user_gets_400",
    ),
    Mutant(
        '        headers={"WWW-Authenticate": "Bearer"},\n',
        "",
        "a 401 has no challenge",
        "test_ch03_dependency_wiring.py::"
        "test_unauthorized_is_a_401_with_a_challenge",
    ),
    Mutant(
        "async def read_users_me(current_user: CurrentUser) -> User:",
        "async def read_users_me(current_user: CurrentUser) -> UserInDB:",
        "chapter 3 answers with the hash",
        "test_ch03_dependency_wiring.py::"
        "test_endpoint_names_its_user_and_no_more",
    ),
    Mutant(
        "user = users.get(username)",
        'user = users.get("johndoe")',
        "every token is johndoe's",
        "test_ch03_dependency_wiring.py::test_unknown_subject_is_refused",
    ),
]
