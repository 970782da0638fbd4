"""Whether the broker, Redis or Valkey, keeps what it is given (R4.14): it answers, evicts nothing,
writes to disk.
"""

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from operations.metrics import Level, Metric

SECONDS = 2.0  # to connect, and for each answer
SAFE_POLICY = "noeviction"


def metrics() -> Iterator[Metric]:
    """Never more than a few seconds, whatever the broker does."""
    try:
        broker = Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        broker.ping()
    except (RedisError, OSError, ValueError) as error:
        advice = _("Revise REDIS_URL y el servidor. Mientras tanto el repaso entrega los mensajes.")
        shown = _("no responde ({error})").format(error=type(error).__name__)
        yield Metric("broker_answers", _("Redis o Valkey"), 0, shown, Level.CRITICAL, advice)
        return
    yield Metric("broker_answers", _("Redis o Valkey"), 1, _("responde"))
    with broker:
        keeps, writes = _("Conserva todo (maxmemory-policy)"), _("Escribe en disco (appendonly)")
        yield _setting(broker, keeps, "maxmemory-policy", SAFE_POLICY, "broker_keeps_all")
        yield _setting(broker, writes, "appendonly", "yes", "broker_writes_to_disk")


def _setting(broker: Redis, label: str, name: str, wanted: str, metric: str) -> Metric:
    try:
        found = str(broker.config_get(name).get(name, ""))
    except ResponseError:  # its access list forbids CONFIG, or it was renamed
        advice = _("Este usuario no puede usar CONFIG: compruebe a mano que sea «{wanted}».").format(
            wanted=wanted
        )
        return Metric(metric, label, None, _("no se pudo comprobar"), Level.WARNING, advice)
    except (RedisError, OSError) as error:
        return Metric(metric, label, None, type(error).__name__, Level.CRITICAL, _("Repita la comprobación."))
    if found == wanted:
        return Metric(metric, label, 1, _("sí") if found == "yes" else found)
    advice = _("Ponga «{name} {wanted}»: así como está, puede perder tareas en silencio.").format(
        name=name, wanted=wanted
    )
    return Metric(metric, label, 0, found or _("sin valor"), Level.CRITICAL, advice)
