"""An SMTP server that accepts every mail and records the time:
`python -m bench.sink PORT FILE [SECONDS]`.

To imitate a slow server it waits `SECONDS` before it accepts each mail. The usual test server,
aiosmtpd, is not used because it needs more time per mail than the product.
"""

import asyncio
import struct
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from functools import partial
from pathlib import Path

TIME = struct.Struct("d")


async def converse(
    accepted: Callable[[], None], seconds: float, reader: StreamReader, writer: StreamWriter
) -> None:
    """Serve one client until it quits."""
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            if seconds:
                await asyncio.sleep(seconds)
            accepted()
            writer.write(b"250 taken\r\n")
        elif verb == b"QUIT":
            writer.write(b"221 bye\r\n")
            break
        else:
            writer.write(b"250 fine\r\n")
        await writer.drain()
    writer.close()


async def serve(port: int, path: Path, seconds: float) -> None:
    with path.open("ab", buffering=0) as file:

        def accepted() -> None:
            file.write(TIME.pack(time.monotonic()))

        client = partial(converse, accepted, seconds)
        server = await asyncio.start_server(client, "127.0.0.1", port, limit=2**22)
        await server.serve_forever()


def times(path: Path) -> list[float]:
    """Return the monotonic time at which each mail was accepted; processes share that clock."""
    raw = path.read_bytes() if path.exists() else b""
    return [time for (time,) in TIME.iter_unpack(raw[: len(raw) // TIME.size * TIME.size])]


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), float((sys.argv[3:] or ["0"])[0])))
