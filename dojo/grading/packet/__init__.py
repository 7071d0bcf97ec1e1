"""What a candidate gets: stubs, and a grader that tells whether they can be graded, not whether they are right."""
