"""Checks that the broker (Redis or Valkey) answers, evicts nothing and writes to disk (R4.14).

The Redis client is imported inside the functions, because every command imports this module and
importing the client takes a tenth of a command's start-up time.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from operations.metrics import Level, Metric

if TYPE_CHECKING:
    from redis import Redis

TIMEOUT = 2.0  # seconds to connect, and for each answer


def metrics() -> Iterator[Metric]:
    """Ask the broker. Each answer has a timeout, so a hung broker does not hang the command."""
    from redis import Redis  # noqa: PLC0415  see the module's docstring
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.exceptions import RedisError  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    try:
        broker = Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        broker.ping()
    except (RedisError, OSError, ValueError) as error:
        advice = _("Revise REDIS_URL y el servidor. Mientras tanto el repaso entrega los mensajes.")
        display = _("no responde ({error})").format(error=type(error).__name__)
        yield Metric("broker_answers", _("Redis o Valkey"), 0, display, Level.CRITICAL, advice)
        return
    yield Metric("broker_answers", _("Redis o Valkey"), 1, _("responde"))
    with broker:
        eviction, durability = _("Conserva todo (maxmemory-policy)"), _("Escribe en disco (appendonly)")
        yield _setting(broker, eviction, "maxmemory-policy", "noeviction", "broker_keeps_all")
        yield _setting(broker, durability, "appendonly", "yes", "broker_writes_to_disk")


def _setting(broker: "Redis", label: str, name: str, wanted: str, metric: str) -> Metric:
    """Compare one of the broker's settings with the value that the product needs."""
    from redis.exceptions import RedisError, ResponseError  # noqa: PLC0415  see the module's docstring

    try:
        actual = str(broker.config_get(name).get(name, ""))
    except ResponseError:  # the ACL forbids CONFIG, or the command was renamed
        advice = _("Este usuario no puede usar CONFIG: compruebe a mano que sea «{wanted}».").format(
            wanted=wanted
        )
        return Metric(metric, label, None, _("no se pudo comprobar"), Level.WARNING, advice)
    except (RedisError, OSError) as error:
        return Metric(metric, label, None, type(error).__name__, Level.CRITICAL, _("Repita la comprobación."))
    if actual == wanted:
        return Metric(metric, label, 1, _("sí") if actual == "yes" else actual)
    advice = _("Ponga «{name} {wanted}»: así como está, puede perder tareas en silencio.").format(
        name=name, wanted=wanted
    )
    return Metric(metric, label, 0, actual or _("sin valor"), Level.CRITICAL, advice)
