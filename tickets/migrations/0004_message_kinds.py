"""Name the messages that tickets owed before messages had names, so that the desk can say which one each is."""

from django.db import migrations

KINDS = {"client": "ticket_confirmation", "registered": "ticket_registered", "advisor": "ticket_advisor"}


def name(apps, schema_editor):
    messages = apps.get_model("notifications", "Message").objects.filter(kind="", dedup_key__startswith="ticket:")
    for suffix, kind in KINDS.items():
        messages.filter(dedup_key__endswith=f":{suffix}").update(kind=kind)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_areas_and_told_customers"), ("notifications", "0002_message_actions")]

    operations = [migrations.RunPython(name, migrations.RunPython.noop)]
