"""Test vectors of the `.kq` format: their registry, and a writer that can break every rule."""
