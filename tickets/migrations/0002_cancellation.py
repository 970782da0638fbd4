"""The first request type and its reasons (A7, A8). From here on they are the operator's data, edited in the admin."""

from django.db import migrations

CODE = "cancellation"
NAME = "Anulación o baja de servicios"
REASONS = (
    "Usuario no labora en la empresa",
    "No utiliza el servicio",
    "Problemas económicos",
    "Problemas de cobertura",
    "Mejor oferta de la competencia",
)


def load(apps, schema_editor):
    request_type, created = apps.get_model("tickets", "RequestType").objects.get_or_create(
        code=CODE,
        defaults={"name": NAME, "in_portal": True, "effective_rule": "billing_cut", "notice_days": 15, "position": 1},
    )
    if created:
        reason = apps.get_model("tickets", "Reason")
        reason.objects.bulk_create(
            reason(request_type=request_type, text=text, is_active=True, position=position)
            for position, text in enumerate(REASONS, start=1)
        )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]

    # Nothing is undone: tickets may point to these rows, and migrating further back drops the tables anyway
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
