"""`make check`: prints the problems of the templates of pages and mails."""

import sys

import django


def main() -> int:
    """Print the problems. Return 1 if it found any, otherwise 0."""
    django.setup()
    from tests.looks.templates import problems  # noqa: PLC0415  models are ready now

    found = problems()
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
