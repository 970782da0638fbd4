"""The bare floor of the row `mails`: sends prepared mails one after the other on one connection.

`python -m bench.bare_smtp PORT COUNT`
"""

import smtplib
import sys
from email.message import EmailMessage


def build(text: str, html: str) -> EmailMessage:
    """Build a mail with a text and an HTML part, like the product's."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "fidelizacion@operadora.example", "ana@acme.example"
    mail["Subject"] = "Recibimos su solicitud"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail


def main(port: int, count: int) -> None:
    ready = build("línea de texto\n" * 130, "<p>línea de texto</p>\n" * 420).as_bytes()
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as server:
        server.ehlo()
        for _ in range(count):
            server.sendmail("fidelizacion@operadora.example", ["ana@acme.example"], ready)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
