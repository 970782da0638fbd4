"""Parses `DATABASE_URL` and sets the connection options of each engine."""

import environ

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}
POSTGRESQL_OPTIONS = {
    "connect_timeout": 2,
    "options": "-c statement_timeout=15s -c timezone=UTC",
    # A server behind a broken network does not close its connections: without these options a
    # query would wait for 15 minutes
    "tcp_user_timeout": 5_000,  # milliseconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}


def parse_database_url(raw: str) -> dict[str, object]:
    """Return Django's settings for one database. Raises ValueError with a reason in Spanish."""
    try:
        config: dict[str, object] = dict(environ.Env.db_url_config(raw))
    except Exception:  # noqa: BLE001  the library raises several types for a malformed address
        raise ValueError(
            "no es una dirección de base de datos (postgres://usuario:clave@host/base)"
        ) from None
    if config.get("ENGINE") == "django.db.backends.sqlite3":
        return {**config, "OPTIONS": SQLITE_OPTIONS}
    if config.get("ENGINE") != "django.db.backends.postgresql":
        raise ValueError("use PostgreSQL (postgres://…) o SQLite (sqlite:///…)")
    if not config.get("NAME"):
        raise ValueError("le falta el nombre de la base (postgres://usuario:clave@host/base)")
    # Django's engine with a timeout for each query (query_limits.py has the limits)
    ours = {"ENGINE": "fidelizacion.database.postgresql", "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return {**config, **ours, "OPTIONS": POSTGRESQL_OPTIONS}
