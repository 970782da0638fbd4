"""Register the messages of this app when Django starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"
    verbose_name = _("Personal")

    def ready(self) -> None:
        from notifications import message_types  # noqa: PLC0415  the apps must be loaded first
        from otp import sms  # noqa: PLC0415
        from staff import contact_messages as contact  # noqa: PLC0415
        from staff import rights_messages as rights  # noqa: PLC0415

        message_types.register_mail(contact.MAIL, _("Cambio de contacto"), contact.sample)
        message_types.register_sms(contact.SMS, _("Cambio de número, por SMS"), sms.contact_changed)
        message_types.register_mail(rights.MAIL, _("Administrador agregado o retirado"), rights.sample)
        message_types.register_sms(rights.SMS, _("Administrador agregado, por SMS"), sms.administrator_added)
