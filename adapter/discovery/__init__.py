"""What a Prometheus shows of serving systems: proposals for a configuration, and a diagnosis of one.

Finds by the presets' own rules, so that what is proposed is what would be read.
"""
