"""Mutants of chapter 11: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        '"5/minute; 20/hour; 100/day"',
        '"5/minute; 20/hour"',
        "an account has 480 guesses a day",
        (
            "test_ch11_under_load.py::"
            "test_who_guesses_all_day_has_a_hundred_tries"
        ),
    ),
    Mutant(
        '"5/minute; 20/hour; 100/day"',
        '"6/minute; 20/hour; 100/day"',
        "a sixth guess a minute is hashed",
        (
            "test_ch11_under_load.py::"
            "test_sixth_try_in_a_minute_is_refused_unhashed"
        ),
    ),
    Mutant(
        '"5/minute; 20/hour; 100/day"',
        '"5/minute; 20/hour; 100/year"',
        "a stranger locks a user out for a year",
        "test_ch11_under_load.py::test_lock_of_an_account_grows_and_ends",
    ),
    Mutant(
        '"30/minute; 300/hour"',
        '"30/minute"',
        "an address has 43,200 guesses a day",
        "test_ch11_under_load.py::test_lock_of_an_address_grows_and_ends",
    ),
    Mutant(
        '"3000/minute"',
        '"3000000/minute"',
        "many addresses guess without end",
        (
            "test_ch11_under_load.py::"
            "test_all_addresses_together_have_three_thousand_tries_a_minute"
        ),
    ),
    Mutant(
        'key = ch07.username_key(username).encode("utf-8", "replace")',
        'key = username.encode("utf-8", "replace")',
        "johndoe and JOHNDOE have five guesses each",
        (
            "test_ch11_under_load.py::"
            "test_spellings_of_a_name_share_their_tries"
        ),
    ),
    Mutant(
        'key = ch07.username_key(username).encode("utf-8", "replace")',
        "key = ch07.username_key(username).encode()",
        "half a letter is a 500",
        (
            "test_ch11_under_load.py::"
            "test_any_text_is_counted_under_a_name_of_one_size"
        ),
    ),
    Mutant(
        "return hashlib.sha256(key).hexdigest()",
        "return key.decode()",
        "a name of a megabyte is kept for a day",
        (
            "test_ch11_under_load.py::"
            "test_any_text_is_counted_under_a_name_of_one_size"
        ),
    ),
    Mutant(
        "max(1, math.ceil(seconds))",
        "math.floor(seconds)",
        "a client comes back too early",
        "test_ch11_under_load.py::test_last_moment_of_a_lock_says_a_second",
    ),
    Mutant(
        "max(1, math.ceil(seconds))",
        "math.ceil(seconds)",
        "a client is told to come back in the past",
        (
            "test_ch11_under_load.py::"
            "test_counter_that_ends_while_it_is_asked_says_a_second"
        ),
    ),
    Mutant(
        "max(ends, default=0)",
        "min(ends, default=0)",
        "a client that waits for a minute is locked for an hour",
        (
            "test_ch11_under_load.py::"
            "test_refusal_says_when_the_longest_lock_ends"
        ),
    ),
    Mutant(
        "super().__init__(429, ",
        "super().__init__(403, ",
        "a lock is no 429",
        (
            "test_ch11_under_load.py::"
            "test_refusal_is_429_with_a_time_and_an_oauth_error"
        ),
    ),
    Mutant(
        ("        with self.lock:\n            return super().hit("),
        ("        if True:\n            return super().hit("),
        "one of two first guesses at once does not count",
        "test_ch11_under_load.py::test_two_first_tries_at_once_both_count",
    ),
    Mutant(
        "if all(strategy.hit(window, *key) for window in windows):",
        "if all([strategy.hit(window, *key) for window in windows]):",
        "a hundred refused guesses lock a user out for a day",
        (
            "test_ch11_under_load.py::"
            "test_refused_try_does_not_count_in_a_longer_window"
        ),
    ),
    Mutant(
        "if all(strategy.hit(window, *key) for window in windows):",
        (
            "if all(\n"
            "        strategy.test(window, *key) and (strategy."
            "hit(window, *key) or True)\n"
            "        for window in windows\n"
            "    ):"
        ),
        "counters are read and then raised",
        (
            "test_ch11_under_load.py::"
            "test_counters_are_read_and_raised_in_one_step"
        ),
    ),
    Mutant(
        (
            "    await run_in_threadpool(count_account, username)\n"
            "    try:\n"
            "        result = await hashing.run(check, *args, **kwargs)\n"
        ),
        (
            "    try:\n"
            "        result = await hashing.run(check, *args, **kwargs)\n"
            "        await run_in_threadpool(count_account, username)\n"
        ),
        "a guess is hashed, and then counted",
        (
            "test_ch11_under_load.py::"
            "test_of_200_guesses_at_once_five_are_hashed"
        ),
    ),
    Mutant(
        "    await run_in_threadpool(count_account, username)\n",
        "",
        "an account is guessed without end",
        (
            "test_ch11_under_load.py::"
            "test_sixth_try_in_a_minute_is_refused_unhashed"
        ),
    ),
    Mutant(
        ("    await run_in_threadpool(count_address, host)\n    await"),
        "    await",
        "one password is tried at every name",
        (
            "test_ch11_under_load.py::"
            "test_one_password_at_a_thousand_names_is_hashed_thirty_times"
        ),
    ),
    Mutant(
        (
            "    for limit in PER_ACCOUNT:\n"
            '        strategy.clear(limit, "account", account_k'
            "ey(username))\n"
        ),
        ("    ch_storage = strategy.storage\n    ch_storage.reset()\n"),
        "an attacker's own login resets the address",
        (
            "test_ch11_under_load.py::"
            "test_right_password_gives_an_address_nothing_back"
        ),
    ),
    Mutant(
        (
            "    if result is not None:\n"
            "        await run_in_threadpool(forget_failures, username)\n"
        ),
        "",
        "who mistypes now and then is locked out",
        (
            "test_ch11_under_load.py::"
            "test_right_password_gives_an_account_its_tries_back"
        ),
    ),
    Mutant(
        "return None if user is None or user.disabled else user",
        "return user",
        "a disabled user logs in",
        (
            "test_ch11_under_load.py::"
            "test_right_password_of_a_disabled_user_resets_nothing"
        ),
    ),
    Mutant(
        "        address = address.ipv4_mapped\n",
        "        return str(address.ipv4_mapped)\n",
        "an address has two counters",
        (
            "test_ch11_under_load.py::"
            "test_addresses_of_one_customer_share_a_counter"
        ),
    ),
    Mutant(
        "bits = 64 if address.version == 6 else 32",
        "bits = 128 if address.version == 6 else 32",
        "a customer has 2^64 counters",
        (
            "test_ch11_under_load.py::"
            "test_addresses_of_one_customer_share_a_counter"
        ),
    ),
    Mutant(
        'return request.client.host if request.client else ""',
        'return request.headers.get("X-Forwarded-For", "")',
        "a client chooses its address",
        (
            "test_ch11_under_load.py::"
            "test_forwarded_address_that_a_client_makes_up_changes_nothing"
        ),
    ),
    Mutant(
        (
            "    await run_in_threadpool(count_address, host)\n"
            "    try:\n"
            "        return await hashing.run(ch07.add_user"
        ),
        ("    try:\n        return await hashing.run(ch07.add_user"),
        "sign-ups keep all cores busy",
        (
            "test_ch11_under_load.py::"
            "test_sign_ups_of_an_address_are_counted_before_they_are_hashed"
        ),
    ),
    Mutant(
        (
            "    await check_password(\n"
            "        request, me.username, ch07.change_password"
            ", me, change\n"
            "    )\n"
        ),
        "    await hashing.run(ch07.change_password, me, change)\n",
        "a thief of a token guesses the password without end",
        (
            "test_ch11_under_load.py::"
            "test_old_passwords_are_counted_as_those_of_a_login"
        ),
    ),
    Mutant(
        "    await run_in_threadpool(forget_failures, me.username)\n",
        "",
        "a new password leaves a user locked",
        (
            "test_ch11_under_load.py::"
            "test_new_password_gives_the_tries_back_and_ends_all_logins"
        ),
    ),
    Mutant(
        (
            "    await run_in_threadpool(ch08.end_families, ch0"
            "8.FamilyRow.user_id == me.id)\n"
            "\n"
            "\n"
            '@app.get("/status/")'
        ),
        ('\n\n@app.get("/status/")'),
        "a thief stays logged in after the password has changed",
        (
            "test_ch11_under_load.py::"
            "test_new_password_gives_the_tries_back_and_ends_all_logins"
        ),
    ),
    Mutant(
        "        StorageError: ch07.unavailable,\n",
        "",
        "without counters a login is a 500",
        (
            "test_ch11_under_load.py::"
            "test_nobody_logs_in_without_counters_and_tokens_work_on"
        ),
    ),
    Mutant(
        "wrap_exceptions=True, socket",
        "wrap_exceptions=False, socket",
        "without counters a login is a 500 as well",
        (
            "test_ch11_under_load.py::"
            "test_nobody_logs_in_without_counters_and_tokens_work_on"
        ),
    ),
    Mutant(
        "    redirect_slashes=False,\n",
        "",
        "a login at /token/ is sent on, password included, to any host",
        (
            "test_every_app.py::"
            "test_login_at_a_path_with_a_slash_is_not_redirected"
        ),
    ),
    Mutant(
        (
            "        self.inside += 1  # in one step with the c"
            "heck: no `await` between\n"
            "        try:\n"
            "            return await to_thread.run_sync(\n"
            "                lambda: function(*args, **kwargs),"
            " limiter=self.threads\n"
            "            )\n"
        ),
        (
            "        try:\n"
            "            async with self.threads:\n"
            "                self.inside += 1\n"
            "                return await to_thread.run_sync(\n"
            "                    lambda: function(*args, **kwargs)\n"
            "                )\n"
        ),
        "the queue has no end",
        "test_hashing_queue.py::test_queue_is_bounded_in_a_burst",
    ),
    Mutant(
        "self.inside >= self.threads",
        "self.inside > self.threads",
        "one more than the queue holds waits",
        "test_hashing_queue.py::test_queue_is_bounded_in_a_burst",
    ),
    Mutant(
        ("        finally:\n            self.inside -= 1\n"),
        ("        except ZeroDivisionError:\n            self.inside -= 1\n"),
        "places are never given back",
        "test_hashing_queue.py::test_place_is_given_back",
    ),
    Mutant(
        "lambda: function(*args, **kwargs), limiter=self.threads",
        "lambda: function(*args, **kwargs)",
        "forty passwords are hashed at once, and all else waits",
        (
            "test_hashing_queue.py::"
            "test_tokens_are_checked_while_all_hashing_threads_are_blocked"
        ),
    ),
    Mutant(
        "super().__init__(503, ",
        "super().__init__(500, ",
        "a full queue is a crash",
        (
            "test_hashing_queue.py::"
            "test_login_that_finds_the_queue_full_is_a_503"
        ),
    ),
    Mutant(
        (
            "    except BusyError:\n"
            "        await run_in_threadpool(take_back, host, username)\n"
            "        raise\n"
        ),
        ("    except ZeroDivisionError:\n        raise\n"),
        "an overload locks users out",
        (
            "test_hashing_queue.py::"
            "test_logins_of_a_burst_that_the_queue_refuses_do_not_count"
        ),
    ),
    Mutant(
        (
            "    except BusyError:\n"
            "        await run_in_threadpool(take_back, host)\n"
            "        raise\n"
        ),
        "",
        "sign-ups of an overload lock an address out",
        (
            "test_hashing_queue.py::"
            "test_sign_ups_of_a_burst_that_the_queue_refuses_do_not_count"
        ),
    ),
    Mutant(
        ("    hashing.refuse_if_full()\n    host"),
        "    host",
        "a full queue asks the counters of each request",
        (
            "test_hashing_queue.py::"
            "test_full_queue_refuses_before_anything_is_counted"
        ),
    ),
]
