"""Builds a mail from its three templates: subject, written text and HTML."""

import re
from base64 import b64encode
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string

MARK_ID = "marca@fidelizacion"  # by which a mail's HTML names the operator's mark, which the mail carries
MARK_URL = f"cid:{MARK_ID}"


@dataclass(frozen=True)
class RenderedEmail:
    """A mail ready for the outbox."""

    subject: str
    text: str
    html: str


def render(template: str, context: dict[str, object]) -> RenderedEmail:
    """Render `mail/<template>` with the operator's brand at hand.

    Each text template turns escaping off itself; the HTML one leaves it on.
    """
    full = {"brand": settings.BRAND, "mark_url": MARK_URL, "portal_url": settings.PORTAL_BASE_URL, **context}
    subject = render_to_string(f"mail/{template}.subject.txt", full)
    return RenderedEmail(
        subject=" ".join(subject.split()),
        text=_tidy(render_to_string(f"mail/{template}.txt", full)),
        html=render_to_string(f"mail/{template}.html", full),
    )


def inline_mark(html: str) -> str:
    """A mail's HTML to be shown by a browser, which gets no mail with it: the mark in the page
    itself.
    """
    mark = settings.BRAND.mail_mark
    if mark is None:
        return html
    return html.replace(MARK_URL, f"data:image/{mark.subtype};base64,{b64encode(mark.content).decode()}")


def _tidy(text: str) -> str:
    """At most one empty line at a time and no space at line ends,
    which template tags leave behind.
    """
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"
