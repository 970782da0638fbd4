"""Judges the environment before a process serves anything: each problem on a line of its own, and
the end of it.
"""

import sys

from django.core import checks
from django.db import connections

# gunicorn stops for good when a worker ends so, where any other status would have it start another
# for ever
REFUSED = 3


def exit_on_errors(*, database: bool = True) -> None:
    """Ends the process, with one line per problem, when a system check finds an error.

    `database`: the checks of the database, too, for the processes that work on it.
    """
    found = checks.run_checks()
    if database:
        found += checks.run_checks(tags=[checks.Tags.database], databases=["default"])
        connections.close_all()  # the web and the worker fork after this
    problems = [message for message in found if message.level >= checks.ERROR]
    if not problems:
        return
    # Celery may have put a logger in the place of sys.stderr already
    output = sys.__stderr__ or sys.stderr
    for problem in problems:
        sentence = f"{problem.id}: {problem.msg} {problem.hint or ''}"
        output.write(" ".join(sentence.split()) + "\n")
    output.flush()
    raise SystemExit(REFUSED)
