"""Inspect damaged and hostile files in a separate process, and report its time and memory.

python -m tests.attachments.mutants mutants SEED COUNT
python -m tests.attachments.mutants file NAME PATH
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from attachments.inspection import EXTENSIONS, extension_of, inspect
from tests.attachments.valid_files import GOOD, SAMPLES
from tests.corpus import samples

SEEDS = 30
Random = Callable[[int], int]


def seeded_random(seed: str) -> Random:
    """Return a function whose numbers depend on the seed only: `throw(6)` is 0 to 5."""
    throws = 0

    def throw(sides: int) -> int:
        nonlocal throws
        throws += 1
        return int.from_bytes(hashlib.blake2b(f"{seed}:{throws}".encode(), digest_size=8).digest()) % sides

    return throw


def seeds() -> list[tuple[str, bytes]]:
    """Return thirty files to damage: those of the tests, and the largest of each format."""
    own = [(f"x.{extension}", content) for extension, content in GOOD.items() if extension != "jpeg"]
    own += [
        (path.name, path.read_bytes())
        for path in sorted(SAMPLES.glob("*r[46]*.pdf")) + sorted(SAMPLES.glob("*stream.pdf"))
    ]
    accepted = [sample for sample in samples() if sample.verdict == "accept"]
    accepted.sort(key=lambda sample: (sample.path.stat().st_size, sample.id), reverse=True)
    by_format = {
        extension: [s for s in accepted if extension_of(s.name) == extension] for extension in EXTENSIONS
    }
    largest = [ones[rank] for rank in range(len(accepted)) for ones in by_format.values() if rank < len(ones)]
    return own + [(sample.name, sample.path.read_bytes()) for sample in largest[: SEEDS - len(own)]]


def mutants(seed: str, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield damaged files: bits flipped, ends cut, pieces of another file inserted or appended."""
    throw = seeded_random(seed)
    files = seeds()
    for _number in range(count):
        name, content = files[throw(len(files))]
        other = files[throw(len(files))][1]
        changed = bytearray(content)
        for _turn in range(1 + throw(3)):
            at, piece = throw(len(changed) + 1), other[(start := throw(len(other))) : start + throw(4096)]
            match throw(5):
                case 0:
                    for _flip in range(1 + throw(16)):
                        changed[throw(len(changed))] ^= 1 << throw(8)
                case 1:
                    del changed[max(at, 1) :]
                case 2:
                    changed[at : at + throw(2) * len(piece)] = piece
                case 3:
                    changed += piece
                case _:
                    changed[at : at + 4] = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f")[throw(3)]
        yield name, bytes(changed)


def measured(files: Iterator[tuple[str, bytes]]) -> dict[str, float]:
    """Return the milliseconds of the slowest file, and the MB by which the process grew."""
    for extension, content in GOOD.items():  # loads the libraries, which is not measured
        inspect(f"x.{extension}", content)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    before = peak()
    slowest, total, count, accepted = 0.0, 0.0, 0, 0
    for name, content in files:
        started = time.process_time()
        verdict = inspect(name, content)
        spent = (time.process_time() - started) * 1000
        slowest, total, count = max(slowest, spent), total + spent, count + 1
        accepted += verdict.accepted
    return {
        "count": count,
        "accepted": accepted,
        "slowest_ms": slowest,
        "mean_ms": total / count,
        "grown_mb": (peak() - before) / 1024,
    }


def peak() -> int:
    """Return this process's peak memory in KiB. `getrusage` would include that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def main(arguments: list[str]) -> None:
    match arguments:
        case ["mutants", seed, count]:
            made = mutants(seed, int(count))
        case ["file", name, path]:  # a file, because building it would take more memory than inspecting it
            made = iter([(name, Path(path).read_bytes())])
        case _:
            sys.exit(__doc__)
    sys.stdout.write(json.dumps(measured(made)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
