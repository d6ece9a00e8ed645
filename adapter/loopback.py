"""Whether an address is reached from this machine only.

Why it exists: every listener says so, or warns, and the shells that listen do not import each other.
"""

import ipaddress


def is_loopback(host: str) -> bool:
    """Return whether a listener on `host` is reached from this machine only.

    Example:
        >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "scaleahead.example")]
        [True, True, True, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
