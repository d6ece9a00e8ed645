"""What-if studies on a user's own Prometheus: the shells around the pure simulation."""
