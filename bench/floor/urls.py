"""The floor's four addresses, and one to begin at."""

from django.urls import path

from bench.floor import views

urlpatterns = [
    path("start/", views.start),
    path("pin/", views.pin),
    path("form/", views.form),
    path("ticket/", views.ticket),
]
