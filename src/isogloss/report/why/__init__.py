"""Why a model fails: what it confuses, which entities it misses, where it is most wrong."""
