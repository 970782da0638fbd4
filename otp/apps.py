"""Verifies visitors of the portal: by PIN or by the mobile network, and then by session."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OtpConfig(AppConfig):
    name = "otp"
    verbose_name = _("Verificación por SMS")

    def ready(self) -> None:
        from jobs import sweep  # noqa: PLC0415  models exist only now
        from notifications import message_types  # noqa: PLC0415  models exist only now
        from notifications.reports import delivery_reports  # noqa: PLC0415  models exist only now
        from otp import report_handler  # noqa: PLC0415
        from otp.invitations import messages as invitation  # noqa: PLC0415
        from otp.pin import delivery  # noqa: PLC0415

        sweep.register("códigos", delivery.sweep, first=True)
        delivery_reports.register("otp", report_handler.HANDLER)
        # A copy would not count on the limits of links, and could go to an unregistered address
        copy_refusal = _("Un enlace no se repite: envíe uno nuevo desde la lista de administradores.")
        message_types.register_mail(
            invitation.MAIL, _("Enlace de ingreso"), invitation.sample, copy_refusal=copy_refusal
        )
        message_types.register_sms(
            invitation.SMS, _("Enlace de ingreso por SMS"), invitation.sample_sms, copy_refusal=copy_refusal
        )
