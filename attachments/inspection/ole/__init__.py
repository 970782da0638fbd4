"""Word and Excel files until 2003 (.doc, .xls), in an OLE container (R3.10)."""
