"""The composition root: settings become objects, and the objects run together.

The only package that knows every shell; no shell knows another.
"""
