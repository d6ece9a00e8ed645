"""The demo: the whole program on bundled real load, without a cluster and without a Prometheus."""
