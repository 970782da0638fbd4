"""The operations page of the desk."""
