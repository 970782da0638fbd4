"""Kill, freeze or break one part of the product every few seconds, and restart the processes that
died.
"""

import os
import random  # noqa: TID251  a run must be repeatable from its seed, and needs no secret
import signal
import time
from collections import Counter
from collections.abc import Callable

import psutil

from demo.processes import Child
from tests.faults import sink
from tests.faults.stack import SinkStack
from tests.servers import Postgresql

# How many mails each fault may repeat (I4): those that the process can be sending at the same time,
# which the mail server may have accepted without a record in the database
IN_FLIGHT = {"kill the worker": 2, "kill a child": 1, "kill the sweep": 1, "kill the mail server": 3}
IN_FLIGHT |= {"restart PostgreSQL": 3, "stop PostgreSQL at once": 3}


class Nemesis:
    """The faults of one run. The test calls `tick` many times a second, from one thread."""

    def __init__(
        self, stack: SinkStack, seed: int, postgresql: Postgresql | None, pause: tuple[float, float]
    ) -> None:
        self.stack, self.postgresql, self.pause = stack, postgresql, pause
        self.seed, self.chance = seed, random.Random(seed)  # noqa: S311  as above
        self.done: Counter[str] = Counter()
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._down: dict[str, float] = {}  # for each killed process, the time of its restart
        self._next = time.monotonic() + self._wait()
        self._remaining: list[str] = []  # faults until the next shuffle

    @property
    def most_extra(self) -> int:
        """I4: how many mails the faults so far may have repeated."""
        return sum(IN_FLIGHT.get(name, 0) * times for name, times in self.done.items())

    def tick(self) -> None:
        """End the faults, restart the processes and start the next fault that are due."""
        now = time.monotonic()
        self._end_faults(now)
        self.keep_alive(now)
        if now >= self._next:
            name = self._choose()
            self._faults()[name]()
            self.done[name] += 1
            self._next = time.monotonic() + self._wait()

    def keep_alive(self, now: float) -> None:
        """Restart the processes that have ended, as an init system does."""
        for name, child in self.stack.children.items():
            if child.status is not None and now >= self._down.get(name, 0):
                child.start(self.stack.environment)

    def stop(self) -> None:
        """End all faults, and start all processes."""
        self._end_faults(float("inf"))
        self._down.clear()
        self.keep_alive(time.monotonic())

    def _choose(self) -> str:
        """Choose the next fault. Each one comes once, and a mute broker three times, before any is
        repeated, so that a short run has many different ones.
        """
        if not self._remaining:
            # Without our workaround, kombu loses one of the worker's places at each mute broker;
            # only several in one run would stop the worker
            self._remaining = sorted([*self._faults(), "mute the broker", "mute the broker"])
            self.chance.shuffle(self._remaining)
        return self._remaining.pop()

    def _faults(self) -> dict[str, Callable[[], None]]:
        faults: dict[str, Callable[[], None]] = {
            "kill the worker": lambda: self._kill("worker", 2),
            "kill a child": lambda: self._kill_a_child_of("worker"),
            "kill the broker": lambda: self._kill("broker", 4),
            "mute the broker": self._freeze_the_broker,
            "kill the sweep": lambda: self._kill("sweep", 2),
            "kill a web process": lambda: self._kill_a_child_of("web"),
            "mail server says 451": lambda: self._spoil_mail("451"),
            "mail server hangs up": lambda: self._spoil_mail("close"),
            "mail server is mute": lambda: self._spoil_mail("mute"),
            "kill the mail server": lambda: self._kill("smtp", 4),
        }
        if self.postgresql:
            faults["restart PostgreSQL"] = lambda: self._stop_postgresql(signal.SIGINT)
            faults["stop PostgreSQL at once"] = lambda: self._stop_postgresql(signal.SIGQUIT)
        return faults

    def _wait(self) -> float:
        return self.chance.uniform(*self.pause)

    def _end_faults(self, now: float) -> None:
        due = [end for when, end in self._later if when <= now]
        self._later = [(when, end) for when, end in self._later if when > now]
        for end in due:
            end()

    def _after(self, seconds: float, end: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, end))

    def _kill(self, name: str, longest: float) -> None:
        """Kill only the main process, as the kernel may do without memory; its children survive."""
        process = running(self.stack.children[name])
        if process:
            process.kill()
        self._down[name] = time.monotonic() + self.chance.uniform(0, longest)

    def _kill_a_child_of(self, name: str) -> None:
        process = running(self.stack.children[name])
        children = sorted(process.children(), key=lambda child: child.pid) if process else []
        if children:
            self.chance.choice(children).kill()

    def _freeze_the_broker(self) -> None:
        process = self.stack.children["broker"].process
        if process is None or process.poll() is not None:  # an earlier fault has killed it
            return
        pid = process.pid
        os.kill(pid, signal.SIGSTOP)

        def wake() -> None:
            if process.poll() is None:
                os.kill(pid, signal.SIGCONT)

        # Seconds; most are longer than the 5 s that the worker waits for an answer
        self._after(self.chance.uniform(4, 9), wake)

    def _spoil_mail(self, mode: str) -> None:
        sink.set_mode(self.stack.mail_folder, mode)
        self._after(self.chance.uniform(1, 4), lambda: sink.set_mode(self.stack.mail_folder, "healthy"))

    def _stop_postgresql(self, how: signal.Signals) -> None:
        assert self.postgresql
        self.postgresql.stop(how)
        time.sleep(self.chance.uniform(0, 2))
        self.postgresql.start()


def running(child: Child) -> psutil.Process | None:
    return psutil.Process(child.process.pid) if child.process and child.status is None else None
