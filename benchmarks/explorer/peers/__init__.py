"""Our explorer against `interleave-test` and `frontrun` on the ten classic subjects."""
