"""The public page for prospects and people without a registered number (D7, D8)."""
