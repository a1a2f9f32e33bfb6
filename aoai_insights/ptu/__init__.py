"""Provisioned throughput: what an hour costs and who pays it, what it can carry, whether it is worth its price."""
