"""What the project measures of itself and of others."""
