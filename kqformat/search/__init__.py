"""What needs both halves at once: the number of colours for a wanted quality or size."""
