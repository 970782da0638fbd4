"""Builds the mail of an outbox message: headers, text, HTML and the operator's logo. It never
attaches a file (R3.19).
"""

import re
import secrets
from email.generator import BytesGenerator
from email.header import Header
from email.mime.image import MIMEImage
from email.policy import Compat32
from functools import partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import RFC5322_EMAIL_LINE_LENGTH_LIMIT, utf8_charset

from notifications import outbox
from notifications.email.rendering import LOGO_ID, LOGO_URL
from notifications.models import Message

LINE_END = re.compile(r"\r\n|\r")
LONGEST_LINE = 76  # characters of a header line that the standard library would not fold


class Headers(Compat32):
    """Writes short ASCII headers unchanged, and others as the standard library does.

    The standard library splits and joins every header, which takes as long as rendering the mail.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        plain = isinstance(value, str) and value.isascii() and value.isprintable() and value == value.strip()
        if not plain or len(name) + len(": ") + len(value) > LONGEST_LINE:
            return super().fold_binary(name, value)
        return f"{name}: {value}{self.linesep}".encode("ascii")


HEADERS = Headers()


class Generator(BytesGenerator):
    """The standard library's, which writes each line of a text on its own."""

    def _write_lines(self, lines: str) -> None:
        if lines:
            unified = LINE_END.sub("\n", lines) if "\r" in lines else lines
            self.write(unified.replace("\n", self._NL))  # type: ignore[attr-defined]  # missing from its stubs


def as_bytes(built: Any, unixfrom: bool = False, linesep: str = "\n") -> bytes:
    """Write a message as Django does, and four times as fast."""
    written = BytesIO()
    Generator(written, mangle_from_=False).flatten(built, unixfrom=unixfrom, linesep=linesep)
    return written.getvalue()


class Mail(EmailMultiAlternatives):
    """Django's message with a Subject header that does not begin with an empty line.

    Django encodes the subject without counting "Subject: ", so a long one with non-ASCII letters is
    folded right after the header's name. Some mail programs then show an empty subject.
    """

    def message(self, **options: Any) -> Any:
        texts = [str(self.body), *(str(part[0]) for part in self.alternatives)]
        if not any(map(_has_long_line, texts)):
            self.encoding = utf8_charset  # else Django looks for long lines by itself, slowly
        built: Any = super().message(**options)
        subject = str(self.subject)
        if not subject.isascii():
            encoded = Header(subject, "utf-8", header_name="Subject").encode(linesep="")
            del built["Subject"]
            built["Subject"] = encoded.replace("\n", "")
        built.policy = HEADERS
        for part in built.walk():
            if part.is_multipart():
                # Random, so no text can hold it; the library would search the texts for its own
                # and short, so that its header is one line
                boundary = f"={secrets.token_hex(12)}="
                part.replace_header("Content-Type", f'{part.get_content_type()}; boundary="{boundary}"')
        built.as_bytes = partial(as_bytes, built)
        return built


def _has_long_line(text: str) -> bool:
    return max(map(len, text.encode(errors="surrogateescape").split(b"\n"))) > RFC5322_EMAIL_LINE_LENGTH_LIMIT


def build(message: Message) -> Mail:
    """Return the mail of a message. Raises BadHeaderError for a header of several lines."""
    mail = Mail(
        subject=message.subject,
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": message.message_id,
            # RFC 3834, and the header of Exchange: no out-of-office replies to automatic mail
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            # RFC 2919: mail programs can sort by it. The domain is in IDNA, because the header's
            # brackets would be encoded together with a non-ASCII domain
            "List-Id": f"<fidelizacion.{outbox.mail_domain().encode('idna').decode()}>",
        },
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    logo = settings.BRAND.embedded_logo
    if logo is not None and LOGO_URL in message.html:
        image = MIMEImage(logo.content, logo.subtype)
        image.add_header("Content-ID", f"<{LOGO_ID}>")
        image.add_header("Content-Disposition", "inline")
        # "related" makes the image a part of the HTML, which mail programs do not list as a file
        mail.mixed_subtype = "related"  # type: ignore[attr-defined]  # Django's, missing from its stubs
        mail.attach(image)
    return mail
