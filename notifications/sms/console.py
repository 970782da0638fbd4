"""Prints each SMS to the terminal, for developers."""

import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class ConsoleGateway:
    """Works with DEBUG only: in production the terminal's output is a log, which must contain
    neither number nor text (R1.09).
    """

    def __init__(self) -> None:
        if not settings.DEBUG:
            raise ImproperlyConfigured("SMS_GATEWAY=console necesita DEBUG=1")

    def send(self, to: str, text: str, *, seconds_left: int) -> str:
        sys.stderr.write(f"SMS a {to} (vale {seconds_left} s): {text}\n")
        return "console"
