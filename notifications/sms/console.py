"""Shows each SMS on the terminal of whoever develops."""

import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class ConsoleGateway:
    """Only with DEBUG: outside it a terminal is a log, and a log may hold neither number nor text
    (R1.09).
    """

    def __init__(self) -> None:
        if not settings.DEBUG:
            raise ImproperlyConfigured("SMS_GATEWAY=console necesita DEBUG=1")

    def send(self, to: str, text: str, *, seconds_left: int) -> str:
        sys.stderr.write(f"SMS a {to} (vale {seconds_left} s): {text}\n")
        return "console"
