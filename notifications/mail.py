"""Builds a mail from its three templates: subject, written text and HTML (style.md, 6)."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string


@dataclass(frozen=True)
class Parts:
    """A mail ready for the outbox."""

    subject: str
    text: str
    html: str


def render(template: str, context: dict[str, object]) -> Parts:
    """Render `mail/<template>` with the operator's brand at hand.

    Each text template turns escaping off itself; the HTML one leaves it on.
    """
    full = {"brand": settings.BRAND, "portal_url": settings.PORTAL_BASE_URL, **context}
    subject = render_to_string(f"mail/{template}.subject.txt", full)
    return Parts(
        subject=" ".join(subject.split()),
        text=_tidy(render_to_string(f"mail/{template}.txt", full)),
        html=render_to_string(f"mail/{template}.html", full),
    )


def _tidy(text: str) -> str:
    """At most one empty line at a time and no space at line ends, which template tags leave behind."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"
