"""Fuzzing of the package: a mutator that knows the format, and what is to hold for any bytes."""
