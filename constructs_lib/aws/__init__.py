"""Facts about AWS, as data and pure functions: ARNs, partitions, quotas, tags and tokens."""
