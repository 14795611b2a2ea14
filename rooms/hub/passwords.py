"""Who may log in: the password on the board, and one of the learner's own.

A learner types the board's password and, right behind it, a word of their
own: `lomi-raku` and `tulip` make `lomi-rakutulip`. The first login with a name
keeps a hash of that word, and from then on the name needs the same word.
Without it, everybody in the room could log in as everybody else, and accounts
of their own would keep no files apart.
"""

import hmac
import secrets
from pathlib import Path

from pwdlib import PasswordHash

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"


def make_up() -> str:
    """Make up a password that is easy to read from a board: `lomi-raku`.

    There are 24 million of them, too many to guess through a login page.
    """
    syllables = [
        secrets.choice(CONSONANTS) + secrets.choice(VOWELS) for _ in range(4)
    ]
    return "".join(syllables[:2]) + "-" + "".join(syllables[2:])


class Passwords:
    """The hashes of the learners' own words, a file for each name."""

    def __init__(self, folder: Path, board: str) -> None:
        self.folder = folder
        self.board = board
        self.hasher = PasswordHash.recommended()

    def accept(self, name: str, typed: str) -> bool:
        """Whether a name may log in with what was typed as its password.

        The first accepted login with a name decides on its own word, which
        may be empty.
        """
        prefix = typed[: len(self.board)].encode()
        if not hmac.compare_digest(prefix, self.board.encode()):
            return False
        own = typed[len(self.board) :]
        file = self.folder / name
        try:
            kept = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_text(self.hasher.hash(own), encoding="utf-8")
            return True
        return self.hasher.verify(own, kept)
