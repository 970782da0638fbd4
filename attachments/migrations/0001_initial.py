import attachments.models
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("companies", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="StagedFile",
            fields=[
                ("original_name", models.CharField(max_length=100, verbose_name="nombre")),
                ("content_type", models.CharField(max_length=100, verbose_name="tipo")),
                ("size", models.PositiveIntegerField(verbose_name="tamaño en bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "file",
                    models.FileField(
                        storage=attachments.models.private_storage, upload_to="", verbose_name="archivo"
                    ),
                ),
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("browser_token", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(db_index=True)),
                ("claimed_by", models.UUIDField(null=True)),
                (
                    "administrator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="companies.administrator",
                    ),
                ),
            ],
            options={
                "verbose_name": "documento por confirmar",
                "verbose_name_plural": "documentos por confirmar",
                "indexes": [models.Index(fields=["file"], name="staged_file")],
            },
        ),
    ]
