"""URLs of the public form, all under `/fidelizacion/consulta/`."""

from django.urls import path

from portal.public import code_views, views

app_name = "public"
urlpatterns = [
    path("", views.form, name="form"),
    path("codigo/", code_views.code, name="code"),
    path("listo/", code_views.done, name="done"),
]
