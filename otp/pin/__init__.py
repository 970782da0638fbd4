"""The code by SMS: challenge, code, text, sending."""
