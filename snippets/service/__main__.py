"""Commands of the service: `python -m service migrate`."""

import argparse
from collections.abc import Sequence

from .database import migrate
from .models import RoleRow, Session, find_user


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m service")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the tables to this version")
    sub = commands.add_parser(
        "appoint", help="make a user an administrator; it ends no login"
    )
    sub.add_argument("username")
    options = parser.parse_args(arguments)
    if options.command == "migrate":
        migrate()
        return 0
    return appoint(options.username)


def appoint(username: str) -> int:
    """Give a user the role of an administrator; return the exit status."""
    user = find_user(username)
    if user is None:
        print(f"There is no user {username!r}.")
        return 1
    with Session.begin() as session:
        session.merge(RoleRow(user_id=user.id, role="administrator"))
    return 0


if __name__ == "__main__":  # pragma: no cover
    raise SystemExit(main())
