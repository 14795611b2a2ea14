"""Mutants of chapter 1: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        "    if base64url_encode(data) != text:  # RFC 4648 §3.5",
        "    if False:",
        "padding and other spellings of base64url are accepted",
        "test_ch01_jwt_anatomy.py::"
        "test_base64url_has_no_padding_and_no_other_character",
    ),
    Mutant(
        '.rstrip(b"=")',
        "",
        "tokens are written with padding",
        "test_ch01_jwt_anatomy.py::"
        "test_base64url_vectors_of_rfc_4648_and_rfc_7515",
    ),
    Mutant(
        "    if len(key) < 32:",
        "    if False:",
        "a short key signs",
        "test_ch01_jwt_anatomy.py::"
        "test_key_shorter_than_the_hash_signs_and_reads_nothing",
    ),
    Mutant(
        "if len(key) < 32:",
        "if len(key) <= 32:",
        "a key of exactly 32 bytes is refused",
        "test_ch01_jwt_anatomy.py::test_key_of_32_bytes_is_enough",
    ),
    Mutant(
        '"ascii"), "sha256")',
        '"ascii"), "sha512")',
        "another digest signs under the name HS256",
        "test_ch01_jwt_anatomy.py::test_rfc_7515_appendix_a_1_is_reproduced",
    ),
    Mutant(
        "        allow_nan=False,\n        default",
        "        default",
        "NaN is signed, which is not JSON",
        "test_ch01_jwt_anatomy.py::"
        "test_number_that_json_has_not_is_not_written",
    ),
    Mutant(
        "    if len(members) < len(pairs):  # RFC 7519 §4",
        "    if False:",
        "the second of two claims of one name wins",
        "test_ch01_jwt_anatomy.py::test_name_stands_once_in_the_header",
    ),
    Mutant(
        "        json.dumps(members, allow_nan=False)  # NaN is not JSON\n",
        "",
        "NaN is read, which is not JSON",
        "test_ch01_jwt_anatomy.py::test_header_and_payload_are_json_in_utf_8",
    ),
    Mutant(
        "(ValueError, RecursionError)",
        "ValueError",
        "deep brackets crash the reader",
        "test_ch01_jwt_anatomy.py::test_brackets_without_end_are_refused",
    ),
    Mutant(
        "    if not isinstance(members, dict):  # RFC 7519 §7.2",
        "    if False:",
        "a payload that is a list is returned as claims",
        "test_ch01_jwt_anatomy.py::test_header_and_payload_are_objects",
    ),
    Mutant(
        '    if header.get("alg") != "HS256":  # RFC 8725 §3.1',
        "    if False:",
        'a token names its algorithm, "none" included',
        "test_ch01_jwt_anatomy.py::test_algorithm_is_ours_to_choose",
    ),
    Mutant(
        '"crit" in header or "b64" in header',
        '"b64" in header',
        "an extension that must be understood is ignored",
        "test_ch01_jwt_anatomy.py::"
        "test_extension_that_must_be_understood_is_refused",
    ),
    Mutant(
        '"crit" in header or "b64" in header',
        '"crit" in header',
        "an unencoded payload is read as an encoded one",
        "test_ch01_jwt_anatomy.py::"
        "test_extension_that_must_be_understood_is_refused",
    ),
    Mutant(
        '    if not isinstance(header.get("kid", ""), str):',
        "    if False:",
        "a key id may be a list",
        "test_ch01_jwt_anatomy.py::test_name_of_the_key_is_a_string",
    ),
    Mutant(
        'for name in ("iss", "sub", "jti"):',
        'for name in ("iss", "jti"):',
        "a subject may be a number",
        "test_ch01_jwt_anatomy.py::test_names_are_strings",
    ),
    Mutant(
        "type(claims.get(name, 0)) not in (int, float)",
        "not isinstance(claims.get(name, 0), int | float)",
        "an expiry may be true",
        "test_ch01_jwt_anatomy.py::test_times_are_numbers",
    ),
    Mutant(
        "<= earliest:",
        "< earliest:",
        "a token is good in the second of its expiry",
        "test_ch01_jwt_anatomy.py::"
        "test_rfc_7515_appendix_a_1_is_accepted_until_it_expires",
    ),
    Mutant(
        'if "exp" in claims and math.floor(claims["exp"]) <= earliest:',
        "if False:",
        "an expired token is accepted",
        "test_ch01_jwt_anatomy.py::"
        "test_rfc_7515_appendix_a_1_is_accepted_until_it_expires",
    ),
    Mutant(
        'for name in ("nbf", "iat"):\n        if name',
        'for name in ("iat",):\n        if name',
        "a token is good before its time",
        "test_ch01_jwt_anatomy.py::"
        "test_fractions_of_a_second_count_as_pyjwt_counts_them",
    ),
    Mutant(
        'for name in ("nbf", "iat"):\n        if name',
        'for name in ("nbf",):\n        if name',
        "a token may be issued tomorrow",
        "test_ch01_jwt_anatomy.py::"
        "test_fractions_of_a_second_count_as_pyjwt_counts_them",
    ),
    Mutant(
        '    if "aud" in claims:  # RFC 7519 §4.1.3',
        "    if False:",
        "a token for another service is accepted",
        "test_ch01_jwt_anatomy.py::test_token_for_an_audience_is_not_for_us",
    ),
    Mutant(
        "numeric_date(now - leeway)",
        "numeric_date(now + leeway)",
        "leeway shortens the life of a token",
        "test_ch01_jwt_anatomy.py::"
        "test_fractions_of_a_second_count_as_pyjwt_counts_them",
    ),
    Mutant(
        "    if len(token) > MAX_TOKEN_LENGTH:",
        "    if False:",
        "a token of any length is decoded",
        "test_ch01_jwt_anatomy.py::test_token_has_at_most_8192_characters",
    ),
    Mutant(
        "    if not hmac.compare_digest(sign(signing_input, key), signature):",
        "    if False:",
        "anyone can sign",
        "test_ch01_jwt_anatomy.py::"
        "test_signatures_are_compared_in_constant_time",
    ),
    Mutant(
        "not hmac.compare_digest(sign(signing_input, key), signature)",
        "sign(signing_input, key) != signature",
        "the comparison stops at the first wrong byte",
        "test_ch01_jwt_anatomy.py::"
        "test_signatures_are_compared_in_constant_time",
    ),
    Mutant(
        'token.rpartition(".")[0]',
        'token.partition(".")[0]',
        "the payload is not signed",
        "test_ch01_jwt_anatomy.py::"
        "test_rfc_7515_appendix_a_1_is_accepted_until_it_expires",
    ),
    Mutant(
        "now or datetime.now(UTC)",
        "now or datetime.now()",
        "the clock has no time zone",
        "test_ch01_jwt_anatomy.py::test_key_of_32_bytes_is_enough",
    ),
]
