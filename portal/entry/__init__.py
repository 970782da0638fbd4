"""Sign-in pages: phone number, code, resend, sign-out, help."""
