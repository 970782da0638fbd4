"""Runs the system checks before a process serves anything, and exits on errors."""

import sys

from django.core import checks
from django.db import connections

# gunicorn stops if a worker exits with this status; with any other it starts workers without end
WORKER_BOOT_ERROR = 3


def exit_on_errors(*, database: bool = True) -> None:
    """Exit with one line per error, if a system check finds any.

    With `database` the checks of the database run too, for processes that use it.
    """
    messages = checks.run_checks()
    if database:
        messages += checks.run_checks(tags=[checks.Tags.database], databases=["default"])
        connections.close_all()  # gunicorn and Celery fork after this
    problems = [message for message in messages if message.level >= checks.ERROR]
    if not problems:
        return
    # Celery may already have replaced sys.stderr with a logger
    output = sys.__stderr__ or sys.stderr
    for problem in problems:
        sentence = f"{problem.id}: {problem.msg} {problem.hint or ''}"
        output.write(" ".join(sentence.split()) + "\n")
    output.flush()
    raise SystemExit(WORKER_BOOT_ERROR)
