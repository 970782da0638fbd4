"""URL configuration of the product plus the demo's URLs, which exist only in the demo."""

from django.urls import include, path

from fidelizacion.urls import urlpatterns as product

urlpatterns = [*product, path("demo/", include("demo.urls"))]
