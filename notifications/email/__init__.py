"""Render e-mails, build them, classify the errors of mail servers."""
