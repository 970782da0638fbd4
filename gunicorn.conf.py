"""The web process (R6.17). The proxy in front ends TLS, holds slow clients and limits rates; this
limits the rest.
"""

import os
from typing import Any


def _number(name: str, raw: str) -> int:
    if not (raw.isascii() and raw.isdigit() and int(raw)):
        raise SystemExit(f"{name}: debe ser un número entero de 1 o más.")
    return int(raw)


bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
workers = _number("WEB_CONCURRENCY", os.environ.get("WEB_CONCURRENCY", "2"))
# Threads, because a browser's idle spare connection would hold a synchronous worker until its
# timeout
worker_class = "gthread"
# Two more than may use the database at once; they serve what needs none while it hangs. The gate is
# in fidelizacion/database/database_gate.py
threads = _number("WEB_THREADS", os.environ.get("WEB_THREADS", "4")) + 2
# The application, its checks included, is loaded once, before the first worker: a bad environment
# ends here
preload_app = True

timeout = 30
graceful_timeout = 8  # the demo promises to be gone within 10 s
keepalive = 5
max_requests = 1000
max_requests_jitter = 200
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 4094
header_map = "drop"
# Only the socket's peer is believed here; the application
# judges forwarded headers (TRUSTED_PROXIES)
forwarded_allow_ips = ""
control_socket_disable = True

accesslog = None  # addresses hold ticket numbers: the proxy's log, if any, is the operator's decision
errorlog = "-"
loglevel = "warning"


def _mask_log(server: Any) -> None:
    """gunicorn quotes a request that it cannot read: written and masked like all that is logged
    (R8.08).
    """
    from fidelizacion.log_masking import formatter  # noqa: PLC0415  Django is set up only once the application is loaded

    for handler in server.log.error_log.handlers:
        handler.setFormatter(formatter())


on_starting = on_reload = _mask_log
