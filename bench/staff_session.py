"""Starts a session of a member of staff in the product whose environment it runs in.

`python -m bench.staff_session USERNAME` prints the cookie, `name=value`.
"""

import sys
from importlib import import_module

import django


def main(username: str) -> None:
    django.setup()

    from django.conf import settings  # noqa: PLC0415  needs django.setup()
    from django.contrib.auth import login  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.http import HttpRequest  # noqa: PLC0415

    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    login(request, User.objects.get(username=username), settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    sys.stdout.write(f"{settings.SESSION_COOKIE_NAME}={request.session.session_key}\n")


if __name__ == "__main__":
    main(sys.argv[1])
