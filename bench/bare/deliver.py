"""The bare outbox: sends the queued mails one after the other, and marks each one.

`python -m bench.bare.deliver PORT [COUNT]` ends after `COUNT` mails, or else when it is killed.
"""

import smtplib
import sys
import time

import django

from bench.bare_smtp import build

PAUSE = 0.02  # seconds, while nothing is queued


def main(port: int, count: int | None) -> None:
    django.setup()

    from bench.bare.models import Mail  # noqa: PLC0415  needs django.setup()

    sent = 0
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as server:
        server.ehlo()
        while count is None or sent < count:
            mails = list(Mail.objects.filter(state="queued").order_by("pk")[:100])
            for mail in mails:
                message = build(mail.text, mail.html).as_bytes()
                server.sendmail("fidelizacion@operadora.example", [mail.to], message)
                Mail.objects.filter(pk=mail.pk).update(state="sent")
                sent += 1
            if not mails:
                time.sleep(PAUSE)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else None)
