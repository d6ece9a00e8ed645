"""Training of the pooled model; not needed to forecast."""
