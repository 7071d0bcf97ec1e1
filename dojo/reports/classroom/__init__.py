"""Reports on a whole class: a table for the terminal, a sheet for programs, an overview for the browser."""
