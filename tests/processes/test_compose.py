"""The documented steps create the compose file's secrets, and its services and broker work with
them. No container engine is needed.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from demo.broker import free_port
from tests.check import PRODUCTION
from tests.conformance.project import BASE
from tests.conformance.test_deployment import COMPOSE, SERVICES
from tests.servers import broker_command, wait_for_port
from tests.stack import engine_under_test

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

STEPS = re.compile(r"```sh\n(install -d .*?)```", re.DOTALL)
GIVEN_BY_THE_OPERATOR = {
    "email_url": PRODUCTION["EMAIL_URL"],
    "twilio_auth_token": PRODUCTION["TWILIO_AUTH_TOKEN"],
}


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """Run the documented steps and return the folder of secrets."""
    steps = STEPS.search((BASE / "docs" / "docker.md").read_text(encoding="utf-8"))
    assert steps
    script = steps[1] if os.getuid() == 0 else steps[1].replace("chown 10001", "true")
    subprocess.run(["/bin/sh", "-euc", script], cwd=tmp_path, check=True)
    return tmp_path / "secrets"


def test_the_documented_steps_make_every_secret_for_the_images_user_alone(secrets: Path) -> None:
    assert {path.name for path in secrets.iterdir()} == set(COMPOSE["secrets"])
    for path in secrets.iterdir():
        assert path.stat().st_mode & 0o777 == 0o400
        assert path.stat().st_uid == (10001 if os.getuid() == 0 else os.getuid())


def test_with_them_the_environment_of_every_service_is_right(secrets: Path) -> None:
    for name, value in GIVEN_BY_THE_OPERATOR.items():
        (secrets / name).chmod(0o600)
        (secrets / name).write_text(value, encoding="utf-8")
    env_file = re.search(
        r"```\n(PORTAL_BASE_URL=.*?)```", (BASE / "docs" / "docker.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert env_file
    given = dict(line.split("=", 1) for line in env_file[1].splitlines())
    checked: list[dict[str, str]] = []
    for name in ("web", "worker", "beat", "sweep", "migrate", "desk"):
        environment = {**given, **composed(SERVICES[name]["environment"], given, secrets)}
        if environment in checked:  # most services have the same
            continue
        checked.append(environment)
        command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
        ran = {**environment, "PATH": os.environ["PATH"]}
        done = subprocess.run(command, cwd=BASE, env=ran, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (name, done.stderr)


def composed(environment: dict[str, str], given: dict[str, str], secrets: Path) -> dict[str, str]:
    """Return a service's variables as Compose fills them in from the env file."""

    def value(found: re.Match[str]) -> str:
        name, _, default = found[1].partition(":")
        assert not default.startswith("?") or given.get(name), f"{name} is required"
        return given.get(name) or default.removeprefix("-").removeprefix("?")

    filled = {name: re.sub(r"\$\{([^}]+)\}", value, str(raw)) for name, raw in environment.items()}
    return {name: raw.replace("/run/secrets", str(secrets)) for name, raw in filled.items()}


@dataclass(frozen=True)
class Broker:
    port: int
    process: "subprocess.Popen[bytes]"


@pytest.fixture
def broker(secrets: Path, tmp_path: Path) -> Iterator[Broker]:
    """Run the broker service's command, with scripts in place of the image's two programs."""
    found = broker_command(tmp_path / "unused", engine_under_test())
    if found is None:
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent("skipped: Redis no está instalado (apt install redis-server)")
    port, log, image = free_port(), tmp_path / "log", tmp_path / "bin"
    image.mkdir()
    stand_in(image / "docker-entrypoint.sh", 'exec "$@"')
    stand_in(
        image / "valkey-server", f'exec {found[0][0]} "$@" --bind 127.0.0.1 --port {port} --dir {tmp_path}'
    )
    command = [
        word.replace("$$", "$").replace("/run/secrets", str(secrets))
        for word in SERVICES["broker"]["command"]
    ]
    environment = {"PATH": f"{image}:{os.environ['PATH']}"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_for_port(port, process, log)
        yield Broker(port, process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)


def stand_in(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_r4_14_the_broker_answers_only_to_clients_with_its_password(broker: Broker, secrets: Path) -> None:
    with Redis(port=broker.port) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()
    address = (secrets / "redis_url").read_text(encoding="utf-8").strip()
    with Redis.from_url(address.replace("@broker:6379", f"@127.0.0.1:{broker.port}")) as known:
        assert known.ping()
        kept = {
            name: known.config_get(name)[name] for name in ("appendonly", "appendfsync", "maxmemory-policy")
        }
    assert kept == {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}


def test_r4_14_the_password_is_in_no_list_of_processes(broker: Broker, secrets: Path) -> None:
    password = (secrets / "broker_password").read_bytes().strip()
    for shown in ("cmdline", "environ"):
        assert password not in Path(f"/proc/{broker.process.pid}/{shown}").read_bytes()
