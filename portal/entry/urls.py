"""Addresses of the sign-in pages, all under `/fidelizacion/`."""

from django.urls import path

from portal.entry import views

app_name = "otp"
urlpatterns = [
    path("", views.entry, name="entry"),
    path("pin/", views.pin, name="pin"),
    path("pin/reenviar/", views.resend, name="resend"),
    path("salir/", views.sign_out, name="sign_out"),
    path("ayuda/", views.help_page, name="help"),
]
