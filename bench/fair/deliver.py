"""The fair outbox: Django's EmailMessage on one connection, each state recorded by `save`.

`python -m bench.fair.deliver PORT [COUNT]` ends after `COUNT` mails, or else when it is killed.
"""

import sys
import time

import django

PAUSE = 0.02  # seconds, while nothing is queued


def main(port: int, count: int | None) -> None:
    django.setup()

    from django.core.mail import EmailMultiAlternatives, get_connection  # noqa: PLC0415  needs django.setup()
    from django.utils import timezone  # noqa: PLC0415

    from bench.fair.models import Message  # noqa: PLC0415

    sent = 0
    with get_connection(host="127.0.0.1", port=port, timeout=20) as connection:
        while count is None or sent < count:
            messages = list(Message.objects.filter(state="queued").order_by("pk")[:100])
            for message in messages:
                message.state, message.tried_at = "sending", timezone.now()
                message.attempts += 1
                message.save(update_fields=["state", "tried_at", "attempts"])
                mail = EmailMultiAlternatives(
                    message.subject,
                    message.text,
                    "fidelizacion@operadora.example",
                    [message.to],
                    connection=connection,
                )
                mail.attach_alternative(message.html, "text/html")
                mail.send()
                message.state, message.sent_at = "sent", timezone.now()
                message.save(update_fields=["state", "sent_at"])
                sent += 1
            if not messages:
                time.sleep(PAUSE)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else None)
