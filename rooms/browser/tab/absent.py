"""Packages that a tab lacks, as names that raise when they are called.

Other packages, and the classroom, import these when they are loaded and call
them later or never. A call says what is missing; it returns no false result.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

PACKAGES = ("cryptography", "joserfc", "jupyter_client", "zmq")
# Authlib makes one of these, which it never uses, when it is imported.
HARMLESS = "JWTClaimsRegistry"


class Absent(type):
    """The type of a name that a package would have."""

    def __call__(cls, *_: object, **__: object) -> object:
        if cls.__name__ == HARMLESS:
            return cls
        raise NotImplementedError(
            f"`{cls.__name__}` is of a package that a browser tab lacks. "
            "Run this on your own machine."
        )

    def __getattr__(cls, name: str) -> "Absent":
        return absent(name)


def absent(name: str) -> Absent:
    """Make a name: a class, so that it can be inherited from and caught.

    Raises:
        AttributeError: a special name, by which Python asks for abilities.
    """
    if name.startswith("__"):
        raise AttributeError(name)
    return Absent(name, (Exception,), {})


class Finder(MetaPathFinder, Loader):
    """Finds the packages that a tab lacks, and every module in them."""

    def find_spec(
        self, name: str, _: Sequence[str] | None, __: object = None
    ) -> ModuleSpec | None:
        """Find a module of one of the packages."""
        if name.split(".")[0] not in PACKAGES:
            return None
        return ModuleSpec(name, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Give a module every name."""
        vars(module)["__getattr__"] = absent


def install() -> None:
    """Let imports of these packages succeed, from now on.

    PyJWT is imported first: it looks for cryptography once, and signs with
    HS256 only where it finds none.
    """
    import jwt  # noqa: F401

    sys.meta_path.append(Finder())
    # A tab has half of it. Alembic asks no terminal where it is missing.
    sys.modules["termios"] = None  # type: ignore[assignment]
