"""AWS's partitions: which one a Region belongs to, and the DNS suffix of its services."""

from typing import NamedTuple


class Partition(NamedTuple):
    """A partition: its name in ARNs and the DNS suffix in its services' names."""

    name: str
    url_suffix: str


# By the beginning of the Region's name. https://docs.aws.amazon.com/whitepapers/latest/
# aws-fault-isolation-boundaries/partitions.html and botocore's partitions.json
_BY_REGION_PREFIX = {
    "cn-": Partition("aws-cn", "amazonaws.com.cn"),
    "us-gov-": Partition("aws-us-gov", "amazonaws.com"),
    "us-iso-": Partition("aws-iso", "c2s.ic.gov"),
    "us-isob-": Partition("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-": Partition("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-": Partition("aws-iso-f", "csp.hci.ic.gov"),
    "eusc-": Partition("aws-eusc", "amazonaws.eu"),
}
_COMMERCIAL = Partition("aws", "amazonaws.com")


def partition_of(region: str) -> Partition:
    """Return the partition of a Region, given by its name (`eu-west-1`)."""
    for prefix, partition in _BY_REGION_PREFIX.items():
        if region.startswith(prefix):
            return partition
    return _COMMERCIAL


def partition_named(name: object) -> Partition | None:
    """Return the partition of a name (`aws-cn`), if AWS has one of that name."""
    partitions = (_COMMERCIAL, *_BY_REGION_PREFIX.values())
    return next((partition for partition in partitions if partition.name == name), None)
