"""Objects by name, and where they stand."""
