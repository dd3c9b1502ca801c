"""What the benchmarks share: real images, fair timing, and tables."""
