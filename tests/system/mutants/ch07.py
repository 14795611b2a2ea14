"""Mutants of chapter 7: one line of its security broken."""

from tests.system.mutants import Mutant

UNIT = "test_ch07_database.py::"
FAILURES = "test_ch07_failures.py::"
EVERY_APP = "test_every_app.py::"

MUTANTS = [
    # The database
    Mutant(
        "sa.create_engine(url, hide_parameters=True)",
        "sa.create_engine(url)",
        "a failed statement's hashes are written to the log",
        f"{UNIT}test_missing_table_is_a_503_everywhere",
    ),
    Mutant(
        'connection.execute("PRAGMA foreign_keys=ON")',
        'connection.execute("PRAGMA foreign_keys=OFF")',
        "SQLite ignores foreign keys",
        f"{UNIT}test_foreign_key_to_a_missing_row_is_refused",
    ),
    Mutant(
        "return value and value.astimezone(UTC)\n\n    def process_result",
        "return value\n\n    def process_result",
        "a time of another zone is stored without its zone",
        f"{UNIT}test_time_of_another_zone_comes_back_in_utc",
    ),
    Mutant(
        "        return value.replace(tzinfo=UTC)",
        "        return value.astimezone(UTC)",
        "a stored time counts as one of the server's own zone",
        f"{UNIT}test_time_of_another_zone_comes_back_in_utc",
    ),
    # Usernames
    Mutant(
        '    return unicodedata.normalize("NFKC", folded)',
        "    return folded",
        "one username has two keys",
        f"{UNIT}test_spellings_of_a_username_have_one_key",
    ),
    Mutant(
        'unicodedata.normalize("NFKC", username).casefold()',
        'unicodedata.normalize("NFKC", username)',
        "JOHNDOE signs up beside johndoe",
        f"{UNIT}test_twin_of_a_username_is_taken",
    ),
    Mutant(
        'unicodedata.normalize("NFKC", username).casefold()',
        'unicodedata.normalize("NFKC", username).lower()',
        "Straße signs up beside strasse",
        f"{UNIT}test_twin_of_a_username_is_taken",
    ),
    Mutant(
        "    if not username.isprintable():",
        "    if False:",
        "a NUL in a login's username is a 500 on PostgreSQL",
        f"{UNIT}test_strange_username_finds_no_user",
    ),
    Mutant(
        "    if UNSEEN.search(username) or not",
        "    if not",
        "a username looks like another one's",
        f"{UNIT}test_refused_sign_up_gives_its_reason",
    ),
    Mutant(
        "    return normalised(username)",
        "    return username",
        "a username is stored as it was typed",
        f"{UNIT}test_username_is_stored_in_one_encoding",
    ),
    # Hashes
    Mutant(
        "    return argon2.hash(normalised(password))",
        "    return argon2.hash(password)",
        "a password of another keyboard is wrong",
        f"{UNIT}test_password_in_another_encoding_is_the_same",
    ),
    Mutant(
        'normalised(password).encode("utf-8", "surrogatepass")',
        "normalised(password)",
        "half a letter in a password is a 500",
        f"{UNIT}test_password_that_no_encoding_holds_logs_nobody_in",
    ),
    Mutant(
        "verify_password(password, ch04.DUMMY_HASH)\n        return False",
        "return False",
        "a damaged hash is told by the time of its refusal",
        f"{UNIT}test_each_login_verifies_once_by_each_scheme",
    ),
    Mutant(
        "    by_argon2 = argon2.verify(normal, new_hash)",
        "    by_argon2 = new and argon2.verify(normal, new_hash)",
        "an old hash is told by the time of the login",
        f"{UNIT}test_each_login_verifies_once_by_each_scheme",
    ),
    Mutant(
        "    except ValueError:\n        logger.error",
        "    except ZeroDivisionError:\n        logger.error",
        "a damaged hash is a 500",
        f"{EVERY_APP}test_hash_of_a_weak_scheme_logs_nobody_in",
    ),
    Mutant(
        "    return by_argon2 if new else by_bcrypt",
        "    return by_argon2 or by_bcrypt",
        "the password of a dummy hash would be everyone's",
        f"{UNIT}test_password_of_a_dummy_hash_logs_nobody_in",
    ),
    Mutant(
        "        .where(UserRow.hashed_password == user.hashed_password)\n",
        "",
        "a login writes the old password's hash over a new one's",
        f"{UNIT}test_replaced_hash_needs_the_old_one",
    ),
    Mutant(
        "        .where(UserRow.id == user.id)\n        .where(",
        "        .where(",
        "a hash is replaced wherever the same one is stored",
        f"{UNIT}test_hash_is_replaced_in_one_row",
    ),
    # Logins
    Mutant(
        "    if not verify_any(password, stored) or user is None:\n"
        "        return None",
        "    if user is None or not verify_any(password, stored):\n"
        "        return None",
        "an unknown username is told by the time of its refusal",
        f"{UNIT}test_each_login_verifies_once_by_each_scheme",
    ),
    Mutant(
        "if not argon2.identify(stored) or argon2.check",
        "if argon2.identify(stored) and argon2.check",
        "an old bcrypt hash stays for ever",
        f"{UNIT}test_bcrypt_hash_becomes_argon2_at_the_first_login",
    ),
    Mutant(
        "    latest = read_user(UserRow.id == user.id)",
        "    latest = user",
        "an account that was disabled during a login is let in",
        f"{UNIT}test_account_changed_during_the_verification_is_refused",
    ),
    Mutant(
        "latest and latest.password_changed_at == user.password_changed_at",
        "latest",
        "a password that was changed during a login is let in",
        f"{UNIT}test_account_changed_during_the_verification_is_refused",
    ),
    Mutant(
        "    if user is None or user.disabled:\n        refusal",
        "    if user is None:\n        refusal",
        "a disabled user logs in",
        f"{UNIT}test_disabled_user_gets_no_token",
    ),
    Mutant(
        "    user = await run_in_threadpool(\n"
        "        authenticate_user, grant.username, grant.password\n"
        "    )",
        "    user = authenticate_user(grant.username, grant.password)",
        "a login stops all other requests",
        f"{EVERY_APP}test_login_runs_in_the_thread_pool",
    ),
    Mutant(
        "    response.headers.update(ch05.NO_STORE)\n",
        "",
        "a cache may keep a token",
        f"{UNIT}test_answer_to_a_login_is_not_stored",
    ),
    # Sign-ups and changed passwords
    Mutant(
        "    if not 15 <= len(password) <= 200:",
        "    if not 15 <= len(password.encode()) <= 200:",
        "the length of a password is counted in bytes",
        f"{UNIT}test_refused_sign_up_gives_its_reason",
    ),
    Mutant(
        "    if password.casefold() in COMMON_PASSWORDS:",
        "    if password in COMMON_PASSWORDS:",
        "a common password in capitals is taken",
        f"{UNIT}test_refused_sign_up_gives_its_reason",
    ),
    Mutant(
        "    email: Mapped[str | None]",
        "    email: Mapped[str]",
        "the model and the migration say different things",
        f"{UNIT}test_migrations_create_what_the_models_say",
    ),
    Mutant(
        "    except IntegrityError as error:",
        "    except ZeroDivisionError as error:",
        "a taken username is a 503",
        f"{UNIT}test_sign_ups_at_once_get_one_201",
    ),
    Mutant(
        "    if verify_any(change.old_password, user.hashed_password):",
        "    if True:",
        "whoever holds a token may change the password",
        f"{UNIT}test_refused_change_leaves_the_password",
    ),
    Mutant(
        "hashed_password=new_hash, password_changed_at=moment",
        "hashed_password=new_hash",
        "a login that began before the change ends well",
        f"{UNIT}test_new_password_replaces_the_old_one",
    ),
    Mutant(
        "async def sign_up(new: SignUp) -> ch03.User:",
        "async def sign_up(new: SignUp) -> StoredUser:",
        "a sign-up answers with the hash",
        f"{UNIT}test_new_user_logs_in_and_reads_the_own_record",
    ),
    # Tokens
    Mutant(
        '{"sub": user.id.urn, "scope": scope}',
        '{"sub": f"username:{user.username}", "scope": scope}',
        "the next owner of a username is let in by an old token",
        f"{UNIT}test_subject_is_the_id",
    ),
    Mutant(
        "    if user is None or user.disabled or user.id.urn != subject:",
        "    if user is None or user.disabled:",
        "one subject has many spellings",
        f"{UNIT}test_other_spelling_of_a_subject_is_refused",
    ),
    Mutant(
        "    if user is None or user.disabled or user.id.urn != subject:",
        "    if user is None or user.id.urn != subject:",
        "a disabled user's token is good",
        f"{UNIT}test_disabled_user_is_refused_before_any_scope",
    ),
    Mutant(
        "    if not granted or not wanted <= ch06.SCOPES.keys():",
        "    if not granted:",
        "an unknown scope is left out in silence",
        f"{UNIT}test_scopes_are_narrowed_to_the_users_own",
    ),
    Mutant(
        "    granted = wanted & ch06.split_scopes(user.scopes)",
        "    granted = wanted",
        "any scope is granted to anyone",
        f"{UNIT}test_scopes_are_narrowed_to_the_users_own",
    ),
    Mutant(
        "    if not granted >= set(required.scopes):",
        "    if False:",
        "no endpoint needs a scope",
        f"{UNIT}test_token_reaches_what_its_scopes_name",
    ),
    Mutant(
        "change: PasswordChange, me: Me)",
        "change: PasswordChange, me: CurrentUser)",
        "a token without `me` changes the password",
        f"{UNIT}test_token_reaches_what_its_scopes_name",
    ),
    # Failures
    Mutant(
        "        SQLAlchemyError: unavailable,\n",
        "",
        "a missing database is a 500 with a stack trace",
        f"{FAILURES}test_full_disk_is_a_503_and_nothing_is_half_written",
    ),
    Mutant(
        '"try again later", {"Retry-After": "5"}',
        'str(error), {"Retry-After": "5"}',
        "a client reads the failed statement",
        f"{UNIT}test_missing_table_is_a_503_everywhere",
    ),
    Mutant(
        "    redirect_slashes=False,\n",
        "",
        "a login at /token/ is sent on, password included, to any host",
        f"{EVERY_APP}test_login_at_a_path_with_a_slash_is_not_redirected",
    ),
    Mutant(
        "        RequestValidationError: ch04.refuse_form,\n",
        "",
        "a 422 repeats what was sent",
        f"{UNIT}test_refused_sign_up_gives_its_reason",
    ),
]
