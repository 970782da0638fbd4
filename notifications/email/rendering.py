"""Renders a mail from its snapshot and three templates: subject, plain text and HTML."""

import re
from base64 import b64encode
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from notifications.email import snapshot

LOGO_ID = "marca@fidelizacion"  # Content-ID of the operator's logo, which the mail embeds
LOGO_URL = f"cid:{LOGO_ID}"
ENGINE = "mails"  # of settings.TEMPLATES: a name that is not in the context raises an error


@dataclass(frozen=True)
class RenderedEmail:
    """The content of a mail."""

    subject: str
    text: str
    html: str


def render(template: str, context: dict[str, object]) -> RenderedEmail:
    """Render a mail with `context` now: for previews, and for links that no snapshot may hold."""
    return render_snapshot(template, snapshot.freeze(context))


def render_snapshot(template: str, facts: str) -> RenderedEmail:
    """Render the three templates `mail/<template>.*` with what `snapshot.freeze` returned.

    Values are escaped in the HTML template only. A name that the snapshot lacks is an error.
    """
    full = {**snapshot.thaw(facts), "logo_url": LOGO_URL}
    with translation.override(full["language"]):
        return _render(template, full)


def _render(template: str, full: dict[str, object]) -> RenderedEmail:
    subject = render_to_string(f"mail/{template}.subject.txt", full, using=ENGINE)
    # Tags leave repeated empty lines and spaces at line ends
    text = render_to_string(f"mail/{template}.txt", full, using=ENGINE).strip()
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines()))
    return RenderedEmail(
        subject=" ".join(subject.split()),
        text=f"{text}\n",
        html=render_to_string(f"mail/{template}.html", full, using=ENGINE),
    )


def inline_logo(html: str) -> str:
    """Return the HTML of a mail for a browser: the logo is a data: URL, since a page has no parts
    that a cid: URL could refer to.
    """
    logo = settings.BRAND.embedded_logo
    if logo is None:
        return html
    return html.replace(LOGO_URL, f"data:image/{logo.subtype};base64,{b64encode(logo.content).decode()}")
