"""How busy the machine is while a trial trains; sampled by the process that trains it.

MLflow's own monitor asks the tracking store before each sample, ends at the first answer that does
not come, and needs the store's address, which a Ray worker does not have. So epochs carry samples
like their other metrics; the names are MLflow's, which shows them in a tab of their own.
"""

import time

import psutil

# A trial that ends sooner has none, and a longer one few.
FIRST_SECONDS = 60.0
INTERVAL_SECONDS = 10.0


class SystemMetrics:
    """The samples of one trial, from its start on."""

    def __init__(self) -> None:
        psutil.cpu_percent()  # each call gives the mean since the one before
        self._due_at = time.monotonic() + FIRST_SECONDS

    def sample(self) -> dict[str, float]:
        """Processor and memory of the whole machine; nothing if it is not time yet."""
        if time.monotonic() < self._due_at:
            return {}
        self._due_at = time.monotonic() + INTERVAL_SECONDS
        memory = psutil.virtual_memory()
        return {
            "system/cpu_utilization_percentage": psutil.cpu_percent(),
            "system/system_memory_usage_megabytes": memory.used / 1e6,
            "system/system_memory_usage_percentage": memory.percent,
        }
