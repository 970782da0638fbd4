"""`/metrics` for Prometheus, open only to the networks in METRICS_NETWORKS."""

import threading
import time
from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from operations import metrics
from operations.models import Alarm
from otp.addresses import client_address, within

PREFIX = "fidelizacion_"
CACHE_SECONDS = 10.0  # frequent scrapes must not load the database


class MetricsCollector(Collector):
    """Reads the metrics again at each call."""

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(f"{PREFIX}build", "La versión del producto", {"version": settings.VERSION})
        snapshot = metrics.collect()
        levels = GaugeMetricFamily(f"{PREFIX}level", "0 bien, 1 atención, 2 crítico", labels=["figure"])
        for metric in snapshot.metrics:
            levels.add_metric([metric.name], metric.level)
            if metric.value is not None:
                yield GaugeMetricFamily(f"{PREFIX}{metric.name}", metric.label, value=metric.value)
        yield levels
        failed = GaugeMetricFamily(f"{PREFIX}unread", "Cifras que no se pudieron leer", labels=["source"])
        for name in metrics.names():
            failed.add_metric([name], name in snapshot.failed)
        yield failed
        if not snapshot.failed:
            opened = GaugeMetricFamily(f"{PREFIX}alarm_open", "Alarmas abiertas", labels=["kind"])
            for kind in Alarm.objects.filter(cleared_at=None).values_list("kind", flat=True):
                opened.add_metric([kind], 1)
            yield opened


class Exposition:
    """The text of `/metrics`, cached for 10 s.

    While one request renders it again, the others get the previous text. Only the first request of
    the process waits.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(MetricsCollector())
        self._lock = threading.Lock()
        self._text = b""
        self._made_at = 0.0

    def text(self) -> bytes:
        if self._is_fresh() or (self._text and self._lock.locked()):
            return self._text
        with self._lock:
            if not self._is_fresh():
                self._text = generate_latest(self._registry)
                self._made_at = time.monotonic()
        return self._text

    def _is_fresh(self) -> bool:
        return bool(self._text) and time.monotonic() - self._made_at < CACHE_SECONDS


exposition = Exposition()


@never_cache
@require_safe
def metrics_view(request: HttpRequest) -> HttpResponse:
    """Serve the metrics; to other networks the URL answers 404, like any unknown one."""
    address = client_address(request)
    if address is None or not within(address, settings.METRICS_NETWORKS):
        raise Http404
    return HttpResponse(exposition.text(), content_type=CONTENT_TYPE_LATEST)
