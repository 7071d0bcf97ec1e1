"""What is remembered of a learner, and what follows from it: hints, interviews, repetition."""
