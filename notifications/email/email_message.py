"""A message of the outbox as a mail: headers, two parts and the operator's mark, and never a file
(R3.19).
"""

from email.header import Header
from email.mime.image import MIMEImage
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications import outbox
from notifications.email.rendering import MARK_ID, MARK_URL
from notifications.models import Message


class Mail(EmailMultiAlternatives):
    """Django's, with the first line of a long subject in Spanish not left empty: some mail programs
    show it so.
    """

    def message(self, **options: Any) -> Any:
        built = super().message(**options)
        subject = str(self.subject)
        if not subject.isascii():
            # Django encodes it with no thought of "Subject: " before it, and it is then folded
            # behind that
            words = Header(subject, "utf-8", header_name="Subject").encode(linesep="")
            del built["Subject"]
            built["Subject"] = words.replace("\n", "")
        return built


def build(message: Message) -> Mail:
    """The mail of a message. Raises BadHeaderError, which no repetition mends, for a header of more
    than one line.
    """
    mail = Mail(
        subject=message.subject,
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": message.message_id,
            # RFC 3834, and Exchange's own word for it: no holiday answers to a machine
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            # RFC 2919: what a mail program can sort by. In ASCII, or its brackets would be encoded
            # with the rest
            "List-Id": f"<fidelizacion.{outbox.mail_domain().encode('idna').decode()}>",
        },
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    mark = settings.BRAND.mail_mark
    if mark is not None and MARK_URL in message.html:
        image = MIMEImage(mark.content, mark.subtype)
        image.add_header("Content-ID", f"<{MARK_ID}>")
        image.add_header("Content-Disposition", "inline")
        # A part of the HTML, which no program lists as a file
        mail.mixed_subtype = "related"  # type: ignore[attr-defined]  # Django's, missing from its stubs
        mail.attach(image)
    return mail
