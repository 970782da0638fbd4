"""The request form: view, fields, drafts, pre-upload of documents, cancelling."""
