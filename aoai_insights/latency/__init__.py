"""How long calls take: percentiles, why they fail, and what of it is a region's own doing."""
