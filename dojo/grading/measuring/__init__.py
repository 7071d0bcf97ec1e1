"""Implementations measured on real threads, beside each other."""
