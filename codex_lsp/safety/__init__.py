"""Does a candidate make the code insecure? Only what it adds counts, not what stands there.

Chen et al. 2021, appendix G.3, found that a model suggests insecure cryptographic settings as
readily as it has seen them. The rules are few and meant to be right: a candidate that meets one is
ranked behind those that do not, so a false alarm costs a good candidate its place.
"""
