"""The only tables, the statements over sets of their rows, and their migrations."""
