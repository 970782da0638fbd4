import companies.identity
import companies.indexes
import companies.phones
import django.core.validators
import django.db.models.deletion
import phonenumber_field.modelfields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        companies.indexes.EnableTrigrams(),
        migrations.CreateModel(
            name="Administrator",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        max_length=128,
                        region=None,
                        unique=True,
                        validators=[companies.phones.validate_mobile],
                        verbose_name="número móvil",
                    ),
                ),
                ("names", models.CharField(max_length=150, verbose_name="nombres")),
                ("email", models.EmailField(max_length=254, verbose_name="correo electrónico")),
                ("is_active", models.BooleanField(default=True, verbose_name="activo")),
            ],
            options={
                "verbose_name": "administrador",
                "verbose_name_plural": "administradores",
                "ordering": ["names", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Administration",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "administrator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="administrations",
                        to="companies.administrator",
                        verbose_name="administrador",
                    ),
                ),
            ],
            options={
                "verbose_name": "administración",
                "verbose_name_plural": "administraciones",
            },
        ),
        migrations.CreateModel(
            name="Company",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("legal_name", models.CharField(max_length=200, verbose_name="razón social")),
                (
                    "tax_id",
                    models.CharField(
                        max_length=13,
                        unique=True,
                        validators=[companies.identity.validate_tax_id],
                        verbose_name="cédula / RUC",
                    ),
                ),
                (
                    "tax_id_doubtful",
                    models.BooleanField(
                        default=False, editable=False, verbose_name="dígito verificador dudoso"
                    ),
                ),
                ("city", models.CharField(blank=True, max_length=80, verbose_name="ciudad")),
                (
                    "queue_email",
                    models.EmailField(
                        blank=True,
                        help_text="Recibe los avisos cuando la empresa no tiene asesor propio.",
                        max_length=254,
                        verbose_name="correo de la cola",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Activa"), ("inactive", "Inactiva")],
                        db_default="active",
                        default="active",
                        max_length=8,
                        verbose_name="estado",
                    ),
                ),
                (
                    "status_reason",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="Por qué está inactiva y qué puede hacer su administrador. Lo lee en el portal.",
                        max_length=300,
                        verbose_name="qué se dice al cliente",
                    ),
                ),
                (
                    "advisor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="advised_companies",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asesor postventa",
                    ),
                ),
            ],
            options={
                "verbose_name": "empresa",
                "verbose_name_plural": "empresas",
                "ordering": ["legal_name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="BillingAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=30, unique=True, verbose_name="número de cuenta")),
                (
                    "cut_day",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(31),
                        ],
                        verbose_name="día de corte",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="billing_accounts",
                        to="companies.company",
                        verbose_name="empresa",
                    ),
                ),
            ],
            options={
                "verbose_name": "cuenta de facturación",
                "verbose_name_plural": "cuentas de facturación",
                "ordering": ["number"],
            },
        ),
        migrations.AddField(
            model_name="administrator",
            name="companies",
            field=models.ManyToManyField(
                related_name="administrators",
                through="companies.Administration",
                to="companies.company",
                verbose_name="empresas",
            ),
        ),
        migrations.AddField(
            model_name="administration",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="administrations",
                to="companies.company",
                verbose_name="empresa",
            ),
        ),
        migrations.CreateModel(
            name="ServiceLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=40, verbose_name="número de servicio")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mobile", "Línea móvil"),
                            ("data_link", "Enlace de datos (portador)"),
                            ("internet", "Internet corporativo"),
                            ("other", "Otro servicio"),
                        ],
                        default="mobile",
                        max_length=12,
                        verbose_name="tipo",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Activa"),
                            ("suspended", "Suspendida"),
                            ("cancelled", "Dada de baja"),
                        ],
                        default="active",
                        max_length=12,
                        verbose_name="estado",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_lines",
                        to="companies.billingaccount",
                        verbose_name="cuenta de facturación",
                    ),
                ),
            ],
            options={
                "verbose_name": "línea de servicio",
                "verbose_name_plural": "líneas de servicio",
                "ordering": ["number"],
            },
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(fields=["legal_name", "id"], name="company_by_name"),
        ),
        migrations.AddIndex(
            model_name="company",
            index=companies.indexes.TrigramIndex(fields=["legal_name"], name="company_name_part"),
        ),
        migrations.AddIndex(
            model_name="billingaccount",
            index=companies.indexes.PrefixIndex(fields=["number"], name="billing_account_number_start"),
        ),
        migrations.AddConstraint(
            model_name="billingaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("cut_day__range", (1, 31))), name="billing_account_cut_day"
            ),
        ),
        migrations.AddIndex(
            model_name="administrator",
            index=models.Index(fields=["names", "id"], name="administrator_by_names"),
        ),
        migrations.AddIndex(
            model_name="administrator",
            index=companies.indexes.TrigramIndex(fields=["names"], name="administrator_names_part"),
        ),
        migrations.AddIndex(
            model_name="administrator",
            index=companies.indexes.TrigramIndex(fields=["email"], name="administrator_email_part"),
        ),
        migrations.AddConstraint(
            model_name="administration",
            constraint=models.UniqueConstraint(
                fields=("administrator", "company"), name="administration_once"
            ),
        ),
        migrations.AddIndex(
            model_name="serviceline",
            index=models.Index(fields=["number"], name="service_line_number"),
        ),
        migrations.AddIndex(
            model_name="serviceline",
            index=companies.indexes.PrefixIndex(fields=["number"], name="service_line_number_start"),
        ),
        migrations.AddConstraint(
            model_name="serviceline",
            constraint=models.UniqueConstraint(
                fields=("account", "number"), name="service_line_number_once_an_account"
            ),
        ),
    ]
