"""The setting `TEMPLATES` (docs/decisions.md): Jinja2 for pages of the portal and mails, Django's
templates for the desk.
"""

import logging
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, make_logging_undefined


def template_engines(base: Path) -> list[dict[str, Any]]:
    """Return the engines for a project in this folder.

    In a page, a name that is not in the context shows nothing and is logged; in a mail it is an
    error.
    """
    jinja = {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [base / "templates"],
        "APP_DIRS": False,
    }
    return [
        {
            **jinja,
            "NAME": "pages",
            "OPTIONS": {
                "environment": "fidelizacion.jinja.environment",
                "undefined": make_logging_undefined(logging.getLogger("fidelizacion.jinja")),
                "context_processors": [
                    "django.contrib.messages.context_processors.messages",
                    "fidelizacion.context_processors.brand",
                ],
            },
        },
        {
            **jinja,
            "NAME": "mails",
            "OPTIONS": {"environment": "fidelizacion.jinja.environment", "undefined": StrictUndefined},
        },
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [base / "desk" / "templates"],
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                    "fidelizacion.context_processors.brand",
                ],
            },
        },
    ]
