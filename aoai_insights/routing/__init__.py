"""What a backend pool should be, what that would have done to the calls there were, and the pool as code."""
