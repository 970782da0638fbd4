"""Queues mails in the outbox of the product whose environment it runs in.

`python -m bench.enqueue COUNT`
"""

import sys
from uuid import uuid4

import django


def main(count: int) -> None:
    django.setup()

    from django.db import transaction  # noqa: PLC0415  needs django.setup()

    from notifications.outbox import enqueue_email  # noqa: PLC0415

    with transaction.atomic():
        for _ in range(count):
            enqueue_email(
                dedup_key=f"bench:{uuid4()}",
                subject_ref="bench",
                to="ana@acme.example",
                subject="Recibimos su solicitud",
                text="línea de texto\n" * 130,
                html="<p>línea de texto</p>\n" * 420,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]))
