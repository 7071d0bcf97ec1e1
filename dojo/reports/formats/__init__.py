"""Results for other programs: one file for each format, each made from ``run.Graded`` alone."""
