"""Run Debian's nginx with the configuration that docs/nginx.md installs, in a temporary folder, on
loopback only.
"""

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import httpx
import pytest

from demo.broker import free_port
from tests.conformance.project import BASE
from tests.servers import wait_for_port

NAME = "portal.operadora.example"
STOCK = Path("/etc/nginx")
STEPS = re.compile(r"```sh\n((?:apt|install) .*?)```", re.DOTALL)
# Takes the client's address from a header, so that a test can choose it; and moves the temporary
# files from Debian's folder, where only root may write
TEST_SETTINGS = """
set_real_ip_from 127.0.0.1;
real_ip_header X-Test-Address;
client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi;
"""


@dataclass(frozen=True)
class Nginx:
    """A running nginx with the documented configuration."""

    folder: Path
    http: int
    https: int
    mobile: int = 0  # the port of the mobile gateway's listener; 0 without one

    def browser(self, address: str) -> httpx.Client:
        """Return a client that nginx sees at this address, and that does not follow redirects."""
        headers = {"Host": NAME, "X-Test-Address": address}
        base = f"https://127.0.0.1:{self.https}"
        return httpx.Client(
            base_url=base, headers=headers, verify=any_certificate(), trust_env=False, timeout=60
        )

    def logs(self) -> dict[str, str]:
        """Return the text of each log, by its file name."""
        return {path.name: path.read_text(encoding="utf-8") for path in (self.folder / "log").iterdir()}


def any_certificate() -> ssl.SSLContext:
    """Return a TLS context that accepts any certificate, because the documented steps make a
    self-signed one for another name than 127.0.0.1.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def nginx_binary() -> str:
    """Return nginx's path; skip the test without nginx or Debian's configuration for it."""
    binary = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if binary is None or not (STOCK / "nginx.conf").is_file():
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent("skipped: nginx no está instalado (apt install nginx-light)")
    return str(binary)


@contextmanager
def debian_nginx(
    portal: int, desk: int, changes: Mapping[str, str] | None = None, mobile: bool = False
) -> Iterator[Nginx]:
    """Run nginx after the documented steps, with the portal and the desk at these ports. `changes`
    replaces texts of the configuration, and `mobile` adds the mobile gateway's listener.
    """
    binary = nginx_binary()
    folder = Path(mkdtemp(prefix="fidelizacion-nginx-"))
    folder.chmod(0o755)  # nginx's workers run as another user
    nginx = Nginx(folder, free_port(), free_port(), free_port() if mobile else 0)
    upstreams = {"127.0.0.1:8000": f"127.0.0.1:{portal}", "127.0.0.1:8001": f"127.0.0.1:{desk}"}
    try:
        _install(binary, nginx, {**upstreams, **(changes or {})})
        command = [*_command(binary, folder), "-g", "daemon off;"]
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            wait_for_port(nginx.https, process, folder / "output")
            yield nginx
        finally:
            process.terminate()
            process.wait(60)
    finally:
        shutil.rmtree(folder)


def _command(binary: str, folder: Path) -> list[str]:
    return [binary, "-e", f"{folder}/log/start.log", "-c", f"{folder}/etc/nginx/nginx.conf"]


def _install(binary: str, nginx: Nginx, changes: Mapping[str, str]) -> None:
    etc = nginx.folder / "etc" / "nginx"
    shutil.copytree(STOCK, etc, symlinks=True)
    (nginx.folder / "log").mkdir()
    here = {
        "/etc/nginx/": f"{etc}/",
        f"{etc}/modules-enabled": "/etc/nginx/modules-enabled",
        "/var/log/nginx": f"{nginx.folder}/log",
        "/run/nginx.pid": f"{nginx.folder}/pid",
        "listen 80;": f"listen 127.0.0.1:{nginx.http};",
        "listen [::]:80;": f"listen [::1]:{nginx.http};",
        "listen 443 ssl;": f"listen 127.0.0.1:{nginx.https} ssl;",
        "listen [::]:443 ssl;": f"listen [::1]:{nginx.https} ssl;",
        "listen 10.9.0.10:443 ssl;": f"listen 127.0.0.1:{nginx.mobile} ssl;",
        "allow 10.9.0.0/24;": "allow 127.0.0.1;",
        **changes,
    }
    documents = ("nginx.md", "network-identity.md") if nginx.mobile else ("nginx.md",)
    for step in (step for document in documents for step in documented_steps(document)):
        local = step.replace("/etc/nginx", str(etc))
        subprocess.run(["/bin/sh", "-ec", local], cwd=BASE, check=True, capture_output=True)
    for path in (etc / "nginx.conf", *(etc / "conf.d").glob("*.conf"), *(etc / "portal").glob("*.conf")):
        text = path.read_text(encoding="utf-8")
        for theirs, ours in here.items():
            text = text.replace(theirs, ours)
        path.write_text(text, encoding="utf-8")
    (etc / "conf.d" / "of-the-test.conf").write_text(
        TEST_SETTINGS.format(folder=nginx.folder), encoding="utf-8"
    )
    tested = subprocess.run(
        [*_command(binary, nginx.folder), "-t"], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr.replace('the "user" directive makes sense only', ""), tested.stderr


def documented_steps(document: str) -> list[str]:
    """Return a document's commands that install the files, without those that install nginx and
    reload this machine's.
    """
    found = STEPS.search((BASE / "docs" / document).read_text(encoding="utf-8"))
    assert found
    steps = found[1].strip().splitlines()
    assert steps[-2:] == ["nginx -t", "systemctl reload nginx"]
    return [step for step in steps[:-2] if not step.startswith("apt install")]
