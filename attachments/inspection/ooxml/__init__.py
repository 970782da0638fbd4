"""Word and Excel packages since 2007 (.docx, .xlsx): parts, fields and links (R3.07-R3.09)."""
