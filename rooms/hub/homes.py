"""A home for each learner, and the Unix account that owns it.

Where the hub runs as root, each learner's JupyterLab and its kernels run
under a user ID of their own, so that the system keeps the learners' files
apart. The IDs need no entry in `/etc/passwd`: the owner of a home is the
record of whose ID it is, and nothing is left when the homes are deleted.
"""

import os
import pwd
from pathlib import Path

# Above the IDs that Debian and Fedora give to users (up to 60,000), below
# those that they reserve for containers (from 100,000 on).
IDS = range(70_000, 80_000)


class UnreachableError(Exception):
    """A learner's account cannot read what it needs; the message says why."""


class NoIdLeftError(Exception):
    """Every user ID of the range belongs to a home already."""


def are_separate() -> bool:
    """Whether learners can get user IDs of their own: only root gives them."""
    return os.geteuid() == 0


def make_home(homes: Path, name: str) -> Path:
    """Return a learner's home, `homes/ada`, and make it if it is missing.

    Only its owner may enter it: the learner's own user ID if the hub runs as
    root, otherwise the account that the hub runs under.

    Raises:
        NoIdLeftError: there are ten thousand homes.
    """
    home = homes / name
    if not home.exists():
        uid = unused_id(homes) if are_separate() else os.geteuid()
        # Under another name until it has its owner: a hub that is killed in
        # between leaves no home that belongs to root.
        draft = homes / f".{name}"
        draft.mkdir(mode=0o700, exist_ok=True)
        os.chown(draft, uid, uid if are_separate() else os.getegid())
        draft.rename(home)
    return home


def unused_id(homes: Path) -> int:
    """Return the next user ID that no home and no account of the system has.

    Raises:
        NoIdLeftError: there is none.
    """
    taken = {home.stat().st_uid for home in homes.iterdir()}
    taken |= {account.pw_uid for account in pwd.getpwall()}
    for uid in IDS:
        if uid not in taken:
            return uid
    raise NoIdLeftError(f"All user IDs {IDS[0]} to {IDS[-1]} are taken.")


def user_of(home: Path) -> int | None:
    """Return the user ID of a learner's processes, or None if all share one.

    It is the owner of the learner's home.
    """
    return home.stat().st_uid if are_separate() else None


def check_readable(*paths: Path) -> None:
    """Check that other accounts may read each path, and enter its folders.

    Raises:
        UnreachableError: with the first folder or file that they may not.
    """
    for path in paths:
        resolved = path.resolve()
        for each in (*reversed(resolved.parents), resolved):
            wanted = 0o001 if each.is_dir() else 0o004
            if not each.stat().st_mode & wanted:
                raise UnreachableError(
                    f"Learners' accounts cannot read {resolved}, because "
                    f"{each} is closed to them. Move the course, its .venv "
                    "and Python to a place that every account can read, such "
                    "as /opt."
                )
