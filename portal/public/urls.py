"""Addresses of the public form, all under `/fidelizacion/consulta/`."""

from django.urls import path

from portal.public import views

app_name = "public"
urlpatterns = [
    path("", views.form, name="form"),
    path("codigo/", views.code, name="code"),
    path("listo/", views.done, name="done"),
]
