"""Presets: one YAML document per serving system, data only.

A preset says which PromQL gives each signal, how series are recognised as a workload's, how the cells of several series
fold into one, and how freshness is judged. `adapter.prometheus.preset` is their schema.
"""
