"""`python -m course` opens the course: see `workspace`."""

from course.workspace import main

if __name__ == "__main__":
    raise SystemExit(main())
