"""`python -m snippets.classroom` opens the course: see `door`."""

from snippets.classroom.door import main

if __name__ == "__main__":
    raise SystemExit(main())
