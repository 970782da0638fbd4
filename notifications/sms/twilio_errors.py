"""Texts for Twilio's error codes, for staff. Other codes are shown as numbers only."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

TEXTS = {
    # Answers to the request that sends an SMS
    21211: gettext_noop("no es un número válido"),
    21217: gettext_noop("no parece un número de teléfono"),
    21265: gettext_noop("es un número corto"),
    10001: gettext_noop("la cuenta no está activa"),
    20005: gettext_noop("la cuenta no está activa"),
    21212: gettext_noop("el remitente no es un número válido: revise TWILIO_FROM"),
    21213: gettext_noop("falta el remitente: revise TWILIO_FROM"),
    21408: gettext_noop("la cuenta no puede enviar a ese país: habilítelo en Twilio"),
    21601: gettext_noop("el remitente no es un número de la cuenta: revise TWILIO_FROM"),
    21603: gettext_noop("falta el remitente: revise TWILIO_FROM"),
    21606: gettext_noop("el remitente no puede enviar a este destino: revise TWILIO_FROM"),
    21607: gettext_noop("el remitente no es el de la cuenta de prueba: revise TWILIO_FROM"),
    21608: gettext_noop("la cuenta es de prueba y solo envía a números verificados"),
    21609: gettext_noop("no acepta la dirección para los informes: revise PORTAL_BASE_URL"),
    21611: gettext_noop("la cola del remitente está llena"),
    21610: gettext_noop("el destinatario pidió no recibir SMS"),
    21614: gettext_noop("no es un número móvil"),
    21635: gettext_noop("es una línea fija"),
    21659: gettext_noop("el remitente no es de Twilio o es de otro país: revise TWILIO_FROM"),
    21660: gettext_noop("el remitente es de otra cuenta: revise TWILIO_FROM"),
    21661: gettext_noop("el remitente no envía SMS: revise TWILIO_FROM"),
    21701: gettext_noop("el servicio de mensajes no existe: revise TWILIO_MESSAGING_SERVICE_SID"),
    21703: gettext_noop("el servicio de mensajes no tiene números"),
    21705: gettext_noop("el servicio de mensajes no es válido: revise TWILIO_MESSAGING_SERVICE_SID"),
    21730: gettext_noop("Twilio está en mantenimiento"),
    90010: gettext_noop("la cuenta no está activa"),
    # Delivery reports
    30001: gettext_noop("la cola de envío está llena"),
    30002: gettext_noop("la cuenta está suspendida"),
    30003: gettext_noop("teléfono apagado o sin cobertura"),
    30004: gettext_noop("mensaje bloqueado"),
    30005: gettext_noop("número desconocido o fuera de servicio"),
    30006: gettext_noop("línea fija, o una red a la que no se llega"),
    30007: gettext_noop("filtrado por la red como no deseado"),
    30008: gettext_noop("la red no dijo por qué"),
    30036: gettext_noop("venció antes de que la red lo entregara"),
    30410: gettext_noop("la red no respondió a tiempo"),
}


def describe(status: str, code: object) -> str:
    """Describe an error: `twilio: undelivered, código 30003 (teléfono apagado o sin cobertura)`."""
    number = int(code) if isinstance(code, int | str) and str(code).isascii() and str(code).isdigit() else 0
    if not number:
        return f"twilio: {status}"
    text = f" ({_(TEXTS[number])})" if number in TEXTS else ""
    return f"twilio: {status}, código {number}{text}"
