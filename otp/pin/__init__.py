"""PIN codes: issues and verifies challenges, derives their codes, sends the SMS."""
