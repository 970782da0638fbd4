"""The bare floor's URLs."""

from django.urls import path

from bench.bare import views

urlpatterns = [
    path("start/", views.start),
    path("pin/", views.pin),
    path("form/", views.form),
]
