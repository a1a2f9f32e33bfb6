"""Benchmarks: how fast, how small, and against what."""
