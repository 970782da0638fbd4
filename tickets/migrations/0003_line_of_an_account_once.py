from django.db import migrations, models


class Migration(migrations.Migration):
    """A number may stand in several billing accounts, and a request may be about all of them."""

    # The new constraint refuses less than the old one, which the previous release satisfies
    compatible_because = "it only loosens a constraint: rows that the old code writes satisfy it"

    dependencies = [("tickets", "0002_public_request")]

    operations = [
        migrations.RemoveConstraint(model_name="ticketline", name="ticket_line_once"),
        migrations.AddConstraint(
            model_name="ticketline",
            constraint=models.UniqueConstraint(
                fields=["ticket", "account_number", "number"], name="ticket_line_once"
            ),
        ),
    ]
