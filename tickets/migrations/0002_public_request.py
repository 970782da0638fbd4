import companies.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0001_initial"),
        ("tickets", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PublicRequest",
            fields=[
                ("leased_until", models.DateTimeField(null=True, verbose_name="tomado hasta")),
                ("lease_token", models.CharField(blank=True, max_length=32)),
                ("key", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("content", models.JSONField(default=dict)),
                ("digest", models.CharField(max_length=64)),
                ("nonce", models.CharField(max_length=32)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("used_at", models.DateTimeField(null=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("mail_attempts", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "consulta por verificar",
                "verbose_name_plural": "consultas por verificar",
            },
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=companies.indexes.TrigramIndex(
                condition=models.Q(("company", None)),
                fields=["requester_name"],
                name="ticket_prospect_name_part",
            ),
        ),
        migrations.AddField(
            model_name="publicrequest",
            name="request_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.requesttype"
            ),
        ),
        migrations.AddIndex(
            model_name="publicrequest",
            index=models.Index(
                condition=models.Q(("mailed_at", None)), fields=["created_at"], name="public_request_unmailed"
            ),
        ),
    ]
