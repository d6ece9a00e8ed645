"""The preset table: endpoints, workloads, and what every signal of every system must be, worked out by hand.

`systems` says who is scraped and which workloads there are; the other modules hold the cases, by kind of system.
"""

from tests.presets.case import Case
from tests.presets.cluster import CASES as CLUSTER
from tests.presets.engines import CASES as ENGINES
from tests.presets.gateways import CASES as GATEWAYS
from tests.presets.platforms import CASES as PLATFORMS
from tests.presets.queues import CASES as QUEUES

CASES: tuple[Case, ...] = (*CLUSTER, *ENGINES, *GATEWAYS, *PLATFORMS, *QUEUES)
