"""Texts of learners and of the project: read, checked, cut into pieces, compared, made into stubs."""
