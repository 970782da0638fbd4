"""The mail server of the fault tests, as a process that can be killed: `python -m tests.faults.sink
PORT FOLDER`.

FOLDER/mode sets how it answers: `451` refuses temporarily, `close` closes the connection at the end
of DATA, `mute` does not answer until the mode changes and then closes the connection; in any other
mode it accepts. It writes a mail to the disk before it answers 250, so a kill loses no mail that it
has accepted; in the modes `close` and `mute` it stores nothing.
"""

import asyncio
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST = 5 * 1024 * 1024


@dataclass(frozen=True)
class Mail:
    """An accepted mail. `content` is a hash of the recipient, the subject and the parts."""

    message_id: str
    subject: str
    content: str
    at: float  # seconds since the epoch


def received(folder: Path) -> Iterator[Mail]:
    """Yield the accepted mails in their order."""
    journal = folder / "journal.jsonl"
    for line in journal.read_text(encoding="utf-8").splitlines() if journal.exists() else ():
        with suppress(json.JSONDecodeError):  # the server was killed in this line, before its 250
            yield Mail(**json.loads(line))


def set_mode(folder: Path, mode: str) -> None:
    (folder / "mode").write_text(mode, encoding="ascii")


class Handler:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.descriptor = os.open(folder / "journal.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(self.descriptor, b"\n")  # ends the line in which an earlier process was killed

    def mode(self) -> str:
        return (self.folder / "mode").read_text(encoding="ascii")

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.mode() == "451":
            return "451 4.3.0 try again later"
        if self.mode() == "mute":
            await self._say_nothing(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        mode = self.mode()
        if mode == "close":
            _close(server)
        elif mode == "mute":
            await self._say_nothing(server)
        else:
            assert isinstance(envelope.content, bytes)
            self._keep(envelope.content)
        return "250 OK"

    async def _say_nothing(self, server: SMTP) -> None:
        while self.mode() == "mute":  # noqa: ASYNC110  the mode is in a file, which cannot be awaited
            await asyncio.sleep(0.05)
        _close(server)

    def _keep(self, raw: bytes) -> None:
        mail = message_from_bytes(raw, policy=default)
        assert isinstance(mail, EmailMessage)
        # decode=True returns bytes for all parts: the logo is binary
        parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
        content = hashlib.sha256(repr([str(mail["To"]), str(mail["Subject"]), *parts]).encode()).hexdigest()
        kept = {"message_id": mail["Message-ID"], "subject": str(mail["Subject"]), "content": content}
        os.write(self.descriptor, json.dumps({**kept, "at": time.time()}).encode() + b"\n")
        os.fsync(self.descriptor)


def _close(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


async def serve(port: int, folder: Path) -> None:
    handler = Handler(folder)

    def protocol() -> SMTP:
        return SMTP(handler, data_size_limit=LARGEST, hostname="127.0.0.1")

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
