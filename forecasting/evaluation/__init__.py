"""Measure forecasts against what came, on rolling origins, always next to the naive forecast R."""
