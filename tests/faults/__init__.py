"""Real faults: signals, dead workers, outages, lost replies, full disks; nothing is simulated."""
